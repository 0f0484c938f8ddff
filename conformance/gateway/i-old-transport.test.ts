import assert from 'node:assert/strict'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { type Gate, startGate } from './harness/gate.ts'
import { type Answer, EventStream, send } from './harness/http.ts'
import { bearer, initialize, post, resultOf, speak } from './harness/mcp.ts'
import { LEGACY, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

topic('I. Eras: the transport of 2024-11-05', () => {
  let gate: Gate
  let witness: Witness
  let key: string

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        open: { upstream: { url: witness.url('/stateless') }, access: ['public'] },
      },
    })
    key = (await gate.key('http')).key
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const stream = (path: string, headers: object = {}): Promise<Answer> =>
    send(gate.url + path, { method: 'GET', headers: { accept: 'text/event-stream', ...headers } })

  scenario(
    'its stream is refused with words that name Streamable HTTP',
    { for: '2024-11-05 is refused; TR-08' },
    async () => {
      const atSse = await stream('/http/sse')
      const atMcp = await stream('/http/mcp', bearer(key))
      const atOpen = await stream('/open/mcp')
      const posted = await post(`${gate.url}/http/messages?sessionId=1`, { jsonrpc: '2.0', id: 1, method: 'ping' })

      assert.deepEqual([atSse.status, posted.status], [404, 404])
      assert.deepEqual([atMcp.status, atOpen.status], [405, 405])
      for (const answer of [atSse, atMcp, atOpen, posted]) assert.match(answer.text, /Streamable HTTP/)
      assert.equal(atMcp.headers.allow, 'POST')
      assert.equal((await stream('/http/mcp')).status, 401, 'a stranger first learns that a key is needed')
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario('no such path tells which servers there are', { for: '2024-11-05 is refused' }, async () => {
    const [real, unreal] = await Promise.all([stream('/http/sse'), stream('/no-such/sse')])
    assert.equal(real.text, unreal.text)
    assert.equal(real.status, unreal.status)
  })

  scenario('its real client is told so, and waits for nothing', { for: '2024-11-05 is refused; TR-08' }, async () => {
    for (const path of ['/http/sse', '/open/mcp']) {
      const startedAt = performance.now()
      const transport = new SSEClientTransport(new URL(gate.url + path))
      await assert.rejects(transport.start(), /40[45]/)
      assert.ok(performance.now() - startedAt < 2000)
      await transport.close()
    }
    assert.equal(witness.heard.length, 0)
  })

  scenario(
    'a client that asks for that revision over Streamable HTTP is the server’s to negotiate with',
    { for: 'TL-02' },
    async () => {
      const opened = await initialize(gate.mcp('http'), '2024-11-05', bearer(key))
      assert.equal(opened.status, 200)
      assert.equal(resultOf(opened).protocolVersion, '2024-11-05')
    },
  )

  scenario(
    'a GET in a session, or one that names its revision, is no such client’s',
    { for: 'TL-01', on: LEGACY },
    async (revision) => {
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      const own = await EventStream.open(gate.mcp('http'), { method: 'GET', headers: speaker.headers })
      const named = { ...bearer(key), 'mcp-protocol-version': revision }
      const other = await EventStream.open(gate.mcp('http'), { method: 'GET', headers: named })

      for (const each of [own, other]) {
        assert.equal(each.status, 200)
        assert.match(each.headers['content-type'] ?? '', /^text\/event-stream/)
        each.close()
      }
    },
  )
})
