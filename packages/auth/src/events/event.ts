import type { Era } from '../protocol/index.ts'

/** What the gate decided. `denied`: known caller, not permitted; `refused`: not asked at all (limits, malformed, gate busy). */
export const DECISIONS = ['allowed', 'denied', 'refused'] as const
export type Decision = (typeof DECISIONS)[number]

/**
 * How a request ended.
 *
 * - `answered`: the upstream's own answer went out whole.
 * - `rpc_error`, `tool_error`: it was an answer, and it said error (a JSON-RPC error, a result with `isError`).
 * - `upstream_failed`: unreachable, broken, too slow or too busy.
 * - `left`: the caller stopped waiting.
 * - `gate`: the gate answered by itself.
 * - `open`: still running; only readers see it, nobody writes it.
 * - `unknown`: nobody can say any more; its gate died before the outcome was written. Only readers see it.
 */
export const OUTCOMES = [
  'answered',
  'rpc_error',
  'tool_error',
  'upstream_failed',
  'left',
  'gate',
  'open',
  'unknown',
] as const
export type Outcome = (typeof OUTCOMES)[number]
/** What a gate may write. */
export type WrittenOutcome = Exclude<Outcome, 'open' | 'unknown'>

/** Who called, by public ids only. */
export interface EventPrincipal {
  readonly kind: string
  readonly subject: string
  readonly clientId: string
  /** Public id of the key, URL, token or certificate. */
  readonly credentialId: string
}

/** A request that was authenticated, or that needed no authentication. One per request, batches and streams included. */
export interface RequestEvent {
  readonly type: 'request'
  /** From `eventIds`, made for `at`. */
  readonly id: string
  /** When the request arrived: milliseconds since the epoch. */
  readonly at: number
  readonly server: string
  readonly tenant?: string | undefined
  /** Absent on a server whose access is `public`. */
  readonly principal?: EventPrincipal | undefined
  /** The caller's address, behind trusted proxies the one they name. */
  readonly peer: string
  readonly verb: 'POST' | 'GET' | 'DELETE'
  readonly era?: Era | undefined
  readonly method?: string | undefined
  /** The tool, prompt or resource; never arguments. */
  readonly name?: string | undefined
  /** First 8 hex digits of the SHA-256 of the gate's session id, which is itself a secret. */
  readonly session?: string | undefined
  readonly decision: Decision
  /** A stable code; absent when nothing was wrong. */
  readonly reason?: string | undefined
  readonly outcome: Outcome
  /** The HTTP status that went out. */
  readonly status?: number | undefined
  readonly durationMs?: number | undefined
}

/** What is known of a request before its upstream hears of it. */
export type Intent = Omit<RequestEvent, 'outcome' | 'status' | 'durationMs'>

/** What is known when it has ended. A `reason` here replaces the intent's. */
export interface Ending {
  readonly outcome: WrittenOutcome
  readonly status?: number | undefined
  readonly durationMs?: number | undefined
  readonly reason?: string | undefined
}

/** An ending that travels apart from its intent. */
export interface EndingRecord extends Omit<Ending, 'outcome'> {
  readonly type: 'ending'
  readonly id: string
  readonly outcome: Outcome
}

/** One refusal of those that are counted. */
export interface RefusalSample {
  readonly at: number
  readonly reason: string
  /** A stable code that says more than callers learn: why a token is not valid, whose a key is. Nothing of what was sent. */
  readonly because?: string | undefined
  readonly credentialId?: string | undefined
  readonly server?: string | undefined
}

/** Refusals of strangers, counted per network and server: whoever knocks a million times gets no million lines. */
export interface RefusalsEvent {
  readonly type: 'refusals'
  readonly id: string
  readonly at: number
  /** An IPv4 /24 or IPv6 /64 in CIDR form; `other` when there were more than the gate counts apart. */
  readonly network: string
  /** Where they knocked; absent from the count of those beyond, which mixes servers. */
  readonly server?: string | undefined
  readonly fromAt: number
  readonly toAt: number
  readonly counts: Readonly<Record<string, number>>
  readonly samples: readonly RefusalSample[]
}

export const OPERATIONS = [
  'key.created',
  'key.rotated',
  'key.revoked',
  'key.delivered',
  'key.delivery_failed',
  'key.rotation_due',
  'url.created',
  'url.rotated',
  'url.revoked',
  'gate.started',
  'gate.stopped',
  'gate.reloaded',
  'record.resumed',
  'child.started',
  'child.stopped',
  'child.failed',
] as const
/** What happens where people sign in. */
export const SIGN_IN_OPERATIONS = [
  'account.created',
  'account.invited',
  'account.signed_in',
  'account.sign_in_failed',
  'account.signed_out',
  'account.sessions_ended',
  'account.password_changed',
  'account.reset_started',
  'account.disabled',
  'account.enabled',
  'client.registered',
  'client.created',
  'client.approved',
  'client.blocked',
  'client.deleted',
  'registration.refused',
  'document.refused',
  'consent.denied',
  'grant.created',
  'grant.revoked',
  'code.replayed',
  'refresh.repeated',
  'refresh.reused',
  'token.revoked',
  'signing_key.created',
  'signing_key.rotated',
  'signing_key.retired',
] as const
export type SignInOperation = (typeof SIGN_IN_OPERATIONS)[number]
export type OperationType = (typeof OPERATIONS)[number] | SignInOperation

/** Something that was done to the gate or by it, outside any request. */
export interface OperationEvent {
  readonly type: OperationType
  readonly id: string
  readonly at: number
  /** `person`: who signed in; `client`: an OAuth client; `issuer`: the issuer by itself. */
  readonly actor: 'command' | 'gate' | 'person' | 'client' | 'issuer'
  readonly credentialId?: string | undefined
  readonly clientId?: string | undefined
  readonly accountId?: string | undefined
  readonly grantId?: string | undefined
  readonly server?: string | undefined
  readonly tenant?: string | undefined
  /** Short and safe to show: no secret, no path, no text of an upstream. */
  readonly detail?: string | undefined
}

/** What happened: to a request, to strangers, or to the gate. A guard tells of requests and refusals. */
export type AuditEvent = RequestEvent | RefusalsEvent | OperationEvent
/** What the spool carries and a store takes in. */
export type AuditRecord = AuditEvent | EndingRecord
