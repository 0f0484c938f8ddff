import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Config, type Gate, startGate } from './harness/gate.ts'
import { Wire } from './harness/http.ts'
import { bearer, envelope, type Json, mirrored, postFields, type Speaker, speak, textOf } from './harness/mcp.ts'
import { childrenOf, until } from './harness/processes.ts'
import { scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { fixtureProgram, journaledProgram } from './harness/upstreams.ts'
import { MISDEEDS, type MisdeedName, Nasty } from './servers/nasty.ts'
import { Witness } from './servers/witness.ts'

const CALLERS = 24
const LASTS_MS = 8000
const METHODS = ['tools/call', 'tools/list', 'initialize', 'subscriptions/listen', 'ping', 'server/discover']
const TOOLS = [
  'echo',
  'hold',
  'progress',
  'ask',
  'wait',
  'die',
  'flood',
  'test_tool_with_progress',
  'test_reconnection',
]

/** Numbers that look random and are the same in each run. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

topic('J. Bad input: a crowd', () => {
  let gate: Gate
  let witness: Witness
  let nasty: Nasty
  let good: Speaker
  let names: string[]

  setUp(async () => {
    ;[witness, nasty] = await Promise.all([Witness.start(), Nasty.start()])
    const servers: Config['servers'] = {
      json: { upstream: { url: witness.url() }, access: ['public'] },
      events: { upstream: { url: witness.url('/streaming') }, access: ['public'] },
      program: { upstream: journaledProgram().upstream, access: ['public'] },
      modern: { upstream: journaledProgram('modern').upstream, access: ['public'] },
      fixture: { upstream: fixtureProgram(), access: ['public'] },
    }
    for (const [index, misdeed] of (Object.keys(MISDEEDS) as MisdeedName[]).entries()) {
      servers[`nasty-${index}`] = { upstream: { url: nasty.url(misdeed) }, access: ['public'] }
    }
    names = Object.keys(servers)
    servers.good = { upstream: { url: witness.url() }, access: ['api-key'] }
    gate = await startGate({
      limits: { upstreamHeadersTimeout: '500ms', eventBytes: '1MiB', headersTimeout: '2s' },
      stdio: { maxTotal: 8, maxPerPrincipal: 4, answerTimeout: '1s', idle: '500ms' },
      servers,
    })
    good = await speak(gate.mcp('good'), '2025-11-25', bearer((await gate.key('good')).key))
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
    nasty?.close()
  })

  /** What somebody might send, whole, repeated, or cut off anywhere. */
  function words(roll: (sides: number) => number): string {
    const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T
    const [server, method] = [pick(names), pick(METHODS)]
    const isModern = roll(2) === 0
    const params: Json = {
      ...(method === 'tools/call' ? { name: pick(TOOLS), arguments: { ms: 300, lines: 2000 } } : {}),
      ...(method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
        : {}),
      ...(isModern ? { _meta: envelope() } : {}),
    }
    const body = roll(8) === 0 ? '' : JSON.stringify({ jsonrpc: '2.0', id: roll(4), method, params })
    const fields = {
      ...postFields(),
      ...(isModern ? mirrored(method, params) : {}),
      'content-length': String(body.length),
    }
    const verb = body === '' ? pick(['GET', 'DELETE', 'OPTIONS']) : 'POST'
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
    const text = [`${verb} /${server}/mcp HTTP/1.1`, `Host: 127.0.0.1:${gate.port}`, ...lines, '', body].join('\r\n')
    return roll(6) === 0 ? text.slice(0, roll(text.length)) : text.repeat(1 + roll(3))
  }

  scenario(
    'callers who come, say anything and leave at any moment harm nobody else',
    { for: 'the gate goes on for the others', timeout: 60_000 },
    async () => {
      const end = performance.now() + LASTS_MS
      let count = 0
      const caller = async (seed: number): Promise<void> => {
        const roll = dice(seed)
        while (performance.now() < end) {
          count++
          const wire = await Wire.open(gate.port)
          wire.write(words(roll))
          if (roll(3) === 0) wire.socket.pause()
          await pause(roll(400))
          if (roll(2) === 0) wire.socket.resetAndDestroy()
          else wire.close()
        }
      }
      const crowd = Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index + 1)))
      const times: number[] = []
      while (performance.now() < end) {
        const startedAt = performance.now()
        assert.equal(textOf(await good.request('tools/call', { name: 'echo', arguments: {} })), 'echo: {}')
        times.push(performance.now() - startedAt)
        await pause(20)
      }
      await crowd
      times.sort((a, b) => a - b)

      assert.ok(count > 200, `${count} callers came`)
      assert.ok((times[times.length >> 1] as number) < 200, `half of the answers within ${times[times.length >> 1]} ms`)
      await until('its programs end when nobody needs them', () => childrenOf(gate.pid).length === 0, 10_000)
      assert.ok(!gate.logLines.some(({ level }) => Number(level) >= 60))
      assert.doesNotMatch(gate.log, /Unhandled|Uncaught|TypeError|RangeError|ERR_HTTP|ERR_STREAM|could not be served/)
    },
  )
})
