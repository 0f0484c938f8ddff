import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Config, type Gate, startGate } from './harness/gate.ts'
import { EventStream, send, Wire } from './harness/http.ts'
import { bearer, post, speak, textOf } from './harness/mcp.ts'
import { isAlive, until } from './harness/processes.ts'
import { EVERY, LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const LISTING = { jsonrpc: '2.0', id: 1, method: 'tools/list' }

topic('L. Outside: room, the way to the server, and the end', () => {
  let witness: Witness
  setUp(async () => {
    witness = await Witness.start()
  })
  tearDown(() => witness?.close())

  const given = (further: Partial<Config> = {}): Promise<Gate> =>
    startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        stdio: { upstream: journaledProgram().upstream, access: ['api-key'] },
      },
      ...further,
    })

  scenario(
    'what a caller says of itself by header does not travel; what the operator says does',
    { for: 'GW-02, GW-03, GW-06', on: EVERY },
    async (revision) => {
      const gate = await startGate({
        servers: {
          http: {
            upstream: {
              url: `${witness.url()}?tenant=a&b=%20c`,
              headers: { authorization: 'Bearer the-gates-own', 'x-tenant': 'acme' },
              forwardHeaders: ['x-request-id'],
            },
            access: ['api-key'],
          },
        },
      })
      const { key } = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      witness.forget()
      const spoken = await speaker.request('tools/list', undefined, {
        headers: {
          cookie: 'session=1',
          dpop: 'x',
          'x-forwarded-for': '1.2.3.4',
          'x-forwarded-user': 'root',
          'x-real-ip': '1.2.3.4',
          forwarded: 'for=1.2.3.4',
          'x-user': 'root',
          'x-tenant': 'evil',
          'proxy-authorization': 'Basic eA==',
          te: 'trailers',
          via: '1.1 evil',
          'x-request-id': 'mine',
          'user-agent': 'suite/1',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      })
      const [{ headers, path }] = witness.heard as [(typeof witness.heard)[0]]
      const { host, 'content-length': _, connection: __, ...rest } = headers
      await gate.stop()

      assert.equal(spoken.status, 200)
      assert.equal(path, '/mcp?tenant=a&b=%20c')
      assert.equal(host, new URL(witness.url()).host)
      assert.deepEqual(rest, {
        authorization: 'Bearer the-gates-own',
        'x-tenant': 'acme',
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'user-agent': 'suite/1',
        'x-request-id': 'mine',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        ...(revision === MODERN ? { 'mcp-method': 'tools/list' } : { 'mcp-session-id': witness.sessions.at(-1) }),
        ...(revision === '2025-03-26' ? {} : { 'mcp-protocol-version': revision }),
      })
    },
  )

  scenario(
    'beyond capacity callers are told so: 503; who is in notices nothing',
    { for: 'beyond capacity 503' },
    async () => {
      const gate = await given({ limits: { connections: 20 } })
      const { key } = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), '2025-11-25', bearer(key))
      const headers = { accept: 'text/event-stream', ...speaker.headers }
      const streams = await Promise.all(
        Array.from({ length: 20 }, () => EventStream.open(gate.mcp('http'), { method: 'GET', headers })),
      )
      const refused = await Promise.all(Array.from({ length: 10 }, () => post(gate.mcp('http'), LISTING, bearer(key))))

      for (const answer of refused) {
        assert.equal(answer.status, 503)
        assert.equal(answer.json().error, 'busy')
        assert.match(answer.headers['retry-after'] ?? '', /^\d+$/)
      }
      assert.equal((await send(`${gate.url}/healthz`, { method: 'GET' })).status, 200)
      witness.held
        .at(-1)
        ?.response.write(
          'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"in"}}\n\n',
        )
      await until('who is in hears', () => streams.some(({ messages }) => messages.length > 0))
      streams[0]?.close()
      await until(
        'there is room again',
        async () => (await post(gate.mcp('http'), LISTING, bearer(key))).status === 200,
      )
      for (const stream of streams) stream.close()
      await gate.stop()
    },
  )

  for (const server of ['http', 'stdio'] as const) {
    scenario(
      `SIGTERM lets a call finish, ends streams in good order and takes nobody new; over ${server === 'http' ? 'HTTP' : 'stdio'}`,
      { for: 'graceful shutdown that drains', on: LEGACY },
      async (revision) => {
        const gate = await given()
        const { key } = await gate.key(server)
        const { pid, port } = gate
        const speaker = await speak(gate.mcp(server), revision, bearer(key))
        const headers = { accept: 'text/event-stream', ...speaker.headers }
        const standing = await EventStream.open(gate.mcp(server), { method: 'GET', headers })
        const idle = await Wire.open(port)
        const programs = gate.programs
        const waiting = speaker.request('tools/call', { name: 'wait', arguments: { ms: 1000 } })
        await pause(200)
        const startedAt = performance.now()
        const stopped = gate.stop()
        await standing.ended(1000)

        assert.ok(standing.isWhole, 'a stream is ended, not cut')
        await assert.rejects(Wire.open(port), { code: 'ECONNREFUSED' })
        assert.match(textOf(await waiting), /wait/)
        assert.equal((await stopped).code, 0)
        assert.ok(performance.now() - startedAt < 4000, `after ${performance.now() - startedAt} ms`)
        await until('everything has ended', () => ![pid, ...programs].some(isAlive), 1000)
        if (server === 'stdio') assert.equal(programs.length, 1)
        idle.close()
      },
    )
  }

  scenario(
    'SIGTERM lets a call of the modern era finish',
    { for: 'graceful shutdown that drains', on: [MODERN] },
    async (revision) => {
      const gate = await given()
      const { key } = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      const waiting = speaker.request('tools/call', { name: 'wait', arguments: { ms: 1000 } })
      const progress = await speaker.stream('tools/call', { name: 'progress', _meta: { progressToken: 1 } })
      const stopped = gate.stop()
      await progress.ended()

      assert.equal(textOf(await waiting), 'wait: {"ms":1000}')
      assert.equal(progress.messages.length, 4, 'a stream that has an end comes to it')
      assert.ok(progress.isWhole)
      assert.equal((await stopped).code, 0)
    },
  )

  scenario('while it closes it says that it is not ready', { for: '/readyz; graceful shutdown' }, async () => {
    const gate = await given()
    const { key } = await gate.key('http')
    const speaker = await speak(gate.mcp('http'), '2025-11-25', bearer(key))
    // A connection with half a request is not idle, so it is let finish
    const wire = await Wire.open(gate.port)
    wire.write(`GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\n`)
    const waiting = speaker.request('tools/call', { name: 'wait', arguments: { ms: 800 } })
    await pause(200)
    const stopped = gate.stop()
    await pause(200)
    wire.write('\r\n')

    assert.equal(await wire.status(), 503)
    assert.match(wire.text, /"error":"not_ready"/)
    assert.equal(textOf(await waiting), 'wait: {"ms":800}')
    assert.equal((await stopped).code, 0)
  })
})
