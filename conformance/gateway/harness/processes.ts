import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, or for at most `timeout` milliseconds. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string; timeout?: number } = {},
): Promise<Finished> {
  const { cwd = ROOT, env = process.env, input, timeout = 20_000 } = options
  const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], timeout, killSignal: 'SIGKILL' })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)]
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout: stdout(), stderr: stderr() }
}

/** Everything that a stream has said so far. */
export function keep(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return () => Buffer.concat(chunks).toString('utf8')
}

/** Ends a process that this suite has started; by force when it does not heed. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await gone
  clearTimeout(force)
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A process that has ended and was not waited for is not alive.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The processes that this one has started and that still run. */
export function childrenOf(pid: number): number[] {
  const threads = `/proc/${pid}/task`
  if (!existsSync(threads)) return []
  return readdirSync(threads).flatMap((thread) => {
    try {
      const text = readFileSync(`${threads}/${thread}/children`, 'utf8')
      return text.split(' ').filter(Boolean).map(Number)
    } catch {
      return []
    }
  })
}

/** Waits until something holds. @throws with `what` when it does not within `timeout` milliseconds. */
export async function until<T>(
  what: string,
  holds: () => T | undefined | false | Promise<T | undefined | false>,
  timeout = 5000,
): Promise<T> {
  const limit = performance.now() + timeout
  for (;;) {
    const value = await holds()
    if (value !== undefined && value !== false) return value
    if (performance.now() > limit) throw new Error(`not within ${timeout} ms: ${what}`)
    await pause(10)
  }
}

/** What a process holds in memory, in bytes. */
export function memoryOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1])
}
