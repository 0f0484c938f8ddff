import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { type Gate, launch, portcullis } from './harness/gate.ts'
import { send } from './harness/http.ts'
import { bearer, envelope, type Json, mirrored, postFields, speak, textOf } from './harness/mcp.ts'
import { startPair, stop } from './harness/pair.ts'
import { childrenOf, isAlive, until } from './harness/processes.ts'
import { MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import type { Journal } from './harness/upstreams.ts'
import type { Witness } from './servers/witness.ts'

const WORKERS = 16

topic('K. The record: when the gate is killed', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal

  setUp(async () => {
    // Small files, so that a kill meets one that was just begun, too.
    ;({ gate, witness, journal } = await startPair({ settings: { record: { segmentBytes: '16KiB' } } }))
  })
  tearDown(() => stop(gate, witness))

  /** What the record says while no gate runs. */
  async function auditAfterwards(...filter: readonly string[]): Promise<Json[]> {
    const { code, stdout, stderr } = await portcullis([
      ...['audit', 'query', '--config', gate.configFile, '--json', '--limit', '10000'],
      ...filter,
    ])
    assert.equal(code, 0, stderr)
    return (JSON.parse(stdout) as { events: Json[] }).events
  }

  async function killed(): Promise<void> {
    const programs = gate.programs
    await gate.kill()
    // Their input ends with the gate, and so do they.
    await until('its programs end', () => programs.every((pid) => !isAlive(pid)))
  }

  scenario(
    'kill -9 in the middle of a call: it is on record, before and after the next start, and its outcome is unknown',
    { for: 'Record: kill -9 loses no event', on: ['2025-11-25', MODERN] },
    async (revision) => {
      // Given a call that the server behind has begun, and one that it has answered
      const made = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(made.key))
      await speaker.request('tools/call', { name: 'echo', arguments: {} })
      const running = speaker.request('tools/call', { name: 'hold', arguments: {} }).catch(() => 'broken off')
      await until('the server has it', () => witness.asked('hold').length > 0)
      const [open] = await gate.audit('--key', made.id, '--tool', 'hold')

      // When the gate is killed
      await killed()
      assert.equal(await running, 'broken off')

      // Then the record is whole without it, and with the next
      const found = async (look: (...filter: string[]) => Promise<Json[]>): Promise<unknown[]> => {
        const events = await look('--key', made.id, '--method', 'tools/call')
        return events.map(({ name, decision, outcome }) => [name, decision, outcome])
      }
      const whole = [
        ['hold', 'allowed', 'unknown'],
        ['echo', 'allowed', 'answered'],
      ]
      assert.equal(open?.outcome, 'open')
      assert.deepEqual(await found(auditAfterwards), whole)
      gate = await launch(gate.directory)
      assert.deepEqual(await found((...filter) => gate.audit(...filter)), whole)
      const unknown = await gate.audit('--key', made.id, '--outcome', 'unknown')
      assert.deepEqual(
        unknown.map(({ id }) => id),
        [open?.id],
      )
      witness.forget()
    },
  )

  scenario('the same over stdio, and the program ends too', { for: 'Record: kill -9 loses no event' }, async () => {
    const made = await gate.key('stdio')
    const speaker = await speak(gate.mcp('stdio'), '2025-11-25', bearer(made.key))
    const running = speaker.request('tools/call', { name: 'wait', arguments: { ms: 1500 } }).catch(() => 'broken off')
    await until('the program has it', () => journal.lines().some((line) => line.includes('"wait"')))
    const [program] = childrenOf(gate.pid)
    await killed()

    assert.equal(await running, 'broken off')
    assert.equal(isAlive(program as number), false)
    const [event] = await auditAfterwards('--key', made.id, '--tool', 'wait')
    assert.equal(event?.outcome, 'unknown')
    gate = await launch(gate.directory)
  })

  scenario(
    'kill -9 under load, three times: every call that a server has heard is on record, once, and what was answered is answered',
    { for: 'Record: kill -9 loses no event of a call that reached the upstream', timeout: 60_000 },
    async () => {
      const made = await gate.key('http')
      witness.forget()
      const answered = new Set<string>()
      let count = 0
      for (const ms of [150, 350, 600]) {
        const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
        const url = gate.mcp('http')
        const ask = async (): Promise<void> => {
          const params = { name: `tool-${++count}`, arguments: {} }
          const message = { jsonrpc: '2.0', id: count, method: 'tools/call', params: { ...params, _meta: envelope() } }
          const fields = { ...bearer(made.key), ...mirrored('tools/call', params) }
          const answer = await send(url, { headers: postFields(fields), body: JSON.stringify(message), agent })
          assert.equal(answer.status, 200, answer.text)
          answered.add(params.name)
        }
        const work = async (): Promise<void> => {
          for (;;) await ask()
        }
        const workers = Array.from({ length: WORKERS }, () => work().catch((error: Error) => error))
        await new Promise((resolve) => setTimeout(resolve, ms))
        await killed()
        for (const error of await Promise.all(workers)) assert.equal((error as NodeJS.ErrnoException).name, 'Error')
        agent.destroy()
        gate = await launch(gate.directory)
      }

      const heard = witness.heard.map(({ body }) => (JSON.parse(body) as { params: { name: string } }).params.name)
      const events = await gate.audit('--key', made.id, '--method', 'tools/call', '--limit', '10000')
      const outcomes = new Map(events.map(({ name, outcome }) => [String(name), String(outcome)]))
      assert.ok(heard.length > 100 && heard.length < 10_000, `${heard.length} calls`)
      assert.equal(outcomes.size, events.length, 'each once')
      assert.deepEqual(
        heard.filter((name) => !outcomes.has(name)),
        [],
      )
      assert.deepEqual(
        [...answered].filter((name) => outcomes.get(name) !== 'answered'),
        [],
      )
      for (const outcome of outcomes.values()) assert.match(outcome, /^(answered|unknown)$/)
    },
  )

  scenario(
    'sessions with servers over HTTP outlive a kill, those with programs do not',
    { for: 'TL-13', on: ['2025-11-25'] },
    async () => {
      const [overHttp, overStdio] = await Promise.all(
        ['http', 'stdio'].map(async (server) =>
          speak(gate.mcp(server), '2025-11-25', bearer((await gate.key(server)).key)),
        ),
      )
      await killed()
      gate = await launch(gate.directory)

      assert.equal(
        textOf(await (overHttp as NonNullable<typeof overHttp>).request('tools/call', { name: 'echo' })),
        'echo: {}',
      )
      assert.equal((await (overStdio as NonNullable<typeof overStdio>).request('tools/list')).status, 404)
    },
  )
})
