/**
 * What stands behind the gate, as the way of a request sees it: one call in, one answer or one failure out. `http/` and
 * `stdio/` are the two ways there, and know nothing of each other.
 */
import type { Era, Incoming } from '@portcullis/auth/protocol'

/** One admitted request on its way to an upstream. Authentication, policy and the record's intent lie behind it. */
export interface Call {
  readonly era: Era
  readonly method: 'POST' | 'GET' | 'DELETE'
  /** The body of a POST: its bytes go upstream as they came. */
  readonly incoming?: Incoming
  /** Forwardable request headers as [name, value, name, value, …], lower-case names, none that speaks of identity. */
  readonly headers: readonly string[]
  /** The session id that this upstream once assigned; the caller never sees it. */
  readonly upstreamSession?: string
  /** Who calls, as one opaque word (kind, issuer, subject, tenant): what per-principal limits and pools count by. */
  readonly principalKey: string
}

/** How a call can end without an answer of the upstream's own. Each becomes one refusal; none shows upstream text. */
export type UpstreamFailure =
  | { readonly reason: 'unreachable'; readonly detail: string }
  /** Reset, garbage, a redirect, an event beyond the bound, a child that died in mid-call. */
  | { readonly reason: 'broken'; readonly detail: string }
  | { readonly reason: 'timeout'; readonly detail: string }
  /** No room for another child or connection; the caller may come again after `retryAfter` seconds. */
  | { readonly reason: 'busy'; readonly detail: string; readonly retryAfter: number }
  /** The upstream refused the gate's own credential (401, 403). */
  | { readonly reason: 'credential'; readonly detail: string }

/**
 * Where an upstream puts its answer. Order: `start`, any `write`s, one `end`; or `fail`, which before `start` becomes
 * an error answer and after it cuts the stream, unless there are last words. After `end`, `fail` or the caller's leaving, further calls are ignored.
 */
export interface Answer {
  /** @param headers [name, value, …], lower-case names; the receiver forwards only what it knows. */
  start(status: number, headers: readonly string[]): void
  /** @returns false when the caller reads slower than the upstream writes: pause until `onDrain`. */
  write(chunk: Uint8Array): boolean
  end(last?: Uint8Array): void
  /** @param last After `start`, of an event stream: what tells the caller. The stream then ends in good order. */
  fail(failure: UpstreamFailure, last?: Uint8Array): void
  /** Called each time the caller has caught up after a `write` that returned false. */
  onDrain(listener: () => void): void
  /** Called once when nobody waits for the answer any more (the caller left, its key was revoked, the gate closes). */
  onLeave(listener: () => void): void
}

export interface Upstream {
  send(call: Call, answer: Answer): void
  /** Ends children and connections; resolves when all are gone. */
  close(): Promise<void>
}
