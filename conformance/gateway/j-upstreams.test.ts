import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Config, type Gate, startGate } from './harness/gate.ts'
import { type Answer, EventStream, send } from './harness/http.ts'
import { bearer, type Json, post, postFields, type Speaker, speak, textOf } from './harness/mcp.ts'
import { freePort, memoryOf, until } from './harness/processes.ts'
import { afterEachOne, EVERY, MODERN, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { MISDEEDS, type MisdeedName, Nasty } from './servers/nasty.ts'
import { Witness } from './servers/witness.ts'

const MIB = 1024 * 1024
const SILENCE_MS = 700

topic('J. Bad input: upstreams over HTTP', () => {
  let gate: Gate
  let witness: Witness
  let nasty: Nasty
  let good: Speaker
  /** A key for each nasty server, and one that does not see all tools. */
  const keys = new Map<string, string>()
  const limited = new Map<string, string>()

  const nameOf = (misdeed: string): string => misdeed.replaceAll(' ', '-').toLowerCase()

  setUp(async () => {
    ;[witness, nasty] = await Promise.all([Witness.start(), Nasty.start()])
    const servers: Config['servers'] = { good: { upstream: { url: witness.url() }, access: ['api-key'] } }
    for (const misdeed of Object.keys(MISDEEDS) as MisdeedName[]) {
      servers[nameOf(misdeed)] = { upstream: { url: nasty.url(misdeed) }, access: ['public'] }
    }
    const limitedTo = { 'mcp:write': ['*'] }
    for (const misdeed of LISTED) {
      servers[`${nameOf(misdeed)}-limited`] = {
        upstream: { url: nasty.url(misdeed) },
        access: ['api-key'],
        scopes: limitedTo,
      }
    }
    servers.closed = { upstream: { url: `http://127.0.0.1:${await freePort()}/mcp` }, access: ['public'] }
    servers.unresolvable = { upstream: { url: 'http://no-such-host.invalid/mcp' }, access: ['public'] }
    gate = await startGate({
      limits: { upstreamHeadersTimeout: `${SILENCE_MS}ms`, eventBytes: '1MiB' },
      servers,
    })
    await Promise.all(
      LISTED.map(async (misdeed) => {
        const server = `${nameOf(misdeed)}-limited`
        keys.set(server, (await gate.key(server)).key)
        limited.set(server, (await gate.key(server, '--tools', 'echo')).key)
      }),
    )
    good = await speak(gate.mcp('good'), '2025-11-25', bearer((await gate.key('good')).key))
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
    nasty?.close()
  })

  afterEachOne(async () => {
    const startedAt = performance.now()
    assert.equal(textOf(await good.request('tools/call', { name: 'echo', arguments: {} })), 'echo: {}')
    assert.ok(performance.now() - startedAt < 1000, 'the gate goes on for the others')
  })

  const LISTED: readonly MisdeedName[] = [
    'sends a list of a gigabyte',
    'sends an event of a gigabyte',
    'streams what is not JSON',
    'streams a list in an odd form',
    'streams a list with its keys escaped',
    'sends small events without end',
  ]
  const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } }
  const call = (server: string, headers = {}): Promise<Answer> => post(gate.mcp(nameOf(server)), CALL, headers)

  function assertFailed(answer: Answer, status: number, reason: string): void {
    assert.equal(answer.status, status, answer.text)
    const { id, error } = answer.json() as { id: unknown; error: { data: Json; message: string } }
    assert.equal(id, 1)
    assert.equal(error.data.error, reason)
    assert.doesNotMatch(answer.rawHeaders.join('\n') + answer.text, /INSIDE|ECONN|UND_ERR|HPE_|127\.0\.0\.1|evil/i)
  }

  for (const [misdeed, status, reason] of [
    ['hangs up', 502, 'upstream_broken'],
    ['resets', 502, 'upstream_broken'],
    ['says nothing', 504, 'upstream_timeout'],
    ['stops in the head', 504, 'upstream_timeout'],
    ['redirects', 502, 'upstream_broken'],
    ['redirects with the body', 502, 'upstream_broken'],
    ['refuses the gate', 502, 'upstream_refused'],
    ['forbids the gate', 502, 'upstream_refused'],
    ['answers compressed', 502, 'upstream_broken'],
    ['answers with a page', 502, 'upstream_broken'],
    ['answers without a type', 502, 'upstream_broken'],
    ['speaks something else', 502, 'upstream_broken'],
    ['sends two lengths', 502, 'upstream_broken'],
    ['sends a length and chunks', 502, 'upstream_broken'],
    ['sends endless headers', 502, 'upstream_broken'],
  ] as const) {
    const asked = { for: misdeed.includes('the gate') ? 'GW-04' : 'input: an upstream that resets, stalls, redirects' }
    scenario(`an upstream that ${misdeed}: ${status} ${reason}`, asked, async () => {
      const startedAt = performance.now()
      const answer = await call(misdeed)

      assertFailed(answer, status, reason)
      assert.ok(performance.now() - startedAt < SILENCE_MS + 1500)
      assert.ok(!nasty.hits.includes('target'), 'nobody was sent elsewhere')
    })
  }

  scenario(
    'an upstream that is not there: 502 upstream_unreachable',
    { for: 'Clear errors, nothing leaked' },
    async () => {
      assertFailed(await call('closed'), 502, 'upstream_unreachable')
      assertFailed(await call('unresolvable'), 502, 'upstream_unreachable')
    },
  )

  scenario(
    'the failure is told with the caller’s own id, in every revision',
    { for: 'GW-19; TM-31', on: EVERY },
    async (revision: Revision) => {
      if (revision !== MODERN)
        return assertFailed(await call('resets', { 'mcp-protocol-version': revision }), 502, 'upstream_broken')
      const speaker = await speak(gate.mcp('resets'), revision, {})
      const { status, response } = await speaker.request('tools/call', { name: 'echo' }, { id: 'mine' })
      assert.equal(status, 502)
      assert.equal(response?.id, 'mine')
    },
  )

  for (const misdeed of [
    'resets in an answer',
    'ends an answer early',
    'stops in an answer',
    'sends broken chunks',
  ] as const) {
    scenario(
      `an upstream that ${misdeed}: the caller gets no answer that looks whole`,
      { for: 'input: an upstream that resets, stalls' },
      async () => {
        const outcome = await call(misdeed).then(
          (answer) => answer,
          (error: Error) => error,
        )
        if (!(outcome instanceof Error)) assert.ok(outcome.status >= 500, outcome.text)
      },
    )
  }

  for (const misdeed of ['resets in a stream', 'stops in a stream', 'streams what is not UTF-8'] as const) {
    scenario(
      `an upstream that ${misdeed}: the caller’s stream is cut, not ended`,
      { for: 'input: an upstream that resets, stalls' },
      async () => {
        const stream = await EventStream.open(gate.mcp(nameOf(misdeed)), {
          headers: postFields(),
          body: JSON.stringify(CALL),
        })
        await stream.ended(SILENCE_MS + 2500)
        assert.equal(stream.isWhole, false)
      },
    )
  }

  for (const misdeed of ['fails with its insides', 'fails with its insides as text'] as const) {
    scenario(
      `an upstream that ${misdeed}: the status is told, the text is not`,
      { for: 'Clear errors, nothing leaked' },
      async () => {
        const answer = await call(misdeed)
        assert.equal(answer.status, 500)
        assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
        assert.doesNotMatch(answer.rawHeaders.join('\n') + answer.text, /INSIDE|ECONN|Express/)
      },
    )
  }

  scenario(
    'a page of an upstream is shown to nobody, by GET or DELETE neither',
    { for: 'Clear errors, nothing leaked' },
    async () => {
      for (const misdeed of ['answers with a page', 'answers without a type']) {
        for (const method of ['GET', 'DELETE']) {
          const headers = { 'mcp-protocol-version': '2025-11-25' }
          const answer = await send(gate.mcp(nameOf(misdeed)), { method, headers })
          assert.equal(answer.text, '')
          assert.equal(answer.headers['content-type'], undefined)
        }
      }
    },
  )

  scenario('what an upstream sets, challenges or opens by header stays with the gate', { for: 'GW-03' }, async () => {
    const answer = await call('sets cookies and opens doors')
    const names = Object.keys(answer.headers).filter(
      (name) => !['date', 'connection', 'keep-alive', 'transfer-encoding'].includes(name),
    )
    assert.equal(answer.status, 200)
    assert.deepEqual(names.sort(), ['content-length', 'content-type'])
  })

  scenario('early hints of an upstream are no answer', { for: 'GW-03' }, async () => {
    const answer = await call('sends early hints')
    assert.equal(answer.status, 200)
    assert.match(answer.text, /"fine"/)
  })

  scenario('an upstream’s odd session id is never shown', { for: 'TL-11; Legacy sessions' }, async () => {
    const opening = {
      ...CALL,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
    }
    const answer = await post(gate.mcp(nameOf('names a session with odd characters')), opening)
    assert.equal(answer.status, 200)
    const id = answer.headers['mcp-session-id'] as string | undefined
    assert.ok(id === undefined || /^[\w-]{32}$/.test(id), id)
  })

  for (const misdeed of ['sends an event of a gigabyte', 'sends lines without an end to the event'] as const) {
    scenario(
      `an upstream that ${misdeed} is cut off at the bound, and the memory stays`,
      { for: 'input: an upstream that sends a 1 GB event' },
      async () => {
        const before = memoryOf(gate.pid)
        const flooded = nasty.flooded
        const stream = await EventStream.open(gate.mcp(nameOf(misdeed)), {
          headers: postFields(),
          body: JSON.stringify(CALL),
        })
        await stream.ended(5000)

        assert.equal(stream.isWhole, false)
        assert.equal(stream.messages.length, 0)
        assert.ok(stream.raw.length < 4 * MIB, `${stream.raw.length} bytes came through`)
        assert.ok(nasty.flooded - flooded < 64 * MIB, `${(nasty.flooded - flooded) / MIB} MiB were taken`)
        assert.ok(memoryOf(gate.pid) - before < 80 * MIB)
      },
    )
  }

  for (const misdeed of ['sends a list of a gigabyte', 'sends an event of a gigabyte'] as const) {
    scenario(
      `an upstream that ${misdeed} to who may not see all of it is cut off at the bound`,
      { for: 'input: an upstream that sends a 1 GB event' },
      async () => {
        const server = `${nameOf(misdeed)}-limited`
        const flooded = nasty.flooded
        const before = memoryOf(gate.pid)
        const listing = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
        const outcome = await post(gate.mcp(server), listing, bearer(limited.get(server) as string)).catch(
          (error: Error) => error,
        )

        if (!(outcome instanceof Error)) assertFailed(outcome, 502, 'upstream_broken')
        assert.ok(nasty.flooded - flooded < 64 * MIB, `${(nasty.flooded - flooded) / MIB} MiB were taken`)
        assert.ok(memoryOf(gate.pid) - before < 80 * MIB)
      },
    )
  }

  scenario(
    'a tool list that cannot be read is not shown to who may not see all of it',
    { for: 'Scopes to tools' },
    async () => {
      const server = `${nameOf('streams what is not JSON')}-limited`
      const headers = postFields(bearer(limited.get(server) as string))
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
      const stream = await EventStream.open(gate.mcp(server), { headers, body })
      await stream.ended()
      assert.equal(stream.raw.includes('tools'), false)
    },
  )

  for (const misdeed of ['streams a list in an odd form', 'streams a list with its keys escaped'] as const) {
    scenario(
      `an upstream that ${misdeed}: who may not see all of it does not, on a POST and on a GET`,
      { for: 'Scopes to tools' },
      async () => {
        const server = `${nameOf(misdeed)}-limited`
        const headers = postFields(bearer(limited.get(server) as string))
        const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
        const posted = await EventStream.open(gate.mcp(server), { headers, body })
        const version = { 'mcp-protocol-version': '2025-11-25' }
        const got = await EventStream.open(gate.mcp(server), { method: 'GET', headers: { ...headers, ...version } })
        for (const stream of [posted, got]) {
          await stream.ended()
          assert.doesNotMatch(stream.raw, /delete/)
          if (misdeed.includes('escaped')) continue
          assert.deepEqual(stream.messages, [{ jsonrpc: '2.0', id: 1, result: { tools: [{ name: 'echo' }] } }])
          assert.deepEqual(stream.ids, ['1', '2'], 'the events keep their ids, the one without data too')
        }
      },
    )
  }

  scenario(
    'a large answer passes through without being kept',
    { for: 'Streams are forwarded as they arrive', timeout: 60_000 },
    async () => {
      const before = memoryOf(gate.pid)
      const answer = await call('sends 200 MB')
      assert.equal(answer.status, 200)
      assert.equal(answer.bytes.length, Number(answer.headers['content-length']))
      assert.ok(memoryOf(gate.pid) - before < 100 * MIB)
    },
  )

  for (const who of ['a caller who sees everything', 'a caller whose lists are shortened']) {
    scenario(
      `${who} and does not read holds the upstream back, not the gate’s memory`,
      { for: 'back-pressure kept' },
      async () => {
        const server = nameOf('sends small events without end') + (who.includes('shortened') ? '-limited' : '')
        const key = limited.get(server)
        const before = memoryOf(gate.pid)
        const stream = await EventStream.open(gate.mcp(server), {
          headers: postFields(key === undefined ? {} : bearer(key)),
          body: JSON.stringify(CALL),
        })
        await until('the stream flows', () => stream.messages.length > 10)
        stream.pause()
        // What fits into sockets on the way has to fill up first.
        let flooded = nasty.flooded
        await until(
          'the upstream is held',
          async () => {
            const last = flooded
            await pause(300)
            flooded = nasty.flooded
            return flooded === last
          },
          10_000,
        )
        const grown = memoryOf(gate.pid) - before

        assert.ok(grown < 64 * MIB, `memory grew by ${grown / MIB} MiB`)
        assert.equal(textOf(await good.request('tools/call', { name: 'echo', arguments: {} })), 'echo: {}')

        // And who leaves is noticed by the upstream
        const { open } = nasty
        stream.close()
        await until('the upstream is left', () => nasty.open < open)
      },
    )
  }

  scenario('callers who leave take their calls with them', { for: 'disconnects propagated' }, async () => {
    const { open } = nasty
    const abort = new AbortController()
    const answers = Array.from({ length: 20 }, () =>
      fetch(gate.mcp(nameOf('says nothing')), {
        method: 'POST',
        headers: postFields() as Record<string, string>,
        body: JSON.stringify(CALL),
        signal: abort.signal,
      }).catch(() => {}),
    )
    await until('the upstream was asked', () => nasty.open >= open + 20)
    abort.abort()
    await Promise.all(answers)
    await until('the upstream is left', () => nasty.open <= open + 1)
  })
})
