import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failureReply } from '../../src/proxy/failures.ts'
import { failureError } from '../../src/upstream/stdio/refusals.ts'
import type { UpstreamFailure } from '../../src/upstream/upstream.ts'
import { ask, deed, givenSession, heardBy, INITIALIZE, post } from './caller.ts'
import { eventually, givenServer } from './upstreams.ts'

const DONE = '{"jsonrpc":"2.0","id":$id,"result":{}}'
const LOG = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"said"}}'
const QUESTION = '{"jsonrpc":"2.0","id":41,"method":"roots/list"}'
const CHANGED = '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
const progress = (n: number): string =>
  `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":${n}}}`

async function givenPuppet(options = {}) {
  const given = givenServer('puppet.mjs', options)
  return { ...given, session: await givenSession(given.upstream) }
}

describe('the answer to a request', () => {
  it('is JSON when the response comes first', async () => {
    const { upstream, session } = await givenPuppet()

    const reply = await post(upstream, deed(1, 'echo', { value: 1 }), { session }).over()

    assert.equal(reply.status, 200)
    assert.equal(reply.headers.get('content-type'), 'application/json')
    assert.equal(reply.headers.get('mcp-session-id'), undefined)
  })

  it('becomes a stream once anything comes before the response', async () => {
    const { upstream, session } = await givenPuppet()

    for (const before of [progress(1), LOG, QUESTION]) {
      const reply = await post(upstream, deed(1, 'say', { lines: [before, DONE] }, 't'), { session }).over()

      assert.ok(reply.isStream)
      assert.equal(reply.headers.get('x-accel-buffering'), 'no')
      assert.equal(reply.messages.length, 2)
      assert.equal(reply.messages[1].id, 1)
    }
  })

  it('holds no progress that the caller did not ask for', async () => {
    const { upstream, session } = await givenPuppet()

    const lines = [progress(1).replace('$token', '$id'), DONE]
    const reply = await post(upstream, deed(1, 'say', { lines }), { session }).over()

    assert.deepEqual(reply.messages, [{ jsonrpc: '2.0', id: 1, result: {} }])
  })

  it('becomes a stream after a silence, and comments keep it open', async () => {
    const { upstream, session } = await givenPuppet({ silenceMs: 20, keepAliveMs: 10 })

    const reply = await post(upstream, deed(1, 'sayLater', { ms: 300, lines: [DONE] }), { session }).over()

    assert.ok(reply.isStream)
    assert.ok(reply.body.split(': keep-alive\n\n').length > 2, reply.body)
    assert.deepEqual(reply.messages, [{ jsonrpc: '2.0', id: 1, result: {} }])
  })

  it('stays JSON for a caller that takes nothing else, and the rest goes to the GET stream', async () => {
    const { upstream, session } = await givenPuppet({ silenceMs: 20 })
    const stream = ask(upstream, 'GET', { session })

    const lines = [progress(1), LOG, QUESTION, DONE]
    const call = deed(1, 'sayLater', { ms: 60, lines }, 'mine')
    const reply = await post(upstream, call, { session, accept: 'application/json' }).over()

    assert.equal(reply.headers.get('content-type'), 'application/json')
    assert.equal(reply.messages[0].id, 1)
    assert.deepEqual(
      stream.messages.map(({ method }) => method),
      ['notifications/progress', 'notifications/message', 'roots/list'],
    )
    assert.equal(stream.messages[0].params.progressToken, 'mine')
  })

  it('goes on in the child when a legacy caller leaves, and is dropped when it comes (TL-21)', async () => {
    const { upstream, session, log } = await givenPuppet()

    const left = post(upstream, deed(1, 'sayLater', { ms: 60, lines: [progress(1), DONE] }, 't'), { session })
    left.leave()
    await eventually('dropped', () => log.some(({ message }) => message === 'a late answer was dropped'))

    assert.equal(left.body, '')
    assert.ok(log.some(({ level, message }) => level === 'debug' && message.includes('nobody waits for')))
    const heard = await post(upstream, deed(2, 'heard'), { session }).over()
    assert.ok(!heard.body.includes('cancelled'))
  })
})

