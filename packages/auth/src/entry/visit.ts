import type { RequestView } from '../guard/index.ts'
import { errorReply, type Reply, rpcErrorReply } from '../http/index.ts'
import { type Incoming, isFault, type MessageFault, readMessage } from '../protocol/index.ts'

/** One HTTP request, as far as it is looked at before its body. Adapters make one without copying. */
export interface Visit extends RequestView {
  readonly method: string
  /** Path and query as they came (RFC 9112 §3.2.1): what the caller asked for, not what a router made of it. */
  readonly target: string
  /** The address of whoever is connected. */
  readonly peer: string
}

/** A body that an adapter has read: its bytes, or what a framework has parsed. `undefined`: there is none. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'parsed'; readonly value: unknown }
  | { readonly kind: 'too_large' }
  /** Its caller went away before it was whole. */
  | { readonly kind: 'left' }
  | undefined

/** Bytes of a body that are read at most; the SDKs' own bound. */
export const MAX_BODY = 4 * 2 ** 20

const encoder = new TextEncoder()

/** Reads a body strictly, by the reader that the gateway uses; what a framework has parsed is what the handler sees. */
export function readIncoming(body: Exclude<Body, { kind: 'left' }>): Incoming | Reply {
  if (body === undefined) return fault({ kind: 'unreadable', code: -32700, message: 'There is no body.' })
  if (body.kind === 'too_large')
    return errorReply(413, 'body_too_large', `The body may have at most ${MAX_BODY} bytes.`)
  const bytes = body.kind === 'bytes' ? body.bytes : encoder.encode(textOf(body.value))
  const read = readMessage(bytes)
  return isFault(read) ? fault(read) : read
}

/** @returns a text that is no message where there is no JSON for it, or where it is nested too deep to be written. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

function fault(found: MessageFault): Reply {
  const { code, message } = found
  return rpcErrorReply(400, 'id' in found ? found.id : undefined, { code, message })
}

const CREDENTIAL = /(?:^|[?&])(?:access_token|api_key|apikey|token|key)=|pcls_/i

/**
 * Whether a credential stands in the query: there it would be written to logs and histories, so it opens nothing
 * (RFC 9700 §4.3.2; MCP: access tokens MUST NOT be in the URI query string).
 */
export function hasCredentialInQuery(target: string): boolean {
  const at = target.indexOf('?')
  return at !== -1 && CREDENTIAL.test(target.slice(at))
}

export function pathOf(target: string): string {
  const at = target.search(/[?#]/)
  return at === -1 ? target : target.slice(0, at)
}
