/**
 * `npm run conformance -- [--only PART] [--targets a,b] [--write]`: what a client sees through the gate, against the
 * official suite and our own. Progress goes to stderr; stdout ends with one line, `N passed, N failed, N skipped`.
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { runAuthorization } from './authorization.ts'
import { compareTargets } from './compare.ts'
import { writeReport } from './report.ts'
import { TARGETS } from './targets.ts'

interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    targets: { type: 'string', default: TARGETS.join() },
    write: { type: 'boolean', default: false },
  },
})
const log = (line: string): void => void process.stderr.write(`${line}\n`)

async function official(): Promise<Tally> {
  const wanted = values.targets.split(',')
  const unknown = wanted.filter((name) => !(TARGETS as readonly string[]).includes(name))
  if (unknown.length > 0) throw new TypeError(`"--targets" knows ${TARGETS.join(', ')}, not ${unknown.join(', ')}`)
  const { checks, broken } = await compareTargets(
    TARGETS.filter((target) => wanted.includes(target)),
    log,
  )
  if (values.write) await writeFile(new URL('RESULTS.md', import.meta.url), writeReport({ checks, broken }))
  const count = (...outcomes: string[]) => checks.filter(({ outcome }) => outcomes.includes(outcome)).length
  return {
    passed: count('same', 'gained'),
    failed: count('different', 'failed') + broken.length,
    skipped: count('skipped'),
  }
}

/** The official scenarios for authorization servers, with the issuer at the root of its host and at a path. */
async function authorization(): Promise<Tally> {
  const tally = { passed: 0, failed: 0, skipped: 0 }
  for (const path of ['', '/tenant']) {
    for (const [scenario, checks] of await runAuthorization(path)) {
      for (const { id, status, errorMessage = '' } of checks) {
        const isGood = status === 'SUCCESS'
        if (isGood) tally.passed++
        else tally.failed++
        log(`${isGood ? '✓' : '✗'} issuer at ${path || '/'}: ${scenario}, ${id} ${errorMessage}`.trimEnd())
      }
    }
  }
  // Two scenarios with three checks: fewer mean that the suite came to no result.
  if (tally.passed + tally.failed < 6) tally.failed++
  return tally
}

/** Our own black-box suite, where it has been written. */
async function gateway(): Promise<Tally> {
  const suite = new URL('gateway/main.ts', import.meta.url)
  if (!existsSync(suite)) return { passed: 0, failed: 0, skipped: 0 }
  const { run } = (await import(suite.href)) as { run(): Promise<Tally> }
  return run()
}

const total = { passed: 0, failed: 0, skipped: 0 }
for (const [name, part] of Object.entries({ official, authorization, gateway })) {
  if (!name.startsWith(values.only)) continue
  try {
    const tally = await part()
    total.passed += tally.passed
    total.failed += tally.failed
    total.skipped += tally.skipped
  } catch (error) {
    log(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    total.failed += 1 // a part that breaks down has proven nothing
  }
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = total.failed > 0 ? 1 : 0
