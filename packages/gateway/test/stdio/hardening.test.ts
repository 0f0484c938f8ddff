import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deed, givenSession, INITIALIZE, modern, notification, post } from './caller.ts'
import { eventually, givenServer, pids } from './upstreams.ts'

async function givenPuppet(options = {}) {
  const given = givenServer('puppet.mjs', options)
  return { ...given, session: await givenSession(given.upstream) }
}

/** Waits until no more is kept than that; what is let go of outside of the heap comes back a little after it was let go. */
async function keptAtMost(bytes: number, before: number): Promise<void> {
  await eventually(`at most ${bytes} bytes kept`, () => memoryInUse() - before < bytes)
}

/** Bytes, of what is still reachable; long texts lie outside of the heap. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('a child that misbehaves', () => {
  it('may write what is no message: it is logged, bounded, and goes nowhere', async () => {
    const { upstream, session, log } = await givenPuppet()
    const lines = [
      'Listening on stdio…',
      '\u001b[31mred',
      '{"half":',
      '42',
      '{"jsonrpc":"2.0"}',
      '',
      'y'.repeat(10_000),
    ]

    const reply = await post(
      upstream,
      deed(1, 'say', { lines: [...lines, '{"jsonrpc":"2.0","id":$id,"result":{}}'] }),
      { session },
    ).over()

    assert.deepEqual(reply.messages, [{ jsonrpc: '2.0', id: 1, result: {} }])
    const texts = log.filter(({ message }) => message.includes('no message')).map(({ fields }) => String(fields.text))
    assert.deepEqual(texts.slice(0, -1), [
      'Listening on stdio…',
      '\\u001b[31mred',
      '{"half":',
      '42',
      '{"jsonrpc":"2.0"}',
    ])
    assert.equal(texts.at(-1)?.length, 4096)
  })

  it('is ended when more than a hundred lines in a row are no message', async () => {
    const { upstream, session } = await givenPuppet()
    for (const id of [1, 2]) {
      const some = await post(upstream, deed(id, 'garbage', { lines: 100 }), { session }).over()
      assert.equal(some.status, 200)
    }

    const reply = await post(upstream, deed(3, 'garbage', { lines: 101 }), { session }).over()

    assert.equal(reply.failure?.reason, 'broken')
    assert.equal((await post(upstream, deed(4, 'echo'), { session }).over()).status, 404)
  })

  it('is ended when a message is longer than the bound', async () => {
    const { upstream, session, log } = await givenPuppet({ maxLineBytes: 100_000 })
    const fits = await post(upstream, deed(1, 'huge', { bytes: 90_000 }), { session }).over()
    assert.equal(fits.messages[0].result.text.length, 90_000)

    const reply = await post(upstream, deed(2, 'huge', { bytes: 100_000 }), { session }).over()

    assert.equal(reply.failure?.reason, 'broken')
    assert.ok(log.some(({ level, message }) => level === 'error' && message.includes('beyond the bound')))
  })

  it('has to wait while the caller is slow', async () => {
    // Given a caller that has read nothing beyond 100 kB
    const { upstream, session, log } = await givenPuppet()
    const reply = post(upstream, deed(1, 'flood', {}, 't'), { session, patience: 100_000 })
    const sent = () =>
      Number(
        log
          .filter(({ message }) => message.includes('stderr'))
          .at(-1)
          ?.fields.text?.toString()
          .slice(5),
      )
    const settled = async () => {
      for (let before = -1; (before !== sent() || sent() === 0) && !(sent() > 8_000_000); ) {
        before = sent()
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      return sent()
    }

    // When the child writes without end
    const first = await settled()

    // Then it gets no further than the pipe and one read go, until the caller reads
    assert.ok(reply.unread < 400_000, `${reply.unread} bytes unread`)
    assert.ok(first < 2_000_000, `${first} bytes sent`)
    // A kernel lets a writer go on once most of what stood in the pipe is gone: one read may not be enough.
    await eventually('more sent', () => {
      reply.read()
      return sent() > first
    })
    assert.ok((await settled()) < first + 2_000_000)
    reply.leave()
  })

  it('is not kept from others for ever by a caller that does not read', async () => {
    const { upstream, session } = await givenPuppet({ stallMs: 50 })
    const line = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":1}}'
    const stuck = post(upstream, deed(1, 'say', { lines: [line] }, 't'), { session, patience: 1 })
    await stuck.until('stuck', (reply) => reply.unread > 0)

    const other = await post(upstream, deed(2, 'echo'), { session }).over()

    assert.equal(stuck.failure?.reason, 'timeout')
    assert.equal(other.status, 200)
  })

  it('may never answer: the caller is told after a while, and the child stays', async () => {
    const { upstream, session, log } = await givenPuppet({ answerTimeoutMs: 50 })

    const reply = await post(upstream, deed(1, 'nothing'), { session }).over()
    const next = await post(upstream, deed(2, 'heard'), { session }).over()

    assert.equal(reply.failure?.reason, 'timeout')
    assert.equal(next.status, 200)
    assert.match(next.body, /notifications\/cancelled/)
    assert.equal(pids(log).length, 1)
  })

  it('may owe answers to callers that have left: what they had sent is not kept with them', async () => {
    const { upstream, session } = await givenPuppet()
    const value = 'x'.repeat(2_000_000)
    const callers: WeakRef<object>[] = []
    const before = memoryInUse()

    for (let id = 0; id < 20; id++) {
      // Ids and tokens of this length are pieces of the body, spelled so that they are cut out of it.
      const spelled = `"\\u0061-${id}-as-long-as-a-uuid"`
      const params = `{"name":"nothing","arguments":{"value":"${value}"},"_meta":{"progressToken":${spelled}}}`
      const left = post(upstream, `{"jsonrpc":"2.0","id":${spelled},"method":"tools/call","params":${params}}`, {
        session,
      })
      left.leave()
      callers.push(new WeakRef(left))
      await post(upstream, deed('next', 'echo'), { session }).over()
    }

    await keptAtMost(25_000_000, before) // of 40 MB
    assert.ok(callers.filter((caller) => caller.deref() !== undefined).length <= 2)
  })

  it('may take long to come up: what callers had sent that have left meanwhile is not kept', async () => {
    const { upstream } = givenServer('silent.mjs', { probeTimeoutMs: 60_000, startTimeoutMs: 60_000 })
    const value = 'x'.repeat(2_000_000)
    const before = memoryInUse()

    for (let id = 0; id < 20; id++) {
      const call = modern(id, 'tools/call', { name: 'nothing', arguments: { value: `${id}${value}` } })
      post(upstream, call, { era: 'modern' }).leave()
    }

    await keptAtMost(40_000_000, before) // of 40 MB, twice: as it came, and as it is read
  })

  it('may owe a thousand answers: then it is busy, and takes requests again when it has answered', async () => {
    const { upstream, session } = await givenPuppet()
    const line = '{"jsonrpc":"2.0","id":$id,"result":{}}'
    const owed = Array.from({ length: 1000 }, (_, id) =>
      post(upstream, deed(id, 'sayLater', { ms: 400, lines: [line] }), { session }),
    )
    for (const reply of owed) reply.leave()

    const refused = post(upstream, deed('more', 'echo'), { session })
    assert.deepEqual([refused.failure?.reason, refused.isOver], ['busy', true])

    await eventually('room again', () => post(upstream, deed('again', 'echo'), { session }).failure === undefined)
  })

  it('may be asked with ids of any length, but not owe any number of such', async () => {
    const { upstream, session } = await givenPuppet()
    const long = (id: number) => `${id}${'i'.repeat(1_500_000)}`

    const replies = Array.from({ length: 5 }, (_, id) => post(upstream, deed(long(id), 'nothing'), { session }))

    assert.deepEqual(
      replies.map(({ failure }) => failure?.reason),
      [undefined, undefined, undefined, 'busy', 'busy'],
    )
  })

  it('may take longer than that while it shows signs of life', async () => {
    const { upstream, session } = await givenPuppet({ answerTimeoutMs: 150 })
    const line = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":1}}'
    const call = post(
      upstream,
      deed(1, 'sayLater', { ms: 250, lines: ['{"jsonrpc":"2.0","id":$id,"result":{}}'] }, 't'),
      { session },
    )
    // Another call says something about the first one, whose number is one lower.
    const sign = line.replace('$token', '2')
    for (const ms of [80, 160])
      post(upstream, deed(`sign${ms}`, 'sayLater', { ms, lines: [sign, '{"jsonrpc":"2.0","id":$id,"result":{}}'] }), {
        session,
      })

    await call.over()

    assert.equal(call.failure, undefined)
    assert.equal(call.messages.at(-1).id, 1)
  })

  it('may die in mid-call: the call fails and the session is over', async () => {
    const { upstream, session } = await givenPuppet()

    const reply = await post(upstream, deed(1, 'exit', { code: 3 }), { session }).over()

    assert.equal(reply.failure?.reason, 'broken')
    assert.match(reply.failure?.detail ?? '', /exited with code 3/)
    assert.equal((await post(upstream, notification('notifications/x'), { session }).over()).status, 404)
    assert.ok(await givenSession(upstream))
  })

  it('is heard to its last word when it dies', async () => {
    const { upstream, session } = await givenPuppet()
    const last = post(upstream, deed(1, 'sayLater', { ms: 0, lines: ['{"jsonrpc":"2.0","id":$id,"result":{}}'] }), {
      session,
    })
    const died = post(upstream, deed(2, 'sayLater', { ms: 0, lines: ['{"jsonrpc":"2.0","id":$id,"result":{}}'] }), {
      session,
    })
    post(upstream, deed(3, 'sayLater', { ms: 5, lines: [] }), { session })
    await Promise.all([last.over(), died.over()])

    const lines = Array.from(
      { length: 2000 },
      (_, n) => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$token,"progress":${n}}}`,
    )
    const all = post(upstream, deed(4, 'say', { lines }, 't'), { session })
    post(upstream, deed(5, 'exit', { code: 0 }), { session })
    await all.over()

    assert.equal(all.messages.length, 2001)
    assert.equal(all.messages[1999].params.progress, 1999)
    assert.equal(all.messages[2000].error.data.error, 'upstream_broken')
  })

  it('may split a character over two writes', async () => {
    const { upstream, session } = await givenPuppet()

    const reply = await post(upstream, deed(1, 'dribble', { text: 'Zoë 🏰 门' }), { session }).over()

    assert.equal(reply.messages[0].result.text, 'Zoë 🏰 门')
  })

  it('may stop reading: what waits for it is bounded, then it is busy', async () => {
    const { upstream, session } = await givenPuppet({ maxQueuedBytes: 1_000_000 })
    await post(upstream, deed(1, 'deafen'), { session }).over()

    const value = 'x'.repeat(200_000)
    const replies = Array.from({ length: 12 }, (_, n) => post(upstream, deed(n + 2, 'echo', { value }), { session }))

    const refused = replies.filter(({ failure }) => failure?.reason === 'busy')
    assert.ok(refused.length >= 3 && refused.length <= 8, `${refused.length} of 12 refused`)
    assert.deepEqual(replies.indexOf(refused[0] as never), replies.length - refused.length)
    const told = await post(upstream, notification('notifications/x', { value }), { session }).over()
    assert.equal(told.failure?.reason, 'busy')
  })

  it('may get a single message that is larger than what may wait', async () => {
    const { upstream, session } = await givenPuppet({ maxQueuedBytes: 1000 })

    const reply = await post(upstream, deed(1, 'echo', { value: 'x'.repeat(100_000) }), { session }).over()

    assert.equal(reply.messages[0].result.value.length, 100_000)
  })
})

describe('what a child writes to stderr', () => {
  it('comes into the log line by line, bounded, without control characters', async () => {
    const { upstream, session, log } = await givenPuppet()
    const text = `one\n\u001b[2Jtwo\u202e\r\n${'y'.repeat(10_000)}\nlast`

    await post(upstream, deed(1, 'stderr', { text }), { session }).over()
    await post(upstream, deed(2, 'exit', { code: 1 }), { session }).over()

    const lines = () => log.filter(({ message }) => message.includes('stderr')).map(({ fields }) => String(fields.text))
    await eventually('logged', () => lines().length === 4)
    assert.deepEqual(lines(), ['one', '\\u001b[2Jtwo\\u202e', 'y'.repeat(4096), 'last'])
  })

  it('is cut to a hundred lines a second, and the log says how many are missing', async () => {
    let now = 0
    const { upstream, session, log } = await givenPuppet({ now: () => now })
    await post(upstream, deed(1, 'stderr', { text: 'line\n'.repeat(250) }), { session }).over()
    const lines = () => log.filter(({ message }) => message === 'stderr of a stdio server').length
    await eventually('a hundred lines', () => lines() === 100)

    now = 1000
    await eventually('all read', () => {
      post(upstream, deed('x', 'stderr', { text: 'line\n' }), { session })
      return log.some(({ fields }) => fields.lines === 150)
    })
  })
})

describe('a command that does not come up', () => {
  it('is unreachable when it does not exist, and left alone for a while', async () => {
    let now = 0
    const { upstream } = givenServer('', { command: '/no/such/program', now: () => now })
    const tried = async () => {
      const { failure } = await post(upstream, INITIALIZE).over()
      return failure?.reason === 'busy' ? failure.retryAfter : failure?.reason
    }

    assert.equal(await tried(), 'unreachable')
    assert.equal(await tried(), 1)
    now += 500
    assert.equal(await tried(), 'unreachable')
    now += 999
    assert.equal(await tried(), 1)
    now += 1
    assert.equal(await tried(), 'unreachable')
    assert.equal(await tried(), 2)
    for (let n = 0; n < 8; n++) {
      now += 30_000
      assert.equal(await tried(), 'unreachable')
    }
    assert.equal(await tried(), 30)
  })

  it('is unreachable when it exits at once; failing together counts once', async () => {
    const now = 0
    const { upstream } = givenServer('', { args: ['-e', 'process.exit(1)'], now: () => now })

    const replies = await Promise.all([1, 2, 3].map(() => post(upstream, INITIALIZE).over()))
    const later = await post(upstream, INITIALIZE).over()

    assert.deepEqual(
      replies.map(({ failure }) => failure?.reason),
      ['unreachable', 'unreachable', 'unreachable'],
    )
    assert.deepEqual(later.failure?.reason === 'busy' && later.failure.retryAfter, 1)
  })

  it('is unreachable to the modern era too', async () => {
    const { upstream } = givenServer('', { command: '/no/such/program' })

    const reply = await post(upstream, modern(1, 'tools/list'), { era: 'modern' }).over()

    assert.equal(reply.failure?.reason, 'unreachable')
  })

  it('is a timeout when it says nothing, and the child is ended', async () => {
    const { upstream, log } = givenServer('silent.mjs', { startTimeoutMs: 100 })

    const reply = await post(upstream, INITIALIZE).over()

    assert.equal(reply.failure?.reason, 'timeout')
    await eventually('ended', () => log.some(({ message }) => message === 'stdio server ended'))
  })

  it('is free to start at once when it has been up', async () => {
    const { upstream, session } = await givenPuppet()
    for (let n = 0; n < 3; n++) {
      const died = await givenSession(upstream)
      await post(upstream, deed(1, 'exit', { code: 1 }), { session: died }).over()
    }

    assert.equal((await post(upstream, INITIALIZE).over()).status, 200)
    assert.equal((await post(upstream, deed(1, 'echo'), { session }).over()).status, 200)
  })
})
