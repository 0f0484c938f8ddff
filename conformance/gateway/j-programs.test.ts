import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Gate, startGate } from './harness/gate.ts'
import { type Answer, EventStream } from './harness/http.ts'
import { bearer, initialize, type Json, type Speaker, speak, textOf } from './harness/mcp.ts'
import { isAlive, memoryOf, until } from './harness/processes.ts'
import { afterEachOne, EVERY, LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'

const MIB = 1024 * 1024
const MODES = ['good', 'modern', 'refuses', 'silent', 'garbage'] as const

topic('J. Bad input: programs over stdio', () => {
  let gate: Gate
  let good: Speaker
  const journals = {} as Record<(typeof MODES)[number], Journal>
  const keys = {} as Record<string, string>

  setUp(async () => {
    for (const mode of MODES) journals[mode] = journaledProgram(mode)
    const programs = Object.entries(journals).map(([mode, { upstream }]) => [mode, { upstream, access: ['api-key'] }])
    gate = await startGate({
      stdio: { answerTimeout: '1500ms', maxPerPrincipal: 2, maxTotal: 12 },
      servers: {
        ...Object.fromEntries(programs),
        missing: { upstream: { command: '/no/such/INSIDE-KNOWLEDGE' }, access: ['api-key'] },
        forbidden: { upstream: { command: '/etc/passwd' }, access: ['api-key'] },
        steady: { upstream: journaledProgram().upstream, access: ['api-key'] },
      },
    })
    const names = [...MODES, 'missing', 'forbidden', 'steady']
    await Promise.all(
      names.map(async (name) => {
        keys[name] = (await gate.key(name)).key
      }),
    )
    good = await speak(gate.mcp('steady'), '2025-11-25', bearer(keys.steady as string))
  })
  tearDown(() => gate?.stop())

  afterEachOne(async () => {
    const startedAt = performance.now()
    assert.equal(textOf(await good.request('tools/call', { name: 'echo', arguments: {} })), 'echo: {}')
    assert.ok(performance.now() - startedAt < 1000, 'the gate goes on for the others')
  })

  const open = (name: string, revision: (typeof EVERY)[number] = '2025-11-25') =>
    speak(gate.mcp(name), revision, bearer(keys[name] as string))

  function assertFailed(answer: Answer): void {
    assert.ok(answer.status >= 500, answer.text)
    const { error } = answer.json() as { error: { data: Json } }
    assert.match(String(error.data.error), /^upstream_/)
    assert.doesNotMatch(answer.text, /INSIDE|ENOENT|EACCES|exited|\/work|\/etc/)
  }

  for (const name of ['refuses', 'missing', 'forbidden'] as const) {
    const what = { refuses: 'refuses to start', missing: 'does not exist', forbidden: 'may not be run' }[name]
    scenario(
      `a program that ${what}: an error at once, with nothing of the inside`,
      { for: 'input: a child that refuses to start', on: EVERY },
      async (revision) => {
        const startedAt = performance.now()
        const headers = bearer(keys[name] as string)
        const spoken =
          revision === MODERN
            ? await (await speak(gate.mcp(name), revision, headers)).request('tools/list')
            : await initialize(gate.mcp(name), revision, headers)

        assertFailed(spoken.answer)
        assert.ok(performance.now() - startedAt < 3000)
      },
    )
  }

  scenario(
    'a program that refuses to start is not started over and over',
    { for: 'restart with back-off' },
    async () => {
      const before = journals.refuses.starts()
      const headers = bearer(keys.refuses as string)
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => initialize(gate.mcp('refuses'), '2025-11-25', headers)),
      )

      for (const { status } of answers) assert.ok(status >= 500)
      assert.ok(journals.refuses.starts() - before < 10, `${journals.refuses.starts() - before} starts`)
      const patient = answers.filter(({ answer }) => answer.headers['retry-after'] !== undefined)
      assert.ok(patient.length > 0, 'who is held back is told when to come again')
    },
  )

  scenario('what it wrote to stderr is in the log, and only there', { for: 'stderr captured into the log' }, () => {
    assert.match(gate.log, /this program refuses to start: INSIDE-KNOWLEDGE/)
  })

  scenario(
    'a program that never answers: 504 when the time is up, for each',
    { for: 'input: a child that never answers' },
    async () => {
      const headers = bearer(keys.silent as string)
      const startedAt = performance.now()
      const answers = await Promise.all([1, 2].map(() => initialize(gate.mcp('silent'), '2025-11-25', headers)))
      for (const { answer } of answers) assertFailed(answer)
      assert.ok(performance.now() - startedAt < 4000)
    },
  )

  scenario(
    'a call that is not answered in time: 504, and the program is told that nobody waits',
    { for: 'input: a child that never answers', on: LEGACY },
    async (revision) => {
      const speaker = await open('good', revision)
      const { answer } = await speaker.request('tools/call', { name: 'wait', arguments: { ms: 8000 } })

      assert.equal(answer.status, 504, answer.text)
      assert.equal(((answer.json().error as Json).data as Json).error, 'upstream_timeout')
      await until('the program is told', () =>
        journals.good.lines().some((line) => line.includes('notifications/cancelled')),
      )
      assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
    },
  )

  scenario(
    'a call that its caller cancels is on record by how its answer ended, and so is the cancellation',
    { for: 'Record: outcome; TL-21', on: LEGACY },
    async (revision) => {
      const speaker = await open('good', revision)
      const cancel = async (id: string, accept: string): Promise<Json | undefined> => {
        const waiting = speaker.request(
          'tools/call',
          { name: 'wait', arguments: { ms: 1400 } },
          { id, headers: { accept } },
        )
        await until('the program has it', () => journals.good.lines().at(-1)?.includes('"wait"'))
        assert.equal((await speaker.notify('notifications/cancelled', { requestId: id })).status, 202)
        await waiting
        const [event] = await gate.audit('--server', 'good', '--tool', 'wait')
        return event
      }
      const streaming = await cancel('a', 'application/json, text/event-stream')
      const json = await cancel('b', 'application/json')
      const cancellations = await gate.audit('--server', 'good', '--method', 'notifications/cancelled')

      assert.deepEqual([streaming?.outcome, streaming?.status], ['answered', 200])
      assert.deepEqual([json?.outcome, json?.status], ['rpc_error', 200])
      assert.equal(cancellations.filter(({ session }) => session === json?.session).length, 2)
    },
  )

  scenario(
    'a program that prints garbage between its answers is understood all the same',
    { for: 'input: a child that prints garbage', on: LEGACY },
    async (revision) => {
      const speaker = await open('garbage', revision)
      for (let count = 0; count < 5; count++) {
        const spoken = await speaker.request('tools/call', { name: 'echo', arguments: { count } })
        assert.equal(textOf(spoken), `echo: {"count":${count}}`)
        assert.doesNotMatch(spoken.answer.text, /no message/)
      }
    },
  )

  scenario(
    'a program that dies in mid-call: 502, the session is gone, and the next one has a new program',
    { for: 'input: a child that dies in mid-call', on: LEGACY },
    async (revision) => {
      const speaker = await open('good', revision)
      const waiting = speaker.request('tools/call', { name: 'wait', arguments: { ms: 900 } })
      await pause(50)
      const died = await speaker.request('tools/call', { name: 'die' })
      assertFailed(died.answer)
      assertFailed((await waiting).answer)

      const after = await speaker.request('tools/list')
      assert.equal(after.status, 404, 'which tells a client to begin a new session')
      const next = await until('a new session', async () => {
        const { status } = await initialize(gate.mcp('good'), revision, bearer(keys.good as string))
        return status === 200 && open('good', revision)
      })
      assert.equal(textOf(await next.request('tools/call', { name: 'echo' })), 'echo: {}')
    },
  )

  scenario(
    'a program of the modern era that dies in mid-call: 502, and the next call has a new one',
    { for: 'input: a child that dies in mid-call', on: [MODERN] },
    async () => {
      const speaker = await open('modern', MODERN)
      assertFailed((await speaker.request('tools/call', { name: 'die' })).answer)
      const spoken = await until('a new program', async () => {
        const each = await speaker.request('tools/call', { name: 'echo' })
        return each.status === 200 && each
      })
      assert.equal(textOf(spoken), 'echo: {}')
    },
  )

  scenario(
    'a program that dies when its answer has begun: the stream ends in good order with the error, and the record says what happened',
    { for: 'input: a child that dies in mid-call; Record: outcome', on: EVERY },
    async (revision) => {
      const name = revision === MODERN ? 'modern' : 'good'
      const speaker = await open(name, revision)
      const params = { name: 'progress', arguments: { steps: 1000 }, _meta: { progressToken: revision } }
      const stream = await speaker.stream('tools/call', params)
      await until('its answer has begun', () => stream.messages.length > 0)
      assertFailed((await speaker.request('tools/call', { name: 'die' })).answer)
      await stream.ended()

      assert.ok(stream.isWhole)
      const { error } = stream.messages.at(-1) as { error: { data: Json } }
      assert.equal(error.data.error, 'upstream_broken')
      const [event] = await gate.audit('--server', name, '--tool', 'progress')
      assert.deepEqual([event?.outcome, event?.reason, event?.status], ['upstream_failed', 'upstream_broken', 200])
      const told = gate.logLines.find((line) => line.event === event?.id)
      assert.match(String(told?.detail), /exited with code 7/)
    },
  )

  scenario(
    'a program that floods is held back while its caller does not read, and the others are served',
    { for: 'input: a child that floods' },
    async () => {
      const speaker = await open('good')
      const before = memoryOf(gate.pid)
      const flood = { name: 'flood', arguments: { lines: 400_000 } }
      const stream = await speaker.stream('tools/call', flood)
      await until('it floods', () => stream.messages.length > 100)
      stream.pause()
      await pause(1000)
      const grown = memoryOf(gate.pid) - before

      assert.ok(grown < 80 * MIB, `memory grew by ${grown / MIB} MiB`)
      assert.equal(textOf(await good.request('tools/call', { name: 'echo', arguments: {} })), 'echo: {}')
      stream.close()
    },
  )

  scenario('a flood that is read comes through whole', { for: 'input: a child that floods' }, async () => {
    const speaker = await open('good')
    const stream = await speaker.stream('tools/call', { name: 'flood', arguments: { lines: 20_000 } })
    await stream.ended(20_000)

    assert.ok(stream.isWhole)
    assert.equal(stream.messages.length, 20_001)
    assert.deepEqual(stream.messages[19_999]?.params, { level: 'info', data: 'flood 19999' })
  })

  scenario(
    'a program that reads no more holds no memory, and its callers get their error',
    { for: 'input: a child that never answers', on: LEGACY.slice(-1) },
    async (revision) => {
      const { key } = await gate.key('good')
      const speaker = await speak(gate.mcp('good'), revision, bearer(key))
      assert.equal(textOf(await speaker.request('tools/call', { name: 'deafen' })), 'deaf')
      const large = { name: 'echo', arguments: { x: 'x'.repeat(3 * MIB) } }
      const round = async (): Promise<number> => {
        const spoken = await Promise.all(Array.from({ length: 15 }, () => speaker.request('tools/call', large)))
        for (const { answer } of spoken) assertFailed(answer)
        return memoryOf(gate.pid)
      }
      // What a round leaves to be collected is there after the first one; what was held would add up.
      const first = await round()
      await round()
      const grown = (await round()) - first
      assert.ok(grown < 150 * MIB, `memory grew by ${grown / MIB} MiB`)
    },
  )

  scenario('a program sees no variable of the gate’s, and no key', { for: 'GW-52' }, async () => {
    const speaker = await open('good')
    const environment = JSON.parse(textOf(await speaker.request('tools/call', { name: 'environment' })))
    const names = Object.keys(environment).filter((name) => !['PATH', 'HOME', 'LANG', 'TMPDIR'].includes(name))
    assert.deepEqual(names, [])
    for (const line of journals.good.lines()) assert.doesNotMatch(line, /pcls_|authorization/i)
  })

  scenario('a long line on stderr is cut in the log', { for: 'stderr captured into the log' }, async () => {
    const speaker = await open('good')
    await speaker.request('tools/call', { name: 'leak' })
    const line = await until('the line is logged', () =>
      gate.logLines.find(({ text }) => String(text).startsWith('xxx')),
    )
    assert.ok(String(line.text).length < 10_000)
  })

  scenario(
    'a caller’s programs are few, and the one too many is told when to come again',
    { for: 'at most 4 per principal; 503 with Retry-After', on: LEGACY },
    async (revision) => {
      const { key } = await gate.key('good')
      const first = await speak(gate.mcp('good'), revision, bearer(key))
      const second = await speak(gate.mcp('good'), revision, bearer(key))
      const busy = [first, second].map((speaker) =>
        speaker.request('tools/call', { name: 'wait', arguments: { ms: 600 } }),
      )
      await pause(100)
      const refused = await initialize(gate.mcp('good'), revision, bearer(key))

      assert.equal(refused.status, 503)
      assert.match(refused.answer.headers['retry-after'] ?? '', /^\d+$/)
      for (const each of busy) assert.equal(textOf(await each), 'waited')

      // When one is idle, it makes way
      const third = await initialize(gate.mcp('good'), revision, bearer(key))
      assert.equal(third.status, 200, third.answer.text)
    },
  )

  scenario('a program is one principal’s alone', { for: 'GW-50' }, async () => {
    const [one, other] = await Promise.all([gate.key('modern'), gate.key('modern')])
    const before = journals.modern.starts()
    for (const { key } of [one, other, one]) {
      const speaker = await speak(gate.mcp('modern'), MODERN, bearer(key))
      await speaker.request('tools/call', { name: 'echo' })
    }
    assert.equal(journals.modern.starts() - before, 2)
  })

  scenario(
    'who leaves a call in the middle has not called it off: the program finishes, and the session goes on',
    { for: 'TL-21, GW-39', on: LEGACY },
    async (revision) => {
      const { key } = await gate.key('good')
      const speaker = await speak(gate.mcp('good'), revision, bearer(key))
      const before = journals.good.lines().length
      const stream = await speaker.stream('tools/call', {
        name: 'progress',
        _meta: { progressToken: 1 },
        arguments: { steps: 5 },
      })
      await stream.message('progress', ({ method }) => method === 'notifications/progress')
      stream.close()
      await pause(400)

      assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
      assert.ok(
        !journals.good
          .lines()
          .slice(before)
          .some((line) => line.includes('cancelled')),
      )
    },
  )

  scenario(
    'DELETE ends the program of a session',
    { for: 'one child per principal and session; TL-14', on: LEGACY },
    async (revision) => {
      const { key } = await gate.key('good')
      const speaker = await speak(gate.mcp('good'), revision, bearer(key))
      const pid = Number(
        journals.good
          .lines()
          .findLast((line) => line.startsWith('start '))
          ?.slice(6),
      )
      assert.ok(isAlive(pid))
      const ended = await EventStream.open(gate.mcp('good'), { method: 'DELETE', headers: speaker.headers })

      assert.ok(ended.status < 300)
      await until('the program ends', () => !isAlive(pid))
      assert.equal((await speaker.request('tools/list')).status, 404)
    },
  )
})
