import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ask, deed, givenSession, INITIALIZE, modern, notification, post } from './caller.ts'
import { eventually, givenEverything, givenServer, pids } from './upstreams.ts'

const ERA = { era: 'modern' } as const
const call = (id: unknown, name: string, args: object = {}, meta: object = {}): object =>
  modern(id, 'tools/call', { name, arguments: args }, meta)
const script = (file: string, ...args: string[]) => ({
  args: [fileURLToPath(new URL(`children/${file}`, import.meta.url)), ...args],
})
const givenPuppet = (options = {}) => givenServer('', { ...script('puppet.mjs', 'modern'), ...options })

describe('a server of both eras (v2 SDK)', () => {
  it("answers modern requests without a session, all of a principal's from one child", async () => {
    const { upstream, log } = givenServer('dual.mjs')

    const era = await post(upstream, call('a', 'era'), ERA).over()
    const discovered = await post(upstream, modern(1, 'server/discover'), ERA).over()
    const listed = await post(upstream, modern(2, 'tools/list'), ERA).over()

    assert.equal(era.status, 200)
    assert.equal(era.messages[0].result.content[0].text, 'modern')
    assert.equal(era.headers.get('mcp-session-id'), undefined)
    assert.ok(discovered.messages[0].result.supportedVersions.includes('2026-07-28'))
    assert.ok(listed.messages[0].result.tools.length > 0)
    assert.equal(pids(log).length, 1)
  })

  it('gives another principal another child, and a legacy client one of its own', async () => {
    const { upstream, log } = givenServer('dual.mjs')

    await post(upstream, call(1, 'era'), ERA).over()
    await post(upstream, call(1, 'era'), { ...ERA, as: 'bob' }).over()
    const session = await givenSession(upstream)
    const era = await post(upstream, deed(1, 'era'), { session }).over()

    assert.equal(era.messages[0].result.content[0].text, 'legacy')
    assert.equal(pids(log).length, 3)
  })

  it('asks for the era once, however many ask at the same time', async () => {
    const { upstream, log } = givenServer('dual.mjs')

    const replies = await Promise.all(
      ['alice', 'alice', 'bob', 'alice'].map((as) =>
        post(upstream, call(1, 'echo', { value: as }), { ...ERA, as }).over(),
      ),
    )

    assert.deepEqual(
      replies.map(({ messages }) => messages[0].result.content[0].text),
      ['alice', 'alice', 'bob', 'alice'],
    )
    assert.equal(pids(log).length, 2)
  })

  it('answers errors with the status that HTTP has for them', async () => {
    const { upstream } = givenServer('dual.mjs')

    const unknown = await post(upstream, modern(1, 'no/such'), ERA).over()
    const removed = await post(upstream, modern(2, 'ping'), ERA).over()
    const params = await post(upstream, call(3, 'no-such-tool'), ERA).over()
    const version = await post(
      upstream,
      modern(
        4,
        'subscriptions/listen',
        { notifications: {} },
        { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' },
      ),
      ERA,
    ).over()

    assert.deepEqual(
      [unknown, removed].map(({ status, messages }) => [status, messages[0].error.code, messages[0].id]),
      [
        [404, -32601, 1],
        [404, -32601, 2],
      ],
    )
    assert.deepEqual([params.status, params.messages[0].error.code], [200, -32602])
    assert.deepEqual([version.status, version.messages[0].error.code, version.messages[0].id], [400, -32022, 4])
  })

  it('carries progress and log messages on the stream of the request that asked for them', async () => {
    const { upstream } = givenServer('dual.mjs')
    const wantsLogs = { 'io.modelcontextprotocol/logLevel': 'info' }

    const steps = await post(upstream, call(1, 'steps', {}, { progressToken: 'p' }), ERA).over()
    const quiet = await post(upstream, call(2, 'log'), ERA).over()
    const waiting = post(upstream, call(3, 'wait', { name: 'w' }), ERA)
    const logged = await post(upstream, call(4, 'log', {}, wantsLogs), ERA).over()

    assert.equal(steps.messages[0].params.progressToken, 'p')
    assert.equal(steps.messages[1].id, 1)
    assert.ok(!quiet.isStream)
    assert.equal(logged.messages[0].method, 'notifications/message')
    assert.equal(waiting.body, '')
  })

  it('tells the child when a caller leaves before the answer (TM-30)', async () => {
    const { upstream } = givenServer('dual.mjs')
    const same = 7
    const first = post(upstream, call(same, 'wait', { name: 'first' }), ERA)
    const second = post(upstream, call(same, 'wait', { name: 'second' }), ERA)
    await post(upstream, call(1, 'echo'), ERA).over()

    second.leave()
    const fates = await post(upstream, call(2, 'fates'), ERA).over()

    assert.equal(fates.messages[0].result.content[0].text, 'second')
    assert.ok(!first.isOver)
  })

  it('gives each subscription what it listens for, under its own id, and no other', async () => {
    const { upstream } = givenServer('dual.mjs')
    const listen = { notifications: { toolsListChanged: true } }
    const one = post(upstream, modern('one', 'subscriptions/listen', listen), ERA)
    const two = post(upstream, modern('two', 'subscriptions/listen', listen), ERA)
    const none = post(upstream, modern('two', 'subscriptions/listen', { notifications: {} }), ERA)
    for (const stream of [one, two, none]) await stream.until('acknowledged', (reply) => reply.messages.length === 1)

    const announced = await post(upstream, call(1, 'announce'), ERA).over()
    for (const stream of [one, two]) await stream.until('told', (reply) => reply.messages.length === 2)

    for (const [id, stream] of [
      ['one', one],
      ['two', two],
    ] as const) {
      assert.deepEqual(
        stream.messages.map(({ method }) => method),
        ['notifications/subscriptions/acknowledged', 'notifications/tools/list_changed'],
      )
      for (const { params } of stream.messages) assert.equal(params._meta['io.modelcontextprotocol/subscriptionId'], id)
    }
    assert.equal(none.messages.length, 1)
    assert.equal(announced.messages.length, 1)
  })

  it('ends subscriptions when the gate closes', async () => {
    const { upstream } = givenServer('dual.mjs')
    const listen = modern('mine', 'subscriptions/listen', { notifications: { toolsListChanged: true } })
    const stream = await post(upstream, listen, ERA).until('acknowledged', (reply) => reply.messages.length === 1)

    await upstream.close()

    assert.ok(stream.isOver)
  })

  it('refuses a revision that the server does not speak, whatever the first request spoke (TM-05)', async () => {
    const { upstream } = givenServer('dual.mjs')
    const later = { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' }
    await post(upstream, call(1, 'era'), ERA).over()

    for (const method of ['tools/list', 'server/discover']) {
      const reply = await post(upstream, modern('id', method, {}, later), ERA).over()

      assert.equal(reply.status, 400)
      const { id, error } = reply.messages[0]
      assert.deepEqual([id, error.code], ['id', -32022])
      assert.deepEqual(error.data, { supported: ['2026-07-28'], requested: '2027-01-01' })
    }
  })

  it('refuses a call whose mirrored arguments differ from its headers (TM-24 to TM-26)', async () => {
    const { upstream } = givenServer('dual.mjs')
    const args = { region: 'Zürich', deep: { size: 42 } }
    const called = async (headers: string[], given: object = args) => {
      const { status, messages } = await post(upstream, call(1, 'mirrored', given), { ...ERA, headers }).over()
      return status === 200 ? 'done' : [status, messages[0].error.code, messages[0].id]
    }
    const region = ['mcp-param-region', '=?base64?WsO8cmljaA==?=']
    const refused = [400, -32020, 1]

    assert.deepEqual(await called([...region, 'mcp-param-size', '42']), 'done')
    assert.deepEqual(await called([...region, 'mcp-param-size', '42.0']), 'done')
    assert.deepEqual(await called([], { region: null }), 'done')
    assert.deepEqual(await called(['mcp-param-region', 'elsewhere'], {}), refused)
    assert.deepEqual(await called([], { region: ['Bern'] }), refused)
    assert.deepEqual(await called([]), refused)
    assert.deepEqual(await called(region), refused)
    assert.deepEqual(await called([...region, 'mcp-param-size', '43']), refused)
    assert.deepEqual(await called([...region, ...region, 'mcp-param-size', '42', 'mcp-param-size', '43']), refused)
    assert.deepEqual(await called(['mcp-param-region', 'Bern', 'mcp-param-size', '42']), refused)
    assert.deepEqual(await called(['mcp-param-region', '=?base64?WsO8cmljaA?=', 'mcp-param-size', '42']), refused)
  })

  it('learns of the headers of a tool that came later', async () => {
    let now = 0
    const { upstream } = givenServer('dual.mjs', { now: () => now })
    await post(upstream, call(1, 'grow'), ERA).over()
    now += 1000

    const reply = await post(upstream, call(2, 'grown', { region: 'Bern' }), ERA).over()

    assert.deepEqual([reply.status, reply.messages[0].error.code], [400, -32020])
  })

  it('has nothing but POST, and no batches or answers in it', async () => {
    const { upstream } = givenServer('dual.mjs')

    assert.equal((await ask(upstream, 'GET', ERA).over()).status, 405)
    assert.equal((await ask(upstream, 'DELETE', ERA).over()).headers.get('allow'), 'POST')
    const answer = await post(upstream, { jsonrpc: '2.0', id: 1, result: {} }, ERA).over()
    assert.equal(answer.status, 400)
    assert.ok(!('id' in answer.messages[0]))
    assert.equal((await post(upstream, [call(1, 'era')], ERA).over()).status, 400)
  })
})

describe('the modern era on the wire', () => {
  it('drops a cancellation by id, for another client of the principal may mean another request by it', async () => {
    const { upstream } = givenPuppet()
    post(upstream, call(7, 'nothing'), ERA)
    await post(upstream, call(1, 'echo'), ERA).over()

    const taken = await post(upstream, notification('notifications/cancelled', { requestId: 7 }), ERA).over()
    const heard = await post(upstream, call(2, 'heard'), ERA).over()

    assert.equal(taken.status, 202)
    assert.ok(!heard.body.includes('cancelled'))
  })

  it('mixes up nothing among clients that share a child, an id and a progress token', async () => {
    const { upstream } = givenPuppet()
    const calls = Array.from({ length: 300 }, (_, n) => {
      const progress = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"message":"${n}"}}`
      const lines = [progress, `{"jsonrpc":"2.0","id":$id,"result":{"n":${n}}}`]
      return post(upstream, call(1, 'sayLater', { ms: (n * 7919) % 50, lines }, { progressToken: 1 }), ERA)
    })

    await Promise.all(calls.map((reply) => reply.over()))

    for (const [n, reply] of calls.entries()) {
      assert.deepEqual(
        reply.messages.map(({ params, result }) => params?.message ?? String(result.n)),
        [String(n), String(n)],
      )
    }
  })

  it('gives a log message to the latest request that asked for them, though a later one did not', async () => {
    const { upstream } = givenPuppet()
    const log = '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}'
    const done = '{"jsonrpc":"2.0","id":$id,"result":{}}'
    const wantsLogs = { 'io.modelcontextprotocol/logLevel': 'info' }

    const asking = post(upstream, call(1, 'sayLater', { ms: 50, lines: [log, done] }, wantsLogs), ERA)
    const later = post(upstream, call(2, 'sayLater', { ms: 80, lines: [done] }), ERA)
    await Promise.all([asking.over(), later.over()])

    assert.equal(asking.messages[0].method, 'notifications/message')
    assert.equal(later.messages.length, 1)
  })

  it('drops questions of the child, which this era has not', async () => {
    const { upstream, log } = givenPuppet()
    const lines = ['{"jsonrpc":"2.0","id":1,"method":"roots/list"}', '{"jsonrpc":"2.0","id":$id,"result":{}}']

    const reply = await post(upstream, call(1, 'say', { lines }), ERA).over()

    assert.equal(reply.messages.length, 1)
    assert.ok(!reply.isStream)
    assert.ok(log.some(({ level, message }) => level === 'warn' && message.includes('belongs to no request')))
  })

  it('ends a subscription that the server calls off, with its result or without (IT-29)', async () => {
    const { upstream } = givenPuppet()
    const meta = '"_meta":{"io.modelcontextprotocol/subscriptionId":$id}'
    const calledOff = `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":$id,${meta}}}`
    const result = `{"jsonrpc":"2.0","id":$id,"result":{"resultType":"complete",${meta}}}`

    const both = await post(upstream, modern('a', 'subscriptions/listen', { lines: [calledOff, result] }), ERA).over()
    const either = await post(upstream, modern('b', 'subscriptions/listen', { lines: [calledOff] }), ERA).over()

    assert.equal(both.messages[0].params.requestId, 'a')
    assert.equal(both.messages[1].result._meta['io.modelcontextprotocol/subscriptionId'], 'a')
    assert.equal(either.messages.length, 1)
    assert.equal(either.failure, undefined)
  })

  it('lets a subscription be quiet for longer than a request may be', async () => {
    const { upstream } = givenPuppet({ answerTimeoutMs: 40, silenceMs: 10 })
    const acknowledged =
      '{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":$id}}}'

    const stream = post(upstream, modern('a', 'subscriptions/listen', { lines: [acknowledged] }), ERA)
    const never = await post(upstream, modern('b', 'subscriptions/listen', { lines: [] }), ERA).over()
    await new Promise((resolve) => setTimeout(resolve, 100))

    assert.equal(never.failure?.reason, 'timeout')
    assert.ok(!stream.isOver)
  })
})

describe('the era of a server', () => {
  it('is legacy when it does not know server/discover: a modern caller is told to begin with initialize', async () => {
    const { upstream, log } = givenEverything()

    const first = await post(upstream, call('id', 'echo'), ERA).over()
    const second = await post(upstream, call('id', 'echo'), ERA).over()

    for (const reply of [first, second]) {
      assert.equal(reply.status, 400)
      assert.equal(reply.messages[0].id, 'id')
      // None of the codes that would tell a client of both eras to stay with this one
      assert.equal(reply.messages[0].error.code, -32600)
      assert.match(reply.messages[0].error.message, /initialize/)
    }
    assert.equal(pids(log).length, 1)
    assert.equal((await post(upstream, INITIALIZE).over()).status, 200)
  })

  it('is taken for legacy when the server exits at the question, which is no failure to start', async () => {
    const { upstream } = givenServer('initialize-only.mjs')

    const refused = await post(upstream, call(1, 'echo'), ERA).over()
    const session = await post(upstream, INITIALIZE).over()

    assert.equal(refused.status, 400)
    assert.equal(session.status, 200)
  })

  it('is taken for legacy when the server does not answer, until it does', async () => {
    const { upstream } = givenServer('', {
      ...script('slow-starter.mjs', '300'),
      probeTimeoutMs: 50,
      maxPerPrincipal: 1,
    })

    const early = await post(upstream, call(1, 'echo'), ERA).over()
    await new Promise((resolve) => setTimeout(resolve, 600))
    const late = await post(upstream, call(2, 'echo'), ERA).over()

    assert.equal(early.status, 400)
    assert.equal(late.status, 200)
  })

  it('does not keep the child that is asked from making way for a session', async () => {
    const { upstream } = givenServer('', {
      ...script('slow-starter.mjs', '500'),
      probeTimeoutMs: 30,
      maxPerPrincipal: 1,
    })
    await post(upstream, call(1, 'echo'), ERA).over()

    const handshake = await post(upstream, INITIALIZE).over()

    assert.equal(handshake.status, 200)
  })

  it('is asked again once the minute is over that silence has been believed for', async () => {
    let now = 0
    const { upstream, log } = givenServer('initialize-only.mjs', { now: () => now })
    await post(upstream, call(1, 'echo'), ERA).over()
    await post(upstream, call(1, 'echo'), ERA).over()
    assert.equal(pids(log).length, 1)

    now = 60_000
    await post(upstream, call(1, 'echo'), ERA).over()

    assert.equal(pids(log).length, 2)
  })

  it('cuts a subscription when the child dies, so that its owner subscribes anew, with a new child (GW-55)', async () => {
    const { upstream, log } = givenPuppet()
    const meta = '{"_meta":{"io.modelcontextprotocol/subscriptionId":$id}}'
    const lines = [`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":${meta}}`]
    const listen = () => post(upstream, modern('s', 'subscriptions/listen', { lines }), ERA)
    const isAcknowledged = (reply: { messages: unknown[] }) => reply.messages.length === 1

    const first = await listen().until('acknowledged', isAcknowledged)
    await post(upstream, call(1, 'exit', { code: 3 }), ERA).over()
    await first.over()
    const second = await listen().until('acknowledged', isAcknowledged)

    assert.equal(first.failure?.reason, 'broken')
    assert.ok(!second.isOver)
    assert.equal(pids(log).length, 2)
  })

  it('starts a new child for the next request when the last one has died', async () => {
    const { upstream, log } = givenPuppet()
    const died = await post(upstream, call(1, 'exit', { code: 3 }), ERA).over()

    const next = await post(upstream, call(2, 'echo'), ERA).over()

    assert.equal(died.failure?.reason, 'broken')
    assert.equal(next.status, 200)
    await eventually('two started', () => pids(log).length === 2)
  })
})
