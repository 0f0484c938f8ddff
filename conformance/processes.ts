import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** How long a process may take to say that it is ready, and to end when asked. Milliseconds. */
const START = 30_000
const STOP = 10_000

export interface Service {
  /** The first line of its output, parsed. */
  readonly announcement: Record<string, unknown>
  stop(): Promise<void>
}

/**
 * Starts one of our own programs with the Node that runs this one, and waits for the line of JSON that says it is ready.
 *
 * @throws When it ends or stays silent instead; the message carries the end of what it wrote to stderr.
 */
export async function startService(args: readonly string[], cwd: string): Promise<Service> {
  const child = spawn(process.execPath, [...process.execArgv, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const complaints = tail(child)
  const lines = createInterface({ input: child.stdout })
  const silence = AbortSignal.timeout(START)
  try {
    const said = once(lines, 'line', { signal: silence }).then(([line]) => String(line))
    const ended = once(child, 'exit', { signal: silence }).then(([code]) => Promise.reject(new Error(`exit ${code}`)))
    said.catch(() => {})
    ended.catch(() => {})
    const announcement = JSON.parse(await Promise.race([said, ended])) as Record<string, unknown>
    return { announcement, stop: () => stop(child) }
  } catch (cause) {
    await stop(child)
    throw new Error(`${args[0]} did not start: ${complaints() || (cause as Error).message}`, { cause })
  }
}

/**
 * Runs a program to its end, with the Node that runs this one. A run over its time is ended by force and counts as failed.
 * Ours need this process's own options in front (`process.execArgv`): they say where our sources are found.
 */
export async function runProgram(
  args: readonly string[],
  { cwd, timeout = START }: { cwd: string; timeout?: number },
): Promise<{ code: number | null; output: string; complaints: string }> {
  const child = spawn(process.execPath, args, {
    cwd,
    timeout,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const complaints = tail(child)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  return { code, output, complaints: complaints() }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), STOP)
  await ended
  clearTimeout(force)
}

/** Keeps the end of what a process complains about, and keeps its pipe from filling up. */
function tail(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (chunk) => {
    text = (text + chunk).slice(-4000)
  })
  return () => text.trim()
}
