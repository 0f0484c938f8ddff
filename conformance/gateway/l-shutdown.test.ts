import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Gate, launch, startGate } from './harness/gate.ts'
import { EventStream, Wire } from './harness/http.ts'
import { bearer, type Speaker, speak, textOf } from './harness/mcp.ts'
import { isAlive, until } from './harness/processes.ts'
import { MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { fixtureProgram, journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

/** How long calls may take when the gate ends, in milliseconds (docs/running.md). */
const DRAIN_MS = 10_000

topic('L. Outside: the end', () => {
  let witness: Witness

  setUp(async () => {
    witness = await Witness.start()
  })
  tearDown(() => witness?.close())

  async function given(): Promise<{
    gate: Gate
    open(server: string, revision?: '2025-11-25' | typeof MODERN): Promise<Speaker>
  }> {
    const upstreams = { http: { url: witness.url() }, stdio: journaledProgram().upstream, both: fixtureProgram() }
    const servers = Object.entries(upstreams).map(([name, upstream]) => [name, { upstream, access: ['api-key'] }])
    const gate = await startGate({ servers: Object.fromEntries(servers) })
    return {
      gate,
      open: async (server, revision = '2025-11-25') =>
        speak(gate.mcp(server), revision, bearer((await gate.key(server)).key)),
    }
  }

  scenario(
    'SIGTERM during calls: their answers still arrive, streams end, nobody new comes in, and all of it is on record',
    { for: 'Outside: graceful shutdown that drains', timeout: 40_000 },
    async () => {
      // Given calls of one second over HTTP and stdio, in both eras, and streams that have no end
      const { gate, open } = await given()
      const [overHttp, modern, overStdio, listener] = await Promise.all([
        open('http'),
        open('http', MODERN),
        open('stdio'),
        open('both', MODERN),
      ])
      const wait = { name: 'wait', arguments: { ms: 1000 } }
      const get = await EventStream.open(overHttp.url, { method: 'GET', headers: overHttp.headers })
      const listening = await listener.stream('subscriptions/listen', { notifications: { toolsListChanged: true } })
      await listening.message('it listens', ({ method }) => String(method).endsWith('/acknowledged'))
      const calls = [overHttp, modern, overStdio].map((speaker) => speaker.request('tools/call', wait))
      await pause(200)
      const { pid, programs, port } = gate

      // When it is asked to end
      const startedAt = performance.now()
      const stopped = gate.stop()
      await Promise.all([get.ended(800), listening.ended(800)])
      await assert.rejects(Wire.open(port), { code: 'ECONNREFUSED' })

      // Then nobody has lost anything
      for (const call of calls) assert.match(textOf(await call), /wait/)
      assert.deepEqual(await stopped, { code: 0, signal: null })
      assert.ok(performance.now() - startedAt < 4000, `${performance.now() - startedAt} ms`)
      for (const each of [pid, ...programs]) assert.equal(isAlive(each), false)
      const events = await gate.audit()
      const called = events.filter(({ name }) => name === 'wait').map(({ outcome }) => outcome)
      assert.deepEqual(called, ['answered', 'answered', 'answered'])
      assert.equal(events.filter(({ outcome }) => outcome === 'open' || outcome === 'unknown').length, 0)
      assert.equal(events[0]?.type, 'gate.stopped')
    },
  )

  scenario(
    'a call that has no end is cut when the time is up, and is on record',
    { for: 'Outside: graceful shutdown, within bounds', timeout: 40_000 },
    async () => {
      const { gate, open } = await given()
      const speaker = await open('http')
      const before = witness.held.length
      const endless = speaker.request('tools/call', { name: 'hold' }).catch(() => 'cut')
      await until('the server has it', () => witness.held.length > before)
      const startedAt = performance.now()
      const stopped = await gate.stop()
      const took = performance.now() - startedAt

      assert.deepEqual(stopped, { code: 0, signal: null })
      assert.ok(took > DRAIN_MS - 500 && took < DRAIN_MS + 3000, `${took} ms`)
      assert.equal(await endless, 'cut')
      const [event] = await gate.audit('--tool', 'hold')
      assert.equal(event?.outcome, 'left')
      assert.doesNotMatch(gate.log, /upstream failed/, 'which is no fault of the server')
    },
  )

  scenario(
    'a second signal ends it at once, and the record says what it can',
    { for: 'Outside: graceful shutdown, within bounds' },
    async () => {
      const { gate, open } = await given()
      const speaker = await open('http')
      const before = witness.held.length
      const endless = speaker.request('tools/call', { name: 'hold' }).catch(() => 'cut')
      await until('the server has it', () => witness.held.length > before)
      const { pid } = gate
      process.kill(pid, 'SIGTERM')
      await pause(800)
      assert.ok(isAlive(pid))
      process.kill(pid, 'SIGTERM')
      await until('it has ended', () => !isAlive(pid), 1000)

      assert.equal(await endless, 'cut')
      const again = await launch(gate.directory)
      const [event] = await again.audit('--tool', 'hold')
      assert.match(String(event?.outcome), /^(left|unknown)$/)
      await again.stop()
    },
  )

  scenario(
    'an idle gate with idle connections ends at once',
    { for: 'Outside: graceful shutdown, within bounds' },
    async () => {
      const { gate } = await given()
      const wires = await Promise.all(Array.from({ length: 20 }, () => Wire.open(gate.port)))
      wires[0]?.write(`GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\n\r\n`)
      await wires[0]?.status()
      const startedAt = performance.now()
      await gate.stop()
      assert.ok(performance.now() - startedAt < 2000, `${performance.now() - startedAt} ms`)
      for (const wire of wires) await wire.closed(500)
    },
  )
})
