import type { McpGuard, Passage, Visit } from '../entry/index.ts'
import type { Reply } from '../http/index.ts'
import { documentFor } from './document.ts'
import { attend, type NodeResponse } from './node-answer.ts'
import { bodyOf, type NodeBody } from './node-body.ts'

/** What is used of `http.IncomingMessage`, and of what frameworks make of it. By structure: nothing of Node is imported. */
export interface NodeRequest extends NodeBody {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express: the URL before a router cut it. */
  readonly originalUrl?: string
  readonly rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}

export function visitOf(request: NodeRequest): Visit {
  const { headers, rawHeaders } = request
  return {
    method: request.method ?? 'GET',
    target: targetOf(request),
    peer: request.socket.remoteAddress ?? 'unknown',
    header(name) {
      const value = headers[name]
      return typeof value === 'string' ? value : value?.[0]
    },
    // In `headers` Node has joined or dropped what came twice.
    isRepeated(name) {
      let count = 0
      for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) count++
      return count > 1
    },
  }
}

/** Path and query, of a target in absolute form, too (RFC 9112 §3.2.2). */
export function targetOf({ originalUrl, url }: NodeRequest): string {
  const target = originalUrl ?? url ?? '/'
  return target.startsWith('/') ? target : target.replace(ORIGIN, '') || '/'
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

/**
 * Asks the guard about a request; a refusal is answered at once.
 * @returns the passage of a request that was let in, whose end is noticed; undefined when nobody waits for more.
 */
export async function enter(
  guard: McpGuard,
  request: NodeRequest,
  response: NodeResponse,
): Promise<Passage | undefined> {
  const admission = await guard.admit(visitOf(request), () => bodyOf(request))
  if (admission.kind === 'admitted') return handOn(admission.passage, request, response)
  send(response, admission.reply)
  return undefined
}

/** Puts the principal where the SDKs look for it. @returns undefined where the caller has left meanwhile. */
export function handOn(passage: Passage, request: NodeRequest, response: NodeResponse): Passage | undefined {
  if (response.destroyed) {
    passage.end(undefined, true)
    return undefined
  }
  attend(passage, response)
  ;(request as { auth?: unknown }).auth = passage.authInfo
  return passage
}

export function send(response: NodeResponse, { status, headers, body }: Reply): void {
  if (response.headersSent || response.destroyed) return
  response.statusCode = status
  for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] as string, headers[at + 1] as string)
  response.end(body)
}

/** Answers a request for the metadata of one of these guards. @returns whether it did. */
export function serveDocument(guards: readonly McpGuard[], request: NodeRequest, response: NodeResponse): boolean {
  const document = documentFor(guards, request.method, targetOf(request))
  if (document !== undefined) send(response, document)
  return document !== undefined
}
