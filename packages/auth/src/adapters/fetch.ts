/** `fetch` handlers: Workers, Deno, Bun, Hono's `c.req.raw`, the SDK's `createMcpHandler`. */

import type { AuthInfo } from '../entry/index.ts'
import { type Body, MAX_BODY, type McpGuard, type Passage, pathOf, type Visit } from '../entry/index.ts'
import type { Reply } from '../http/index.ts'
import { join } from './node.ts'

/** What an MCP handler is given beside the request: the SDK's `McpHandlerRequestOptions`. */
export interface HandlerOptions {
  readonly authInfo: AuthInfo
  readonly parsedBody?: unknown
}

export type FetchHandler = (request: Request, options: HandlerOptions) => Response | Promise<Response>

/**
 * Protects a `fetch` handler, such as `createMcpHandler(…).fetch`: answers the metadata and what is refused, and hands
 * everything else on with `authInfo` and the parsed body.
 * @param peer The caller's address, where the runtime knows it. Default: `unknown`.
 */
export function protectFetch(
  guard: McpGuard,
  handler: FetchHandler,
): (request: Request, peer?: string) => Promise<Response> {
  return async (request, peer = 'unknown') => {
    const document = documentFor([guard], request)
    if (document !== undefined) return document
    const { admission, text } = await enter(guard, request, peer)
    if (admission.kind === 'refused') return toResponse(admission.reply)
    const { passage } = admission
    const { authInfo, message } = passage
    // The body was read: whoever reads the request finds the same text in it.
    const whole = text === undefined ? request : new Request(request, { body: text, method: request.method })
    const response = await handler(whole, message === undefined ? { authInfo } : { authInfo, parsedBody: message })
    return attend(passage, response)
  }
}

export async function enter(guard: McpGuard, request: Request, peer: string) {
  let text: string | undefined
  const admission = await guard.admit(visitOf(request, peer), async () => {
    const body = await bodyOf(request)
    if (body?.kind === 'bytes') text = new TextDecoder().decode(body.bytes)
    return body
  })
  return { admission, text }
}

export function documentFor(guards: readonly McpGuard[], request: Request): Response | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const path = pathOf(targetOf(request))
  for (const guard of guards) {
    const document = guard.documentAt(path, guards.length === 1)
    if (document !== undefined) return toResponse(document)
  }
  return undefined
}

function visitOf(request: Request, peer: string): Visit {
  const { headers, method } = request
  return {
    method,
    target: targetOf(request),
    peer,
    header: (name) => headers.get(name) ?? undefined,
    // What comes twice is joined by a comma here; no credential and no session id holds one.
    isRepeated: (name) => headers.get(name)?.includes(',') ?? false,
  }
}

function targetOf(request: Request): string {
  const { pathname, search } = new URL(request.url)
  return pathname + search
}

async function bodyOf(request: Request): Promise<Body> {
  if (request.body === null) return undefined
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of chunksOf(request.body)) {
    length += chunk.length
    if (length > MAX_BODY) return { kind: 'too_large' }
    chunks.push(chunk)
  }
  return { kind: 'bytes', bytes: join(chunks, length) }
}

/** Not every runtime's stream is iterable. Leaving early lets go of the rest. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

export function toResponse({ status, headers, body }: Reply): Response {
  const fields = new Headers()
  for (let at = 0; at < headers.length; at += 2) fields.append(headers[at] as string, headers[at + 1] as string)
  return new Response(body, { status, headers: fields })
}

/** Notices the session that an answer opens, the stream that it is, and its end. */
export function attend(passage: Passage, answer: Response): Response {
  const response = withFields(answer, passage.headers)
  const { status, headers } = response
  const session = headers.get('mcp-session-id')
  if (session !== null) void passage.opened(session)
  if (response.body === null || !headers.get('content-type')?.startsWith('text/event-stream')) {
    passage.end(status)
    return response
  }
  return new Response(untilRevoked(passage, response.body, status), response)
}

function withFields(response: Response, fields: readonly string[]): Response {
  if (fields.length === 0) return response
  // Fields of an answer that came from elsewhere cannot be set.
  const headers = new Headers(response.headers)
  for (let at = 0; at < fields.length; at += 2) headers.set(fields[at] as string, fields[at + 1] as string)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

function untilRevoked(passage: Passage, body: ReadableStream<Uint8Array>, status: number): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let stop = (): void => {}
  const finish = (hasLeft: boolean): void => {
    stop()
    passage.end(status, hasLeft)
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stop = passage.untilRevoked(() => {
        finish(false)
        controller.error(new Error('the credential has ended'))
        reader.cancel().catch(() => {})
      })
    },
    async pull(controller) {
      const { done, value } = await reader.read()
      if (!done) return controller.enqueue(value)
      finish(false)
      controller.close()
    },
    async cancel(reason) {
      finish(true)
      await reader.cancel(reason)
    },
  })
}
