import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Bounds, runBounded } from './bounded.ts'
import type { Line } from './report-events.ts'
import { type FileVerdict, judge } from './verdict.ts'

const PREPARE = new URL('prepare.ts', import.meta.url).href
const REPORTER = fileURLToPath(new URL('report-events.ts', import.meta.url))
/** The most that is kept of what a file writes, in characters. */
const OUTPUT = 256 * 1024

/**
 * Runs one test file. Whatever happens to it is a verdict, never an exception.
 *
 * @param bounds.scratch A folder that exists and is removed by whoever made it; the file's temporary files go there.
 */
export async function runFile(file: string, bounds: Bounds & { readonly scratch: string }): Promise<FileVerdict> {
  const begun = Date.now()
  const temporary = join(bounds.scratch, randomUUID())
  const events = `${temporary}.jsonl`
  mkdirSync(temporary)
  const args = [
    `--import=${PREPARE}`,
    `--test-reporter=${REPORTER}`,
    `--test-reporter-destination=${events}`,
    join(bounds.root, file),
  ]
  let output = ''
  const keep = (text: string): void => {
    output = (output + text).slice(-OUTPUT)
  }
  const ending = await runBounded(args, { ...bounds, env: { TMPDIR: temporary } }, { stdout: keep, stderr: keep })
  const verdict = judge(readLines(events), ending)
  rmSync(temporary, { recursive: true, force: true })
  return { file, ...verdict, output, seconds: (Date.now() - begun) / 1000 }
}

/** The last line may be cut off where the file was ended. */
function readLines(events: string): readonly Line[] {
  try {
    return readFileSync(events, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line)
  } catch {
    return []
  }
}
