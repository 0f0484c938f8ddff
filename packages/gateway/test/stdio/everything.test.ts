import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, givenSession, INITIALIZE, notification, post, request } from './caller.ts'
import { givenEverything } from './upstreams.ts'

describe('a server on the v1 SDK, over stdio', () => {
  it('answers a handshake with a session of its own', async () => {
    const { upstream } = givenEverything()

    const reply = await post(upstream, INITIALIZE).over()

    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('content-type'), 'application/json')
    assert.match(reply.headers.get('mcp-session-id') ?? '', /^[\x21-\x7e]{22,}$/)
    assert.equal(reply.messages[0].id, 0)
    assert.equal(reply.messages[0].result.protocolVersion, '2025-11-25')
  })

  it('carries progress on the stream of the call that asked for it, under the token the caller chose', async () => {
    const { upstream } = givenEverything()
    const session = await givenSession(upstream)

    const call = request('long', 'tools/call', {
      name: 'trigger-long-running-operation',
      arguments: { duration: 0.2, steps: 4 },
      _meta: { progressToken: 'mine' },
    })
    const reply = await post(upstream, call, { session }).over()

    assert.ok(reply.isStream)
    const progress = reply.messages.slice(0, -1)
    assert.equal(progress.length, 4)
    for (const message of progress) assert.equal(message.params.progressToken, 'mine')
    assert.equal(reply.messages.at(-1).id, 'long')
  })

  it('puts a question to the client on the stream of the call it belongs to, and takes the answer', async () => {
    const { upstream } = givenEverything()
    const session = await givenSession(upstream)

    const call = post(
      upstream,
      request(7, 'tools/call', { name: 'trigger-sampling-request', arguments: { prompt: 'hi' } }),
      { session },
    )
    await call.until('asked', (reply) => reply.messages.length === 1)
    const question = call.messages[0]
    assert.equal(question.method, 'sampling/createMessage')
    const answer = { role: 'assistant', model: 'm', content: { type: 'text', text: 'hello' } }
    const taken = await post(upstream, { jsonrpc: '2.0', id: question.id, result: answer }, { session }).over()
    await call.over()

    assert.equal(taken.status, 202)
    assert.equal(taken.body, '')
    assert.match(call.body, /hello/)
    assert.equal(call.messages.at(-1).id, 7)
  })

  it('keeps what it says outside of calls for the GET stream', async () => {
    // Given a client that has said it has roots, which this server asks for a moment after the handshake
    const { upstream } = givenEverything()
    const session = await givenSession(upstream)

    const stream = ask(upstream, 'GET', { session })
    await stream.until('asked for roots', (reply) => reply.messages.some(({ method }) => method === 'roots/list'))

    assert.equal(stream.status, 200)
    assert.ok(stream.isStream)
  })

  it('serves many calls of one session at once', async () => {
    const { upstream } = givenEverything()
    const session = await givenSession(upstream)

    const replies = await Promise.all(
      Array.from({ length: 32 }, (_, n) =>
        post(upstream, request(n, 'tools/call', { name: 'echo', arguments: { message: `m${n}` } }), { session }).over(),
      ),
    )

    for (const [n, reply] of replies.entries()) {
      assert.equal(reply.messages[0].id, n)
      assert.match(reply.body, new RegExp(`m${n}"`))
    }
  })

  it('ends the child with the session', async () => {
    const { upstream } = givenEverything()
    const session = await givenSession(upstream)

    const ended = await ask(upstream, 'DELETE', { session }).over()
    const after = await post(upstream, notification('notifications/initialized'), { session }).over()

    assert.equal(ended.status, 200)
    assert.equal(after.status, 404)
    assert.deepEqual(after.messages, [
      { jsonrpc: '2.0', error: { code: -32600, message: 'Session not found' }, id: null },
    ])
  })
})
