import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { MARK, watchOffspring } from './offspring.ts'

const OPTIONS = ['--conditions=portcullis-source', '--disable-warning=ExperimentalWarning']
/** How long children may take to go after their parent has ended, in milliseconds. */
const GRACE = 3000

export interface Bounds {
  readonly root: string
  /** After so many seconds the process is ended, and all that came from it. */
  readonly seconds: number
  /** Ends it before that. */
  readonly signal: AbortSignal
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  /** It was ended because it took longer than this, in seconds. */
  readonly lateAfter?: number
  /** What ran that it had left behind; ended by now. */
  readonly left: readonly string[]
}

/**
 * Runs a TypeScript program of this repository, and sees to it that nothing of it is there afterwards.
 *
 * @param args Options of Node, the file, arguments.
 * @param read Is given what the program writes.
 */
export async function runBounded(
  args: readonly string[],
  { root, seconds, signal, env = {} }: Bounds & { readonly env?: Readonly<Record<string, string>> },
  read: { readonly stdout: (text: string) => void; readonly stderr: (text: string) => void },
): Promise<Ending> {
  const mark = randomUUID()
  const child = spawn(process.execPath, [...OPTIONS, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, [MARK]: mark },
  })
  child.stdout.setEncoding('utf8').on('data', read.stdout)
  child.stderr.setEncoding('utf8').on('data', read.stderr)
  const closed = once(child, 'close')

  const offspring = watchOffspring(child.pid ?? -1, mark)
  let late = false
  const timer = setTimeout(() => {
    late = true
    offspring.endAll()
  }, seconds * 1000)
  signal.addEventListener('abort', offspring.endAll)
  const [code, killer] = (await once(child, 'exit')) as [number | null, string | null]
  clearTimeout(timer)
  signal.removeEventListener('abort', offspring.endAll)
  const left = await offspring.endRest(late || signal.aborted ? 0 : GRACE)
  await Promise.race([closed, sleep(1000, undefined, { ref: false })])
  return { code, signal: killer, left, ...(late ? { lateAfter: seconds } : {}) }
}
