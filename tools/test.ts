/**
 * `npm test`: every suite. `npm test -- PATTERN …`: the files whose path holds one of the patterns.
 *
 * Failures and progress go to stderr; stdout ends with one line, `N passed, N failed, N skipped`. Exit code 0 when
 * nothing failed, 1 when something did, 2 when no file matches. With `CI=true` a skip counts as a failure.
 */
import { join } from 'node:path'
import {
  add,
  BLACK_BOX,
  brief,
  explain,
  findTestFiles,
  judged,
  NOTHING,
  runBlackBox,
  runFiles,
  tallyLine,
  tallyOf,
} from './suites/index.ts'

/** In seconds; together less than the quarter of an hour that all of it may take. */
const FILES = 420
const BLACK_BOX_SUITE = 450

const root = join(import.meta.dirname, '..')
const patterns = process.argv.slice(2)
const say = (line: string): void => void process.stderr.write(`${line}\n`)

const stop = new AbortController()
const { signal } = stop
// Not once: from a terminal and through tools/pinned.mjs the same signal may come twice.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort())

const files = findTestFiles(root, patterns)
const withBlackBox = patterns.length === 0 || patterns.some((pattern) => BLACK_BOX.includes(pattern))
if (files.length === 0 && !withBlackBox) {
  say(`No test file's path holds ${patterns.join(' or ')}.`)
  process.exitCode = 2
}

const verdicts = await runFiles(files, {
  root,
  secondsInAll: FILES,
  signal,
  onVerdict: (verdict) => say(brief(verdict)),
})
let found = verdicts.map(tallyOf).reduce(add, NOTHING)
if (withBlackBox && !signal.aborted) {
  const bounds = { root, seconds: BLACK_BOX_SUITE, signal }
  found = add(found, await runBlackBox(bounds, (text) => process.stderr.write(text)))
}
for (const text of verdicts.map(explain)) if (text !== '') say(text)

const strict = process.env.CI === 'true'
if (strict && found.skipped > 0) say('With CI=true a skipped test counts as failed.')
const tally = judged(found, strict)
process.stdout.write(`${tallyLine(tally)}\n`)
if (tally.failed > 0 || signal.aborted) process.exitCode = 1
