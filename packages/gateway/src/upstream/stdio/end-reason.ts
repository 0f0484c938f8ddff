/** Why a child has ended, as one word for the log. Programs match on it: words are added, none is changed. */
export type EndReason =
  /** Nobody needed it for a while. */
  | 'idle'
  /** It was idle, and made way for another where no more may run. */
  | 'evicted'
  /** Its session was deleted, by the caller or for having been unused. */
  | 'session_deleted'
  /** Whoever it was started for had gone. */
  | 'caller_left'
  /** It was asked for its era, and is of the other one. */
  | 'other_era'
  /** The gate closes. */
  | 'closing'
  /** It never came up. */
  | 'start_failed'
  /** It refused the handshake, or took too long for it. */
  | 'handshake_failed'
  /** It wrote a message beyond the bound. */
  | 'oversized_message'
  /** It wrote too many lines that are no messages. */
  | 'not_mcp'
  /** It closed its stdin or stdout, and lived on. */
  | 'pipe_closed'
  /** By itself, with an exit code. */
  | 'exited'
  /** By a signal that the gate did not send. */
  | 'signalled'

/** How a child's end was: what it is called, and whether the operator should look into it. */
export interface End {
  readonly reason: EndReason
  /** As in `exited with code 1`. */
  readonly detail: string
  readonly level: 'info' | 'warn'
}

const USUAL: ReadonlySet<EndReason> = new Set([
  'idle',
  'evicted',
  'session_deleted',
  'caller_left',
  'other_era',
  'closing',
])

export function endFor(reason: EndReason, detail: string): End {
  return { reason, detail, level: USUAL.has(reason) ? 'info' : 'warn' }
}

/** An end that nobody had asked for. */
export function endByItself(
  how: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
  wasUp: boolean,
  mayExit: boolean,
): End {
  const detail = detailOf(how)
  if (!wasUp && !mayExit) return endFor('start_failed', detail)
  const isFine = !wasUp || how.code === 0
  return { reason: how.signal === null ? 'exited' : 'signalled', detail, level: isFine ? 'info' : 'warn' }
}

export function detailOf({ code, signal }: { readonly code: number | null; readonly signal: string | null }): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}

/** What is written into: the log of a server, and its name. */
interface Report {
  readonly name: string
  log(level: End['level'], message: string, fields: Readonly<Record<string, unknown>>): void
}

export function reportEnd({ log, name }: Report, pid: number | undefined, { level, reason, detail }: End): void {
  log(level, 'stdio server ended', { server: name, pid, reason, detail })
}
