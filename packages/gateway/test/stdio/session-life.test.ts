import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, deed, givenSession, INITIALIZE, notification, post, request } from './caller.ts'
import { eventually, givenServer } from './upstreams.ts'

async function givenPuppet(options = {}) {
  const given = givenServer('puppet.mjs', options)
  return { ...given, session: await givenSession(given.upstream) }
}

describe('a session', () => {
  it('is needed for everything but the handshake', async () => {
    const { upstream } = await givenPuppet()

    const replies = [
      await post(upstream, request(3, 'tools/list')).over(),
      await post(upstream, [INITIALIZE]).over(),
      await ask(upstream, 'GET').over(),
      await ask(upstream, 'DELETE').over(),
    ]

    assert.deepEqual(
      replies.map(({ status }) => status),
      [400, 400, 400, 400],
    )
    assert.equal(replies[0]?.messages[0].id, 3)
  })

  it('is not found by another principal, nor by a made-up id', async () => {
    const { upstream, session } = await givenPuppet()

    for (const sending of [{ session, as: 'mallory' }, { session: `${session}x` }]) {
      const replies = [
        post(upstream, deed(1, 'echo'), sending),
        ask(upstream, 'GET', sending),
        ask(upstream, 'DELETE', sending),
      ]
      for (const reply of replies) {
        await reply.over()
        assert.equal(reply.status, 404)
        assert.equal(reply.body, '{"jsonrpc":"2.0","error":{"code":-32600,"message":"Session not found"},"id":null}')
      }
    }
    assert.equal((await post(upstream, deed(1, 'echo'), { session }).over()).status, 200)
  })

  it('is initialized once', async () => {
    const { upstream, session } = await givenPuppet()

    const again = await post(upstream, INITIALIZE, { session }).over()

    assert.equal(again.status, 400)
    assert.equal(again.messages[0].id, 0)
  })

  it('fails what is in flight when it is ended', async () => {
    const { upstream, session } = await givenPuppet()
    const asked = post(upstream, deed(1, 'nothing'), { session })

    await ask(upstream, 'DELETE', { session }).over()

    assert.equal(asked.failure?.reason, 'broken')
    assert.equal((await post(upstream, notification('notifications/x'), { session }).over()).status, 404)
  })

  it('is over when its child dies: nothing that was subscribed in it is promised any more', async () => {
    const { upstream, session } = await givenPuppet()
    const stream = ask(upstream, 'GET', { session })

    await post(upstream, deed(1, 'exit', { code: 3 }), { session }).over()

    await stream.over()
    const late = await post(upstream, request(2, 'resources/subscribe', { uri: 'a:b' }), { session }).over()
    assert.deepEqual([late.status, late.messages[0].error.message], [404, 'Session not found'])
  })

  it('is over, with its child, when the caller did not wait for the handshake', async () => {
    const { upstream, log } = givenServer('silent.mjs')

    const reply = post(upstream, INITIALIZE)
    await eventually('started', () => log.some(({ message }) => message === 'stdio server started'))
    reply.leave()

    await eventually('ended', () => log.some(({ message }) => message === 'stdio server ended'))
  })

  it('does not come about when the server refuses the handshake, and its refusal is handed on with 400', async () => {
    const { upstream, log } = givenServer('dual.mjs', {
      args: [new URL('children/dual.mjs', import.meta.url).pathname, 'modern-only'],
    })

    const reply = await post(upstream, INITIALIZE).over()

    assert.equal(reply.status, 400)
    assert.equal(reply.headers.get('mcp-session-id'), undefined)
    assert.equal(reply.messages[0].id, 0)
    assert.equal(reply.messages[0].error.code, -32022)
    assert.ok(reply.messages[0].error.data.supported.includes('2026-07-28'))
    await eventually('ended', () => log.some(({ message }) => message === 'stdio server ended'))
  })
})
