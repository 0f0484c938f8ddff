/**
 * `npm run check`: what has to be true of the repository beside its tests. Every part runs, whatever the others found.
 * Problems go to stderr; stdout ends with one line. Exit code 0 when nothing was found, 1 otherwise.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { brief, explain, runFiles } from './suites/index.ts'

const root = join(import.meta.dirname, '..')
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const stop = new AbortController()
// Not once: from a terminal and through tools/pinned.mjs the same signal may come twice.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort())

/** A part of the check: a heading, and whether it found nothing. */
type Part = readonly [heading: string, isGood: () => Promise<boolean>]

const PARTS: readonly Part[] = [
  ['types', () => command('node_modules/typescript/bin/tsc', '-p', 'tsconfig.json')],
  [
    'lint and format',
    () =>
      command(
        'node_modules/@biomejs/biome/bin/biome',
        'check',
        '--error-on-warnings',
        '--diagnostic-level=warn',
        '--max-diagnostics=200',
      ),
  ],
  ['architecture and repository', () => tests('test/architecture.test.ts', 'test/repository.test.ts')],
  ['published schema', () => tests('packages/gateway/test/config/schema.test.ts')],
  ['published reference', () => command('tools/reference.ts')],
  ['packaging', () => tests('test/packaging.ts')],
]

/** A tool, by its path from the root, that says by its exit code whether it found something. */
async function command(file: string, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [join(root, file), ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(300_000)]),
  })
  try {
    const [code] = await once(child, 'exit')
    return code === 0
  } catch (error) {
    say(`${file}: ${(error as Error).message}`)
    return false
  }
}

/** Tests that are about the repository itself. What they need has to be there. */
async function tests(...files: readonly string[]): Promise<boolean> {
  const verdicts = await runFiles(files, { root, secondsPerFile: 600, signal: stop.signal })
  for (const verdict of verdicts) say([brief(verdict), explain(verdict)].filter((text) => text !== '').join('\n'))
  const isGood = verdicts.every(({ failures, skips }) => failures.length === 0 && skips.length === 0)
  return isGood && verdicts.length === files.length
}

const bad: string[] = []
for (const [heading, isGood] of PARTS) {
  if (stop.signal.aborted) break
  say(`\n── ${heading} ──`)
  if (await isGood()) say('nothing found')
  else bad.push(heading)
}
const ended = stop.signal.aborted ? ['ended before it was done'] : []
const problems = [...bad, ...ended]
const line = problems.length === 0 ? `${PARTS.length} parts checked, nothing found` : `found: ${problems.join(', ')}`
process.stdout.write(`check: ${line}\n`)
process.exitCode = problems.length === 0 ? 0 : 1
