import type { Era } from '@portcullis/auth/protocol'
import type { Answer, UpstreamFailure } from '../upstream.ts'

export const JSON_HEADERS = ['content-type', 'application/json'] as const

/**
 * A JSON-RPC error of this room's own. -32020 and -32022 say "modern" to a caller that speaks both eras, so they are
 * for servers that are; -32600 says nothing of the kind.
 */
export interface Refusal {
  readonly status: 400 | 404 | 405 | 409
  readonly code: -32600 | -32020 | -32022
  readonly message: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** Word for word what legacy clients look for before they start a new session (with the status; IT-24). */
export const SESSION_NOT_FOUND: Refusal = { status: 404, code: -32600, message: 'Session not found' }
export const SESSION_MISSING = invalid('The Mcp-Session-Id header is missing.')
export const ALREADY_INITIALIZED = invalid('The session is initialized already.')
export const ID_IN_FLIGHT = invalid('A request with this id is still being answered.')
export const SESSIONS_ONLY = invalid(
  'This server speaks the MCP revisions that have sessions: begin with "initialize".',
)
export const REQUESTS_ONLY = invalid('This revision takes one request or notification at a time.')
export const STREAM_TAKEN: Refusal = { status: 409, code: -32600, message: 'The session has a stream already.' }
export const POST_ONLY: Refusal = { status: 405, code: -32600, message: 'This revision takes POST only.' }

export const NOT_READ: UpstreamFailure = { reason: 'busy', detail: 'the server does not read its stdin', retryAfter: 5 }
export const OWES_TOO_MUCH: UpstreamFailure = {
  reason: 'busy',
  detail: 'the server owes too many answers',
  retryAfter: 5,
}

/**
 * What the caller learns of a failure once its stream is open: the words of the proxy's answers (`proxy/failures.ts`),
 * which a test compares.
 */
export function failureError({ reason }: UpstreamFailure) {
  const [error, message] = FAILURES[reason]
  return { code: -32603, message: `The server behind the gate ${message}`, data: { error } }
}

const FAILURES: Readonly<Record<UpstreamFailure['reason'], readonly [error: string, message: string]>> = {
  unreachable: ['upstream_unreachable', 'cannot be reached.'],
  broken: ['upstream_broken', 'did not answer properly.'],
  timeout: ['upstream_timeout', 'did not answer in time.'],
  credential: ['upstream_refused', 'does not accept the gate.'],
  busy: ['upstream_busy', 'has no room now. Come again.'],
}

/** The server's list, which its own `server/discover` gives too (TM-05). */
export function versionUnsupported(requested: unknown, supported: readonly string[]): Refusal {
  const message = 'This server does not speak that revision.'
  return { status: 400, code: -32022, message, data: { supported, requested } }
}

export function headerMismatch(message: string): Refusal {
  return { status: 400, code: -32020, message }
}

function invalid(message: string): Refusal {
  return { status: 400, code: -32600, message }
}

/** @param rawId JSON text of the refused request's id. Without one, legacy peers get null and modern ones no member. */
export function refuse(answer: Answer, era: Era, refusal: Refusal, rawId?: string): void {
  const { status } = refusal
  const id = rawId ?? (era === 'legacy' ? 'null' : undefined)
  answer.start(status, status === 405 ? [...JSON_HEADERS, 'allow', 'POST'] : JSON_HEADERS)
  answer.end(Buffer.from(errorText(refusal, id)))
}

export function errorText(
  { code, message, data }: { readonly code: number; readonly message: string; readonly data?: object },
  rawId: string | undefined,
): string {
  const error = JSON.stringify({ code, message, data })
  return rawId === undefined ? `{"jsonrpc":"2.0","error":${error}}` : `{"jsonrpc":"2.0","error":${error},"id":${rawId}}`
}

export function accepted(answer: Answer): void {
  answer.start(202, [])
  answer.end()
}