describe('a stream that has begun when its server fails', () => {
  it('ends with the error of a program that died in mid-call, in good order', async () => {
    const { upstream, session } = await givenPuppet({ silenceMs: 10 })
    const asked = post(upstream, deed('mine', 'nothing'), { session })
    await asked.until('open', ({ isStream }) => isStream)

    post(upstream, deed(2, 'exit', { code: 3 }), { session })
    await asked.over()

    assert.ok(asked.endsWell)
    assert.equal(asked.failure?.reason, 'broken')
    assert.match(asked.failure.detail, /exited with code 3/)
    const message = 'The server behind the gate did not answer properly.'
    const error = { code: -32603, message, data: { error: 'upstream_broken' } }
    assert.deepEqual(asked.messages, [{ jsonrpc: '2.0', error, id: 'mine' }])
  })

  it('ends with the error of an answer that does not come in time', async () => {
    const { upstream, session } = await givenPuppet({ answerTimeoutMs: 60 })

    const reply = await post(upstream, deed(1, 'say', { lines: [LOG] }), { session }).over()

    assert.ok(reply.endsWell)
    assert.equal(reply.failure?.reason, 'timeout')
    assert.equal(reply.messages.length, 2)
    assert.equal(reply.messages[1].id, 1)
    assert.equal(reply.messages[1].error.data.error, 'upstream_timeout')
    assert.ok((await heardBy(upstream, { session })).some((line) => line.includes('notifications/cancelled')))
  })

  it('has an error for each request of a batch that has no answer yet', async () => {
    const { upstream, session } = await givenPuppet()
    const batch = [deed(1, 'echo'), deed(2, 'nothing'), deed(3, 'nothing')]
    const asked = post(upstream, batch, { session })
    await asked.until('begun', ({ messages }) => messages.length === 1)

    post(upstream, deed(4, 'exit', { code: 3 }), { session })
    await asked.over()

    assert.ok(asked.endsWell)
    assert.equal(asked.failure?.reason, 'broken')
    assert.deepEqual(
      asked.messages.map(({ id, error }) => [id, error?.data.error]),
      [[1, undefined], [2, 'upstream_broken'], [3, 'upstream_broken']], // biome-ignore format: one line
    )
  })

  it('has failed, though another request of its batch is answered after that', async () => {
    const { upstream, session } = await givenPuppet()
    const twice = '{"jsonrpc":"2.0","id":$id,"result":{},"result":{}}'
    const batch = [deed(1, 'echo'), deed(2, 'say', { lines: [twice] }), deed(3, 'sayLater', { ms: 50, lines: [DONE] })]

    const asked = await post(upstream, batch, { session }).over()

    assert.ok(asked.endsWell)
    assert.equal(asked.failure?.reason, 'broken')
    assert.deepEqual(
      asked.messages.map(({ id, error }) => [id, error?.data.error]),
      [[1, undefined], [2, 'upstream_broken'], [3, undefined]], // biome-ignore format: one line
    )
  })

  it('says what an answer that has not begun would say', () => {
    for (const reason of ['unreachable', 'broken', 'timeout', 'credential', 'busy'] as const) {
      const failure = { reason, detail: 'inside', retryAfter: 5 } as UpstreamFailure
      assert.deepEqual(failureError(failure), JSON.parse(String(failureReply(failure, '1').body)).error)
    }
  })
})

describe('a caller that is found to be gone', () => {
  for (const leavesAt of ['once', 'start', 'write'] as const) {
    it(`holds nobody up, at whatever point: ${leavesAt}`, async () => {
      const { upstream, session } = await givenPuppet({ silenceMs: 10, keepAliveMs: 10 })
      const gone = { session, leavesAt, patience: 1 }

      const first = post(upstream, deed(1, 'say', { lines: [progress(1), progress(2), DONE] }, 't'), gone)
      const second = post(upstream, deed(2, 'sayLater', { ms: 50, lines: [DONE] }), gone)
      const stream = ask(upstream, 'GET', gone)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const other = await post(upstream, deed(3, 'echo'), { session }).over()
      const again = ask(upstream, 'GET', { session })

      assert.ok(first.messages.length <= 1 && second.messages.length === 0 && stream.messages.length === 0)
      assert.equal(other.status, 200)
      assert.equal(again.status, 200)
    })
  }

  it('leaves no session behind when even its handshake finds nobody', async () => {
    for (const leavesAt of ['once', 'start'] as const) {
      const { upstream, log } = givenServer('puppet.mjs')

      post(upstream, INITIALIZE, { leavesAt })

      await eventually('ended', () => log.some(({ message }) => message === 'stdio server ended'))
    }
  })
})

