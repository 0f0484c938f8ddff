import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { type Core, onCore } from './cores.ts'

export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  /** The end of what it wrote on stderr, for the message of a failure. */
  complaints(): string
}

const ROOT = dirname(dirname(import.meta.dirname))
/** Whoever is left when this process ends, for whatever reason, ends with it. */
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

const COMPLAINTS_KEPT = 2000
const PATIENCE_MS = 10_000

/** Runs a source of this repository as this command itself runs: the same Node, options and compile cache, pinned. */
export function startNode(core: Core, source: string, args: readonly string[] = []): Child {
  return startProgram(core, [process.execPath, ...process.execArgv, join(ROOT, source), ...args])
}

interface Surroundings {
  /** Beside the variables that this command has. */
  readonly env?: Readonly<Record<string, string>>
  /** A program that talks on each call would have somebody wake up and listen. Default: `pipe`. */
  readonly stdout?: 'pipe' | 'ignore'
}

/** stdin and stdout are pipes, the latter drained unread unless listened to; an IPC channel is there for whoever wants it. */
export function startProgram(core: Core, command: readonly string[], { env, stdout }: Surroundings = {}): Child {
  const [program = '', ...args] = onCore(core, command)
  const child = spawn(program, args, {
    stdio: ['pipe', stdout ?? 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  })
  child.stdout?.resume()
  living.add(child)
  child.once('exit', () => living.delete(child))
  let complaints = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-COMPLAINTS_KEPT)
  })
  child.on('error', (error) => {
    complaints += error.message
  })
  return { pid: child.pid ?? -1, process: child, complaints: () => complaints }
}

/** Asks the child to end, and makes it when it does not. */
export async function end({ process: child }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await gone
  clearTimeout(impatience)
}
