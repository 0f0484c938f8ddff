import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Config, type Gate, givenConfig, type Issued, launch, startGate } from './harness/gate.ts'
import { EventStream, send } from './harness/http.ts'
import { bearer, errorOf, initialize, type Json, postFields, speak, textOf } from './harness/mcp.ts'
import { isAlive, until } from './harness/processes.ts'
import { canMount, commandBeside, empty, fill, withSmallDisk } from './harness/small-disk.ts'
import { EVERY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const skip = !canMount() && 'a file system cannot be mounted here'

topic('J. Bad surroundings: a full disk', () => {
  let witness: Witness
  let journal: Journal

  setUp(async () => {
    witness = await Witness.start()
    journal = journaledProgram()
  })
  tearDown(() => witness?.close())

  async function onSmallDisk(further: Partial<Config> = {}): Promise<{ gate: Gate; key: string; state: string }> {
    const config = {
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        stdio: { upstream: journal.upstream, access: ['api-key'] },
      },
      ...further,
    }
    const directory = await givenConfig(config)
    const state = join(directory, 'state')
    const gate = await launch(directory, { through: withSmallDisk(state) })
    const made = await commandBeside(gate, 'keys', 'create', '--server', 'http', '--name', 'x', '--json')
    assert.equal(made.code, 0, made.stderr)
    return { gate, key: (JSON.parse(made.stdout) as Issued).key, state }
  }

  scenario(
    'while nothing can be recorded calls are refused, and the server behind hears nothing; when there is room they are taken again',
    { for: 'input: a full disk; Record: 503', skip, timeout: 60_000 },
    async () => {
      const { gate, key, state } = await onSmallDisk()
      const speakers = await Promise.all(EVERY.map((revision) => speak(gate.mcp('http'), revision, bearer(key))))
      await fill(gate, state)
      // The last page of a file still has room for a few lines.
      await until('nothing can be recorded', async () => (await speakers[0]?.request('ping'))?.status === 503)
      witness.forget()
      for (const speaker of speakers) {
        const spoken = await speaker.request('tools/call', { name: 'echo' })
        assert.equal(spoken.status, 503, spoken.answer.text)
        assert.equal((errorOf(spoken).data as Json).error, 'record_unavailable')
        assert.match(spoken.answer.headers['retry-after'] ?? '', /^\d+$/)
      }
      const opening = await initialize(gate.mcp('http'), '2025-11-25', bearer(key))
      const stranger = await initialize(gate.mcp('http'), '2025-11-25', {})

      assert.equal(opening.status, 503)
      assert.equal(stranger.status, 401, 'who has no key learns nothing of it')
      assert.equal(witness.heard.length, 0)
      assert.equal((await send(`${gate.url}/healthz`, { method: 'GET' })).status, 200)

      empty(gate, state)
      for (const speaker of speakers) {
        const spoken = await until('calls are taken', async () => {
          const each = await speaker.request('tools/call', { name: 'echo' })
          return each.status === 200 && each
        })
        assert.equal(textOf(spoken), 'echo: {}')
      }
      assert.equal((await gate.stop()).code, 0)
    },
  )

  scenario(
    'an answer whose outcome cannot be recorded is not given',
    { for: 'input: a full disk; Record: before its answer ends', skip, on: ['2025-11-25', MODERN] },
    async (revision) => {
      const { gate, key, state } = await onSmallDisk()
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      const call = { name: 'wait', arguments: { ms: 1500 } }
      const waiting = Array.from({ length: 20 }, () => speaker.request('tools/call', call))
      await until('the calls are on their way', () => witness.asked('wait').length === 20)
      await fill(gate, state)
      await until('nothing can be recorded', async () => (await speaker.request('tools/list')).status === 503)
      const spoken = await Promise.all(waiting)
      witness.forget()

      // The last page of the file may take the endings of some; who got an answer has one on record.
      const answered = spoken.filter(({ status }) => status === 200)
      for (const { status, answer } of spoken.filter((each) => !answered.includes(each))) {
        assert.equal(status, 503)
        assert.doesNotMatch(answer.text, /wait:/)
      }
      assert.ok(answered.length < 20)
      empty(gate, state)
      const query = await commandBeside(gate, 'audit', 'query', '--tool', 'wait', '--outcome', 'answered', '--json')
      assert.equal(JSON.parse(query.stdout).events.length, answered.length)
      assert.equal((await gate.stop()).code, 0)
    },
  )

  scenario(
    'with dangerouslyServeUnrecorded calls go on, sessions too, and every start warns',
    { for: 'dangerouslyServeUnrecorded', skip, timeout: 60_000 },
    async () => {
      const { gate, key, state } = await onSmallDisk({ dangerouslyServeUnrecorded: true })
      const before = await speak(gate.mcp('http'), '2025-11-25', bearer(key))
      await fill(gate, state)
      const called = await before.request('tools/call', { name: 'echo' })
      const speakers = await Promise.all(EVERY.map((revision) => speak(gate.mcp('http'), revision, bearer(key))))

      assert.equal(textOf(called), 'echo: {}')
      for (const speaker of speakers)
        assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
      const ended = await EventStream.open(gate.mcp('http'), { method: 'DELETE', headers: before.headers })
      assert.ok(ended.status < 300, String(ended.status))
      assert.match(gate.log, /dangerouslyServeUnrecorded/)
      assert.equal((await gate.stop()).code, 0)
    },
  )
})

topic('J. Bad surroundings: a log that nobody reads', () => {
  let witness: Witness
  setUp(async () => {
    witness = await Witness.start()
  })
  tearDown(() => witness?.close())

  for (const [what, readsLog] of [
    ['is not read', false],
    ['is closed', true],
  ] as const) {
    scenario(
      `a log pipe that ${what}: calls go on as fast as before, and the gate ends as it should`,
      { for: 'input: a log pipe that stalls; stderr lines never block', timeout: 60_000 },
      async () => {
        const gate = await startGate(
          {
            record: { stderr: true },
            log: { level: 'trace' },
            servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } },
          },
          { readsLog },
        )
        const { key } = await gate.key('http')
        if (readsLog) gate.launcher.stderr?.destroy()
        const agent = new Agent({ keepAlive: true, maxSockets: 8 })
        const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } }
        const question = { headers: postFields(bearer(key)), body: JSON.stringify(call), agent }
        const times: number[] = []
        for (let round = 0; round < 500; round++) {
          const answers = await Promise.all(Array.from({ length: 8 }, () => send(gate.mcp('http'), question)))
          for (const { status, ms } of answers) {
            assert.equal(status, 200)
            times.push(ms)
          }
        }
        agent.destroy()
        times.sort((a, b) => a - b)
        const [half, most] = [times[times.length >> 1] as number, times.at(-1) as number]

        assert.ok(half < 50 && most < 1500, `half within ${half} ms, all within ${most} ms`)
        const { pid } = gate
        assert.equal((await gate.stop()).code, 0)
        await until('it is gone', () => !isAlive(pid))
        witness.forget()
        await pause(0)
      },
    )
  }
})
