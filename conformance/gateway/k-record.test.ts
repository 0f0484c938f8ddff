import assert from 'node:assert/strict'
import { type Gate, startGate } from './harness/gate.ts'
import { EventStream, send } from './harness/http.ts'
import { bearer, type Json, post, speak } from './harness/mcp.ts'
import { freePort, until } from './harness/processes.ts'
import { EVERY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

topic('K. The record: one event for each request', () => {
  let gate: Gate
  let witness: Witness

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'], methods: ['vendor/thing'] },
        gone: { upstream: { url: `http://127.0.0.1:${await freePort()}/mcp` }, access: ['api-key'] },
        open: { upstream: { url: witness.url() }, access: ['public'] },
        unlisted: { upstream: { url: witness.url() }, access: ['unlisted'] },
      },
    })
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  scenario(
    'a call is on record once: who, what, how it was decided and how it ended',
    { for: 'Record: one event per request; GW-26', on: EVERY },
    async (revision) => {
      const made = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(made.key))
      const called = await speaker.request('tools/call', { name: 'echo', arguments: { a: 1 } })
      const events = await gate.audit('--key', made.id, '--tool', 'echo')

      assert.equal(called.status, 200)
      assert.equal(events.length, 1)
      const { id, at, durationMs, session, ...event } = events[0] ?? {}
      assert.deepEqual(event, {
        type: 'request',
        server: 'http',
        principal: { kind: 'api-key', subject: made.client, clientId: made.client, credentialId: made.id },
        peer: '127.0.0.1',
        verb: 'POST',
        era: revision === MODERN ? 'modern' : 'legacy',
        method: 'tools/call',
        name: 'echo',
        decision: 'allowed',
        outcome: 'answered',
        status: 200,
      })
      assert.match(String(id), /^[0-9a-z]+$/)
      assert.ok(Math.abs(Date.now() - Number(at)) < 10_000)
      assert.ok(Number(durationMs) > 0)
      if (revision === MODERN) assert.equal(session, undefined)
      else assert.match(String(session), /^[0-9a-f]{8}$/)
    },
  )

  /** What the record says of a new caller that does this, newest first. */
  async function told(work: (key: string) => Promise<unknown>, server = 'http', ...options: string[]): Promise<string> {
    const made = await gate.key(server, ...options)
    await work(made.key)
    const events = await gate.audit('--key', made.id, '--type', 'request')
    return events
      .map(({ verb, method, name, decision, reason, outcome, status }) =>
        [verb, method, name, decision, reason, outcome, status].filter((word) => word !== undefined).join(' '),
      )
      .join('; ')
  }

  const ask =
    (method: string, params: Json = {}, server = 'http') =>
    async (key: string) =>
      (await speak(gate.mcp(server), MODERN, bearer(key))).request(method, params)

  scenario(
    'what the server behind says is an error is on record as one',
    { for: 'Record: outcome', on: [MODERN] },
    async () => {
      assert.equal(
        await told(ask('tools/call', { name: 'fail', arguments: {} })),
        'POST tools/call fail allowed tool_error 200',
      )
      assert.equal(await told(ask('vendor/thing')), 'POST vendor/thing allowed rpc_error 404')
      assert.equal(
        await told(ask('tools/list', {}, 'gone'), 'gone'),
        'POST tools/list allowed upstream_unreachable upstream_failed 502',
      )
    },
  )

  scenario(
    'what the gate does not let through is on record, with the reason',
    { for: 'Record: decision; GW-26', on: [MODERN] },
    async () => {
      assert.equal(
        await told(ask('tools/call', { name: 'delete_item' }), 'http', '--tools', 'echo'),
        'POST tools/call delete_item denied tool_not_listed gate 200',
      )
      assert.equal(await told(ask('no/such')), 'POST no/such denied method_unknown gate 404')
      const url = gate.mcp('http')
      const cases: [string, (key: string) => Promise<unknown>][] = [
        ['POST refused message_invalid gate 400', (key) => post(url, '{', bearer(key))],
        ['POST refused not_json gate 415', (key) => send(url, { headers: bearer(key), body: 'x' })],
        ['PUT refused http_method_unknown gate 405', (key) => send(url, { method: 'PUT', headers: bearer(key) })],
        ['GET refused post_only gate 405', (key) => send(url, { method: 'GET', headers: bearer(key) })],
        [
          'DELETE refused session_unknown gate 404',
          (key) => send(url, { method: 'DELETE', headers: { ...bearer(key), 'mcp-session-id': 'nobodys' } }),
        ],
        [
          'POST ping refused session_unknown gate 404',
          (key) =>
            post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, { ...bearer(key), 'mcp-session-id': 'nobodys' }),
        ],
      ]
      const words = await told(async (key) => {
        for (const [, work] of cases) await work(key)
      })
      assert.deepEqual(
        words.split('; ').toReversed(),
        cases.map(([wanted]) => wanted),
      )
    },
  )

  scenario(
    'a stream and the end of a session are one event each',
    { for: 'Record: one event per request', on: ['2025-11-25'] },
    async (revision) => {
      const words = await told(async (key) => {
        const speaker = await speak(gate.mcp('http'), revision, bearer(key))
        const stream = await EventStream.open(speaker.url, { method: 'GET', headers: speaker.headers })
        stream.close()
        await speaker.request('tools/call', { name: 'hold' }, { timeout: 300 }).catch(() => 'has left')
        await until('the server is left', () => witness.held.every(({ isLeft }) => isLeft))
        await send(speaker.url, { method: 'DELETE', headers: speaker.headers })
      })
      assert.deepEqual(words.split('; ').sort(), [
        'DELETE allowed answered 200',
        'GET allowed left 200',
        'POST initialize allowed answered 200',
        'POST notifications/initialized allowed answered 202',
        'POST tools/call hold allowed left 200',
      ])
    },
  )

  scenario(
    'a caller of a public server has an address and no name; a URL has its public id',
    { for: 'Record: public ids only', on: [MODERN] },
    async (revision) => {
      const { id, secret } = await gate.secret('unlisted')
      await (await speak(gate.mcp('open'), revision, {})).request('tools/call', { name: 'echo' })
      await (await speak(`${gate.mcp('unlisted')}/${secret}`, revision, {})).request('tools/call', { name: 'echo' })
      const [open] = await gate.audit('--server', 'open')
      const [unlisted] = await gate.audit('--server', 'unlisted', '--type', 'request')

      assert.ok(open !== undefined && !('principal' in open))
      assert.equal(open.peer, '127.0.0.1')
      assert.partialDeepStrictEqual(unlisted?.principal, { kind: 'secret-url', credentialId: id })
    },
  )

  scenario('making, replacing and revoking a key is on record', { for: 'Record: operations' }, async () => {
    const made = await gate.key('http')
    const next = await gate.ask<{ id: string }>('keys', 'rotate', made.id)
    await gate.ask('keys', 'revoke', next.id)
    const events = await gate.audit('--client', made.client)

    assert.deepEqual(events.map(({ type }) => type).toSorted(), ['key.created', 'key.revoked', 'key.rotated'])
    for (const { credentialId } of events) assert.ok([made.id, next.id].includes(String(credentialId)))
  })
})
