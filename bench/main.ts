/**
 * Measures the gate against its peers.
 *
 *   npm run bench -- [--json] [--only PREFIX] [--rounds N] [--seconds S] [--soak S] [--write]
 *
 * --json     the results as one JSON object on stdout; the table for people is on stderr in any case
 * --only     only results whose id begins so, as `gateway.p99`; where none does, the ids are listed
 * --rounds   1 to 50, default 5        --seconds  length of one burst, 0.5 to 60, default 3
 * --soak     seconds of `guard.soak`, 10 to 3600, default 60; its goal is meant for 600
 * --write    write docs/benchmarks.md from the results
 *
 * Exit code 0 when every goal was met, 1 when one was missed or could not be measured (or not on so busy a machine),
 * 2 when used wrongly.
 */
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Effort, MEASUREMENTS, type Measurement } from './measure/index.ts'
import { pinnedToCores } from './process/index.ts'
import { type Report, type Result, toPage, toTable, unmeasured } from './report/index.ts'
import { withRig } from './rig.ts'

const PAGE = join(import.meta.dirname, '..', 'docs', 'benchmarks.md')

interface Wishes {
  readonly json: boolean
  readonly write: boolean
  readonly only: string
  readonly rounds: number
  readonly seconds: number
  readonly soak: number
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

/** @throws {TypeError} for what is not an option, or out of its bounds. */
function readWishes(): Wishes {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      soak: { type: 'string', default: '60' },
    },
  })
  const [rounds, seconds, soak] = [values.rounds, values.seconds, values.soak].map(Number) as [number, number, number]
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 50)) throw new TypeError('--rounds takes 1 to 50')
  if (!(seconds >= 0.5 && seconds <= 60)) throw new TypeError('--seconds takes 0.5 to 60')
  if (!(soak >= 10 && soak <= 3600)) throw new TypeError('--soak takes 10 to 3600')
  const { json, write, only } = values
  if (!MEASUREMENTS.some(({ ids }) => ids.some((id) => id.startsWith(only))))
    throw new TypeError(
      `no id begins with ${only}; there are:\n  ${MEASUREMENTS.flatMap(({ ids }) => ids).join('\n  ')}`,
    )
  return { json, write, only, rounds, seconds, soak }
}

/** A measurement that fails says so under each of its ids, and the others go on. */
async function measure(measurement: Measurement, effort: Effort): Promise<readonly Result[]> {
  say(`measuring ${measurement.ids.join(', ')} …`)
  try {
    return await withRig((rig) => measurement.run(rig, effort))
  } catch (error) {
    return measurement.ids.map((id) => unmeasured(id, { failure: (error as Error).message }))
  }
}

async function main({ json, write, only, rounds, seconds, soak }: Wishes): Promise<void> {
  if (!pinnedToCores) say('without two cores and `taskset` nothing is pinned: the figures will be noisy')
  const results: Result[] = []
  for (const measurement of MEASUREMENTS) {
    if (!measurement.ids.some((id) => id.startsWith(only))) continue
    const found = (await measure(measurement, { rounds, seconds, soakSeconds: soak, say })).filter(({ id }) =>
      id.startsWith(only),
    )
    say(toTable(found))
    results.push(...found)
  }
  const report: Report = { node: process.version, cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`, results }
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`)
  if (write) await writeFile(PAGE, toPage(report))
  process.exitCode = results.some(({ met, disturbed }) => met === false || disturbed !== undefined) ? 1 : 0
}

// Through `exit`, so that children and folders go as well.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1))

try {
  await main(readWishes())
} catch (error) {
  if (!(error instanceof TypeError)) throw error
  say(error.message)
  process.exitCode = 2
}
