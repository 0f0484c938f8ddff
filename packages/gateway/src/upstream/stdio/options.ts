import type { ChildBudget } from './budget.ts'

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void

export interface StdioOptions {
  /** The server's name: in log lines, and what its children are counted under. */
  readonly name: string
  readonly command: string
  /** Handed over as they are: there is no shell. */
  readonly args: readonly string[]
  /** All that the child learns of its surroundings, beside PATH, HOME, LANG and TMPDIR (Windows: SystemRoot). */
  readonly env: Readonly<Record<string, string>>
  /** Working directory of the child. Default: the gate's own. */
  readonly cwd?: string | undefined
  /** Shared by all stdio servers of a gate. */
  readonly budget: ChildBudget
  /** Children of this server that one principal may have at a time. Default 4. */
  readonly maxPerPrincipal?: number
  /** Milliseconds after which a child that nobody needs is ended. Default 10 minutes. */
  readonly idleMs?: number
  /** Milliseconds a child has for its first answer. Default 30 s. */
  readonly startTimeoutMs?: number
  /** Milliseconds a server of unknown era has to answer `server/discover` before it counts as legacy. Default 5 s. */
  readonly probeTimeoutMs?: number
  /** Milliseconds without any sign of life (progress, log message, question) for a request. Default 5 minutes. */
  readonly answerTimeoutMs?: number
  /** Milliseconds a request may be silent before its answer becomes a stream, so that nobody in between hangs up. Default 10 s. */
  readonly silenceMs?: number
  /** Milliseconds between the comments that keep a stream open. Default 15 s. */
  readonly keepAliveMs?: number
  /** Milliseconds a caller may leave its stream unread before it is cut: its child waits for it. Default 60 s. */
  readonly stallMs?: number
  /** The longest message a child may send, in bytes. Default 16 MiB. */
  readonly maxLineBytes?: number
  /** Bytes that may wait for a child that does not read. Default 8 MiB; one message may exceed it. */
  readonly maxQueuedBytes?: number
  readonly log: Log
  /** Current time in milliseconds; only differences count. Default: the monotonic clock. */
  readonly now?: () => number
}

export type Settings = Required<StdioOptions>

const DEFAULTS = {
  maxPerPrincipal: 4,
  idleMs: 600_000,
  startTimeoutMs: 30_000,
  probeTimeoutMs: 5_000,
  answerTimeoutMs: 300_000,
  silenceMs: 10_000,
  keepAliveMs: 15_000,
  stallMs: 60_000,
  maxLineBytes: 16 * 1024 * 1024,
  maxQueuedBytes: 8 * 1024 * 1024,
} as const

/** @throws {TypeError} when a number is not positive or the command is empty. */
export function settle(options: StdioOptions): Settings {
  if (options.command === '') throw new TypeError('"command" must name a program')
  const given: Partial<Record<keyof typeof DEFAULTS, number>> = {}
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[name]
    if (value === undefined) continue
    if (!(Number.isFinite(value) && value > 0)) throw new TypeError(`"${name}" must be a positive number`)
    given[name] = value
  }
  const { name, command, cwd, budget, log, now = () => performance.now() } = options
  return {
    ...DEFAULTS,
    ...given,
    name,
    command,
    args: [...options.args],
    env: { ...options.env },
    cwd,
    budget,
    log,
    now,
  }
}
