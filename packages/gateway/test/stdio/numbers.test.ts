import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deed, givenSession, heardBy, notification, post, request } from './caller.ts'
import { givenServer } from './upstreams.ts'

describe('the numbering of requests', () => {
  it("never shows a caller's id to the child, and gives it back as the caller spelled it", async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)

    for (const id of ['"mine"', '"\\u0031"', '9007199254740993', '-0', '1.0']) {
      const text = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"echo","arguments":{"value":1}}}`
      const reply = await post(upstream, text, { session }).over()

      assert.match(reply.body, /^\{"jsonrpc":"2.0","id":/)
      assert.ok(reply.body.includes(`"id":${id},`), reply.body)
    }
    for (const line of await heardBy(upstream, { session })) assert.match(line, /"id":\d+[,}]|notifications/)
  })

  it('leaves every other byte as it was, numbers beyond 2^53 included, on the way in and out', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const value = '{"n":12345678901234567890.10,"e":1E400,"s":"\\u00e9\\/é","id":7}'

    await post(upstream, `{"jsonrpc":"2.0","id":7,"method":"x/y","params":${value}}`, { session }).over()
    const answer = `{"jsonrpc":"2.0","id":$id,"result":${value}}`
    const reply = await post(upstream, deed(8, 'say', { lines: [answer] }), { session }).over()

    const heard = await heardBy(upstream, { session })
    assert.ok(heard.some((line) => line.includes(`"method":"x/y","params":${value}}`)))
    assert.equal(reply.body, answer.replace('$id', '8'))
  })

  it('tells two requests in flight apart although their progress tokens are the same', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const lines = (who: string) => [
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":1,"message":"${who}"}}`,
      `{"jsonrpc":"2.0","id":$id,"result":{}}`,
    ]

    const a = post(upstream, deed('a', 'sayLater', { ms: 60, lines: lines('a') }, 1), { session })
    const b = post(upstream, deed('b', 'sayLater', { ms: 20, lines: lines('b') }, 1), { session })
    await Promise.all([a.over(), b.over()])

    assert.deepEqual(
      a.messages.map(({ params }) => params?.message),
      ['a', undefined],
    )
    assert.deepEqual(
      b.messages.map(({ params }) => params?.message),
      ['b', undefined],
    )
    assert.equal(a.messages[0].params.progressToken, 1)
  })

  it('refuses a second request with an id that is in flight, and takes it again afterwards', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)

    const first = post(upstream, deed(5, 'sayLater', { ms: 80, lines: ['{"jsonrpc":"2.0","id":$id,"result":{}}'] }), {
      session,
    })
    const second = await post(upstream, deed(5, 'echo'), { session }).over()
    await first.over()
    const third = await post(upstream, deed(5, 'echo'), { session }).over()

    assert.equal(second.status, 400)
    assert.equal(second.messages[0].error.code, -32600)
    assert.equal(second.messages[0].id, 5)
    assert.equal(first.status, 200)
    assert.equal(third.status, 200)
  })

  it('tells the child which request is called off, and ends the wait of whoever asked', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const asked = post(upstream, deed('mine', 'nothing'), { session })

    const taken = await post(upstream, notification('notifications/cancelled', { requestId: 'mine', reason: 'no' }), {
      session,
    }).over()
    await asked.over()

    assert.equal(taken.status, 202)
    assert.ok(asked.isStream)
    assert.deepEqual([asked.messages, asked.failure], [[], undefined])
    const heard = await heardBy(upstream, { session })
    const call = JSON.parse(heard.find((line) => line.includes('"nothing"')) ?? '{}')
    const cancelled = JSON.parse(heard.find((line) => line.includes('cancelled')) ?? '{}')
    assert.deepEqual(cancelled.params, { requestId: call.id, reason: 'no' })
  })

  it('answers a request that is called off where its caller takes JSON only', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const asked = post(upstream, deed('mine', 'nothing'), { session, accept: 'application/json' })

    post(upstream, notification('notifications/cancelled', { requestId: 'mine' }), { session })
    await asked.over()

    assert.deepEqual([asked.messages[0].id, asked.messages[0].error.code], ['mine', -32603])
  })

  it('still answers the rest of a batch when one request of it is called off', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const slow = deed('slow', 'sayLater', { ms: 60, lines: ['{"jsonrpc":"2.0","id":$id,"result":{}}'] })
    const asked = post(upstream, [deed('mine', 'nothing'), slow], { session })

    post(upstream, notification('notifications/cancelled', { requestId: 'mine' }), { session })
    await asked.over()

    assert.deepEqual(asked.messages, [{ jsonrpc: '2.0', id: 'slow', result: {} }])
  })

  it("drops a cancellation of what is not in flight, which could be a number of somebody else's", async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const asked = post(upstream, deed('mine', 'nothing'), { session })

    const taken = await post(upstream, notification('notifications/cancelled', { requestId: 2 }), { session }).over()

    assert.equal(taken.status, 202)
    assert.ok(!(await heardBy(upstream, { session })).some((line) => line.includes('cancelled')))
    assert.ok(!asked.isOver)
  })

  it('drops an answer that nobody asked for, and says so in the log', async () => {
    const { upstream, log } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const lines = [
      '{"jsonrpc":"2.0","id":4711,"result":{}}',
      '{"jsonrpc":"2.0","id":"$id","result":{}}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}',
      '{"jsonrpc":"2.0","id":$id,"result":{"it":true}}',
      '{"jsonrpc":"2.0","id":$id,"result":{"it":"twice"}}',
    ]

    const reply = await post(upstream, deed(1, 'say', { lines }), { session }).over()
    await post(upstream, deed(2, 'echo'), { session }).over()

    assert.deepEqual(reply.messages[0].result, { it: true })
    assert.equal(log.filter(({ message }) => message.includes('nobody asked')).length, 3)
    assert.equal(log.filter(({ message }) => message.includes('late answer')).length, 1)
  })

  it('fails a request whose answer has a key twice, for it could be read in two ways', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const lines = ['{"jsonrpc":"2.0","id":$id,"result":{"a":1,"a":2}}']

    const reply = await post(upstream, deed(1, 'say', { lines }), { session }).over()

    assert.equal(reply.failure?.reason, 'broken')
    assert.equal((await post(upstream, deed(2, 'echo'), { session }).over()).status, 200)
  })
})