describe('what belongs to no request by number', () => {
  it('goes to the only request in flight, even while the GET stream is open', async () => {
    const { upstream, session } = await givenPuppet()
    const stream = ask(upstream, 'GET', { session })

    const reply = await post(upstream, deed(1, 'say', { lines: [LOG, QUESTION, DONE] }), { session }).over()

    assert.deepEqual(
      reply.messages.map(({ method }) => method),
      ['notifications/message', 'roots/list', undefined],
    )
    assert.deepEqual(stream.messages, [])
  })

  it('goes to the GET stream when several requests are in flight, else to the latest of them; never to two (TL-19)', async () => {
    const { upstream, session } = await givenPuppet()
    const first = post(upstream, deed(1, 'nothing'), { session })
    const second = post(upstream, deed(2, 'nothing'), { session })

    const third = await post(upstream, deed(3, 'say', { lines: [LOG, DONE] }), { session }).over()
    const stream = ask(upstream, 'GET', { session })
    const fourth = await post(upstream, deed(4, 'say', { lines: [QUESTION, DONE] }), { session }).over()

    assert.deepEqual(
      third.messages.map(({ method }) => method),
      ['notifications/message', undefined],
    )
    assert.deepEqual(
      stream.messages.map(({ method }) => method),
      ['roots/list'],
    )
    assert.deepEqual(
      fourth.messages.map(({ id }) => id),
      [4],
    )
    assert.equal(first.body + second.body, '')
  })

  it('goes to the GET stream when it tells of changed contents', async () => {
    const { upstream, session } = await givenPuppet()
    const stream = ask(upstream, 'GET', { session })

    const updated = '{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:b"}}'
    const reply = await post(upstream, deed(1, 'say', { lines: [CHANGED, updated, DONE] }), { session }).over()

    assert.equal(reply.messages.length, 1)
    assert.deepEqual(stream.texts, [CHANGED, updated])
  })

  it('waits for a GET stream while nobody listens; the oldest are lost when they are too many', async () => {
    const { upstream, session, log } = await givenPuppet()
    const lines = Array.from({ length: 130 }, (_, n) => CHANGED.replace('}', `,"params":{"n":${n}}}`))
    await post(upstream, deed(1, 'say', { lines: [...lines, DONE] }), { session }).over()

    const stream = await ask(upstream, 'GET', { session }).until('told', (reply) => reply.messages.length > 0)

    assert.deepEqual(
      stream.messages.map(({ params }) => params.n),
      Array.from({ length: 100 }, (_, n) => n + 30),
    )
    const lost = log.filter(({ message }) => message.includes('lost'))
    assert.deepEqual(
      lost.map(({ fields }) => fields.lost),
      [1, 30],
    )
  })

  it('is answered with an error where it was a question and is lost, so that the server does not wait for ever', async () => {
    const { upstream, session } = await givenPuppet()
    const caller = { session, accept: 'application/json' }

    const questions = Array.from({ length: 103 }, (_, n) => QUESTION.replace('41', n % 2 === 0 ? `"q${n}"` : `${n}`))
    await post(upstream, deed(1, 'say', { lines: [...questions, CHANGED, DONE] }), caller).over()
    const answers = (await heardBy(upstream, caller)).map((line) => JSON.parse(line)).filter(({ error }) => error)

    assert.deepEqual(
      answers.map(({ id }) => id),
      ['q0', 1, 'q2', 3],
    )
    assert.deepEqual(answers[0].error, { code: -32603, message: 'The client does not read what is asked of it.' })
    const stream = await ask(upstream, 'GET', { session }).until('told', (reply) => reply.messages.length === 100)
    assert.equal(stream.messages[0].id, 'q4')
  })
})

describe('the GET stream', () => {
  it('is one at a time, and may come back', async () => {
    const { upstream, session } = await givenPuppet()

    const first = ask(upstream, 'GET', { session })
    const second = await ask(upstream, 'GET', { session }).over()
    first.leave()
    const third = ask(upstream, 'GET', { session })

    assert.ok(first.isStream)
    assert.equal(second.status, 409)
    assert.ok(third.isStream)
  })

  it('keeps open with comments and ends with the session', async () => {
    const { upstream, session } = await givenPuppet({ keepAliveMs: 10 })

    const stream = ask(upstream, 'GET', { session })
    await stream.until('kept open', (reply) => reply.body.includes(': keep-alive\n\n: keep-alive\n\n'))
    await ask(upstream, 'DELETE', { session }).over()

    await stream.over()
    assert.equal(stream.failure, undefined)
  })

  it('keeps what a slow reader has not taken, in order', async () => {
    const { upstream, session } = await givenPuppet()
    const stream = ask(upstream, 'GET', { session, patience: 10 })
    const lines = Array.from({ length: 5 }, (_, n) => CHANGED.replace('}', `,"params":{"n":${n}}}`))
    await post(upstream, deed(1, 'say', { lines: [...lines, DONE] }), { session }).over()
    assert.equal(stream.messages.length, 1)

    for (let n = 0; n < 5; n++) stream.read()

    assert.deepEqual(
      stream.messages.map(({ params }) => params.n),
      [0, 1, 2, 3, 4],
    )
  })
})
