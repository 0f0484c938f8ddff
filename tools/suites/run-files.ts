import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFile } from './run-file.ts'
import type { FileVerdict } from './verdict.ts'

export interface RunOptions {
  readonly root: string
  /** How long one file may take, in seconds. Default 120. */
  readonly secondsPerFile?: number
  /** How long all may take, in seconds; what has not begun by then fails. Default 720. */
  readonly secondsInAll?: number
  /** How many run at the same time. Default: one per processor, at most 4. */
  readonly concurrency?: number
  /** Told of each file as it ends. */
  readonly onVerdict?: (verdict: FileVerdict) => void
  /** Ends what runs, and begins nothing more. */
  readonly signal?: AbortSignal
}

/** @returns a verdict for each file, in the order of the files; fewer when `signal` came. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<readonly FileVerdict[]> {
  const { root, secondsPerFile = 120, secondsInAll = 720, concurrency = Math.min(availableParallelism(), 4) } = options
  const { onVerdict = () => {}, signal = new AbortController().signal } = options
  const scratch = mkdtempSync(join(tmpdir(), 'portcullis-test-'))
  const until = Date.now() + secondsInAll * 1000
  const verdicts: FileVerdict[] = []
  const queue = files.entries()

  const work = async (): Promise<void> => {
    for (const [index, file] of queue) {
      if (signal.aborted) return
      const seconds = Math.min(secondsPerFile, (until - Date.now()) / 1000)
      const verdict =
        seconds > 0 ? await runFile(file, { root, scratch, seconds, signal }) : notBegun(file, secondsInAll)
      verdicts[index] = verdict
      onVerdict(verdict)
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, work))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return verdicts.filter((verdict) => verdict !== undefined)
}

const notBegun = (file: string, seconds: number): FileVerdict => ({
  file,
  passed: 0,
  failures: [{ name: 'the file as a whole', line: 0, text: `not begun: all files had ${seconds} s together` }],
  skips: [],
  output: '',
  seconds: 0,
})
