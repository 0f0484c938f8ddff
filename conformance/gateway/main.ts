/**
 * The black-box suite of the gate: `node tools/pinned.mjs conformance/gateway/main.ts [PATTERN] [--write]`. PATTERN
 * chooses files by name and scenarios by title (`j-`, `gzip`); `--write` writes the table of the README and runs nothing.
 *
 * Every gate here is a process of its own, started as an operator starts it, and so are its upstreams and its clients.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { argv, execArgv, exitCode, stderr, stdout } from 'node:process'
import { run as runTests } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { withTable } from './readme.ts'

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

const HERE = fileURLToPath(new URL('.', import.meta.url))
const README = `${HERE}README.md`

function testFiles(): string[] {
  return readdirSync(HERE)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => HERE + name)
    .sort()
}

/** Runs the suite. The report goes to stderr. */
export async function run(pattern?: string): Promise<Tally> {
  const all = testFiles()
  const named = pattern === undefined ? all : all.filter((file) => file.slice(HERE.length).startsWith(pattern))
  const byTitle = pattern !== undefined && named.length === 0
  const tally = { passed: 0, failed: 0, skipped: 0 }
  const stream = runTests({
    files: byTitle ? all : named,
    execArgv: [...execArgv],
    concurrency: CONCURRENCY,
    ...(byTitle ? { testNamePatterns: new RegExp(pattern, 'i') } : {}),
  })
  stream.on('test:pass', ({ details, skip, name }) => {
    // A file in which nothing was chosen passes, too.
    if (details.type === 'suite' || all.includes(name)) return
    if (skip === undefined || skip === false) tally.passed++
    else tally.skipped++
  })
  stream.on('test:fail', ({ details }) => {
    // A topic whose set-up failed is reported by itself; one with a failed scenario would be counted twice.
    if (details.type !== 'suite' || !isEcho(details.error)) tally.failed++
  })
  const report = stream.compose(spec)
  for await (const text of report) stderr.write(text)
  if (pattern === undefined && !isCurrent(await withTable(readFileSync(README, 'utf8'), all))) {
    stderr.write('README.md does not show these scenarios: run with --write\n')
    tally.failed++
  }
  return tally
}

/** Two files at once; what is measured in them has room for that. */
const CONCURRENCY = 2

function isEcho(error: Error | undefined): boolean {
  return (error as { failureType?: string } | undefined)?.failureType === 'subtestsFailed'
}

function isCurrent(text: string): boolean {
  return text === readFileSync(README, 'utf8')
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [pattern] = argv.slice(2).filter((word) => !word.startsWith('--'))
  if (argv.includes('--write')) {
    writeFileSync(README, await withTable(readFileSync(README, 'utf8'), testFiles()))
  } else {
    const { passed, failed, skipped } = await run(pattern)
    stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
    process.exitCode = failed > 0 ? 1 : (exitCode ?? 0)
  }
}
