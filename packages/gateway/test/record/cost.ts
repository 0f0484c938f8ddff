/**
 * What the record costs, in microseconds, on this machine: `node tools/pinned.mjs packages/gateway/test/record/cost.ts`.
 * No test: numbers of one machine prove nothing on another.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Ending, Intent } from '@portcullis/auth/events'
import { countStrangers, eventIds, networkOf } from '@portcullis/auth/events'
import { prepareAuditDatabase, sqliteAudit } from '@portcullis/auth/store'
import { openIntake } from '../../src/record/intake.ts'
import { watchWriters } from '../../src/record/life.ts'
import { endingLine, intentLine, readLine } from '../../src/record/lines.ts'
import { openSpool } from '../../src/record/spool.ts'

const newId = eventIds('abc123')
const intent = (): Intent => ({
  type: 'request',
  id: newId(Date.now()),
  at: Date.now(),
  server: 'everything',
  tenant: undefined,
  principal: { kind: 'api-key', subject: 'claude-desktop', clientId: 'claude-desktop', credentialId: 'k3v9x0a7b2c4' },
  peer: '192.0.2.17',
  verb: 'POST',
  era: 'legacy',
  method: 'tools/call',
  name: 'get_weather',
  session: '0123abcd',
  decision: 'allowed',
  reason: undefined,
})
const ending: Ending = { outcome: 'answered', status: 200, durationMs: 12.3456, reason: undefined }

let sink = 0
function measure(title: string, times: number, work: () => void): void {
  for (let round = 0; round < times / 10; round++) work()
  const runs = Array.from({ length: 5 }, () => {
    const start = performance.now()
    for (let round = 0; round < times; round++) work()
    return ((performance.now() - start) / times) * 1000
  }).sort((a, b) => a - b)
  print(title, runs[2] as number)
}

function print(title: string, us: number): void {
  process.stdout.write(`${title.padEnd(44)} ${us.toFixed(2)} µs\n`)
}

/** Appends `perTurn` lines in each turn until `total` are acknowledged. */
async function appendInTurns(directory: string, perTurn: number, total: number): Promise<number> {
  const spool = openSpool({ directory })
  const start = performance.now()
  for (let done = 0; done < total; done += perTurn) {
    await new Promise<void>((resolve) => {
      let waiting = perTurn
      for (let line = 0; line < perTurn; line++) {
        spool.append(intentLine(intent()), () => --waiting === 0 && resolve())
      }
    })
  }
  const us = ((performance.now() - start) / total) * 1000
  spool.close()
  return us
}

const line = intentLine(intent())
process.stdout.write(`an intent has ${line.length} bytes\n`)
measure('id', 200_000, () => {
  sink += newId(Date.now()).length
})
measure('intent line, id included', 200_000, () => {
  sink += Buffer.byteLength(intentLine(intent()))
})
measure('ending line', 200_000, () => {
  sink += Buffer.byteLength(endingLine('0mabcdefgabc1230001', ending))
})
measure('JSON.stringify of an intent, to compare', 200_000, () => {
  sink += Buffer.byteLength(JSON.stringify(intent()))
})
measure('reading a line', 100_000, () => {
  sink += readLine(line) === undefined ? 0 : 1
})
measure('network of an IPv4 address', 200_000, () => {
  sink += networkOf('192.0.2.17')?.length ?? 0
})
measure('network of an IPv6 address', 100_000, () => {
  sink += networkOf('2001:db8:1:2::17')?.length ?? 0
})
const strangers = countStrangers()
measure('counting a refusal', 200_000, () => {
  strangers.count({ peer: '192.0.2.17', reason: 'credential_missing', server: 'files' }, 1)
})

const directory = mkdtempSync(join(tmpdir(), 'portcullis-cost-'))
for (const perTurn of [1, 8, 32, 128]) {
  await appendInTurns(directory, perTurn, 20_000)
  print(`line and append, ${perTurn} in a turn`, await appendInTurns(directory, perTurn, 60_000))
}

/** Takes in what some clients' calls have left, in batches as the gate does it. */
async function takeIn(clients: number, maxLines: number): Promise<void> {
  const spoolDirectory = join(directory, `spool-${clients}-${maxLines}`)
  const spool = openSpool({ directory: spoolDirectory })
  const calls = 20_000
  for (let call = 0; call < calls; call++) {
    const who = `client-${(call * 7919) % clients}`
    const facts = { ...intent(), principal: { kind: 'api-key', subject: who, clientId: who, credentialId: `k-${who}` } }
    spool.append(intentLine(facts), () => {})
    spool.append(endingLine(facts.id, ending), () => {})
    if (call % 100 === 0) await new Promise(setImmediate)
  }
  await new Promise(setImmediate)
  const db = new DatabaseSync(join(directory, `${clients}-${maxLines}.db`))
  prepareAuditDatabase(db)
  const log = { info() {}, warn() {}, error() {} }
  const intake = openIntake({ directory: spoolDirectory, store: sqliteAudit(db), writers: watchWriters(), log })
  const took: number[] = []
  for (let more = true; more; ) {
    const start = performance.now()
    more = await intake.step(maxLines)
    took.push(performance.now() - start)
  }
  const total = took.reduce((sum, each) => sum + each)
  took.sort((a, b) => a - b)
  const [p50, p99] = [0.5, 0.99].map((share) => (took[Math.floor(took.length * share)] as number).toFixed(2))
  print(`taking in a call of ${clients} clients, ${maxLines} lines at once`, (total / calls) * 1000)
  process.stdout.write(`    a batch: p50 ${p50} ms, p99 ${p99} ms, longest ${took.at(-1)?.toFixed(2)} ms\n`)
  spool.close()
  db.close()
}
for (const clients of [5, 200]) for (const maxLines of [50, 100, 200]) await takeIn(clients, maxLines)
rmSync(directory, { recursive: true })
if (sink === 0) process.exitCode = 1