describe('one message per line', () => {
  it('makes one line of a body with line breaks, and changes no token', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const body =
      '{\r\n  "jsonrpc": "2.0",\n  "id": 1,\r\n"method": "tools/call", "params":{"name":"echo","arguments":{"value":"a\\nb"}}\n}'

    const reply = await post(upstream, body, { session }).over()

    assert.equal(reply.messages[0].result.value, 'a\nb')
    const heard = (await heardBy(upstream, { session })).find((line) => line.includes('a\\nb'))
    assert.equal(
      heard,
      '{    "jsonrpc": "2.0",   "id": 2,  "method": "tools/call", "params":{"name":"echo","arguments":{"value":"a\\nb"}} }',
    )
  })

  it('lets no caller smuggle a message past the gate in a string that a line reader would break', async () => {
    // Given a server whose line reader ends lines at U+2028 too
    const { upstream } = givenServer('by-readline.mjs')
    const session = await givenSession(upstream)

    // When a permitted call carries a whole forbidden one between two such characters
    const forbidden = JSON.stringify(request(99, 'tools/call', { name: 'forbidden' }))
    for (const separator of ['\u2028', '\u2029', '\u0085']) {
      const value = `${separator}${forbidden}${separator}`
      await post(upstream, request(1, 'tools/call', { name: 'permitted', arguments: { value } }), { session }).over()
    }

    // Then the server has seen the permitted one only
    const reply = await post(upstream, request(2, 'tools/call', { name: 'last' }), { session }).over()
    assert.deepEqual(reply.messages[0].result.calls, ['permitted', 'permitted', 'permitted', 'last'])
  })

  it("keeps a bare return in the child's JSON from ending the line of an event", async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const lines = [
      '{"jsonrpc":"2.0",\r"method":"notifications/message","params":{"level":"info","data":1}}\r',
      '{"jsonrpc":"2.0","id":$id,\r"result":{}}\r',
    ]

    const reply = await post(upstream, deed(1, 'say', { lines }), { session }).over()

    assert.ok(!reply.body.includes('\r'))
    assert.equal(reply.messages.length, 2)
  })
})

describe('a batch of 2025-03-26', () => {
  it('is sent element by element, and answered by an event for each request', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)
    const slow = deed('slow', 'sayLater', { ms: 60, lines: ['{"jsonrpc":"2.0","id":$id,"result":{"slow":1}}'] })
    const batch = [
      slow,
      notification('notifications/progress', { progressToken: 1, progress: 1 }),
      deed('fast', 'echo', { value: 2 }, 't'),
    ]

    const reply = await post(upstream, batch, { session }).over()

    assert.ok(reply.isStream)
    assert.deepEqual(
      reply.messages.map(({ id }) => id),
      ['fast', 'slow'],
    )
    const heard = await heardBy(upstream, { session })
    assert.ok(
      heard.includes('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}'),
    )
  })

  it('is answered by an array where the caller takes no stream', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)

    const reply = await post(upstream, [deed(1, 'echo'), deed(2, 'echo')], {
      session,
      accept: 'application/json',
    }).over()

    assert.equal(reply.headers.get('content-type'), 'application/json')
    assert.deepEqual(
      reply.messages[0].map(({ id }: { id: number }) => id),
      [1, 2],
    )
  })

  it('is accepted when it holds notifications and answers only', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)

    const reply = await post(upstream, [notification('notifications/x'), { jsonrpc: '2.0', id: 4, result: {} }], {
      session,
    }).over()

    assert.equal(reply.status, 202)
    assert.ok((await heardBy(upstream, { session })).includes('{"jsonrpc":"2.0","id":4,"result":{}}'))
  })

  it('is refused whole when two of its requests share an id', async () => {
    const { upstream } = givenServer('puppet.mjs')
    const session = await givenSession(upstream)

    // It is refused where it is read, before any upstream.
    assert.throws(() => post(upstream, [deed(1, 'echo'), deed(1, 'echo')], { session }), /have different ids/)

    assert.ok(!(await heardBy(upstream, { session })).some((line) => line.includes('"echo"')))
  })
})
