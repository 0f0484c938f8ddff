/**
 * `node:http` and whatever hands on its request and response (Express, Connect, Fastify's `raw`). Types by structure:
 * nothing of Node is imported.
 */
import { type Body, MAX_BODY, type McpGuard, type Passage, type Visit } from '../entry/index.ts'
import type { Reply } from '../http/index.ts'

/** What is used of `http.IncomingMessage`. */
export interface NodeRequest extends AsyncIterable<unknown> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express: the URL before a router cut it. */
  readonly originalUrl?: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
  /** What a body parser has made of the body. */
  body?: unknown
}

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  statusCode: number
  readonly writableFinished: boolean
  readonly headersSent: boolean
  writeHead(...args: unknown[]): unknown
  setHeader(name: string, value: string): unknown
  getHeader(name: string): unknown
  end(body?: string): unknown
  destroy(): unknown
  once(event: 'close', listener: () => void): unknown
}

export function visitOf(request: NodeRequest): Visit {
  const { headers, rawHeaders } = request
  return {
    method: request.method ?? 'GET',
    target: request.originalUrl ?? request.url ?? '/',
    peer: request.socket.remoteAddress ?? 'unknown',
    header(name) {
      const value = headers[name]
      return typeof value === 'string' ? value : value?.[0]
    },
    isRepeated(name) {
      let count = 0
      for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) count++
      return count > 1
    },
  }
}

/**
 * Asks the guard about a request; a refusal is answered at once.
 * @returns the passage of a request that was let in, whose end is noticed; undefined when it was answered.
 */
export async function enter(
  guard: McpGuard,
  request: NodeRequest,
  response: NodeResponse,
): Promise<Passage | undefined> {
  const admission = await guard.admit(visitOf(request), () => bodyOf(request))
  if (admission.kind === 'refused') {
    send(response, admission.reply)
    return undefined
  }
  const { passage } = admission
  attend(passage, response)
  return passage
}

export function send(response: NodeResponse, { status, headers, body }: Reply): void {
  if (response.headersSent) return
  response.statusCode = status
  for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] as string, headers[at + 1] as string)
  response.end(body)
}

async function bodyOf(request: NodeRequest): Promise<Body> {
  if (request.body !== undefined) return { kind: 'parsed', value: request.body }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = chunk as Uint8Array
    length += bytes.length
    if (length > MAX_BODY) return { kind: 'too_large' }
    chunks.push(bytes)
  }
  return { kind: 'bytes', bytes: join(chunks, length) }
}

export function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Notices the session that an answer opens, the stream that it is, and its end. */
function attend(passage: Passage, response: NodeResponse): void {
  const { writeHead } = response
  const { headers } = passage
  for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] as string, headers[at + 1] as string)
  let stop: (() => void) | undefined
  response.writeHead = (...args) => {
    const result = writeHead.apply(response, args)
    const field = (name: string): string | undefined => fieldIn(args, name) ?? text(response.getHeader(name))
    const session = field('mcp-session-id')
    if (session !== undefined) void passage.opened(session)
    if (field('content-type')?.startsWith('text/event-stream')) stop = passage.untilRevoked(() => response.destroy())
    return result
  }
  response.once('close', () => {
    stop?.()
    passage.end(response.statusCode, !response.writableFinished)
  })
}

/** A field among the arguments of `writeHead`: `(status, reason?, fields?)`, fields as an object or a flat list. */
function fieldIn(args: readonly unknown[], name: string): string | undefined {
  const fields = args[args.length - 1]
  if (typeof fields !== 'object' || fields === null) return undefined
  if (!Array.isArray(fields)) {
    const key = Object.keys(fields).find((each) => each.toLowerCase() === name)
    return key === undefined ? undefined : text((fields as Record<string, unknown>)[key])
  }
  const flat = fields.flat() as unknown[]
  const at = flat.findIndex((each, index) => index % 2 === 0 && String(each).toLowerCase() === name)
  return at === -1 ? undefined : text(flat[at + 1])
}

function text(value: unknown): string | undefined {
  if (Array.isArray(value)) return text(value[0])
  return typeof value === 'string' ? value : undefined
}

type NodeHandler<Request, Response> = (request: Request, response: Response, body?: unknown) => unknown

/**
 * Protects a `node:http` listener, such as `toNodeHandler(…)` of the SDK: answers the metadata and what is refused, and
 * hands everything else to the handler, with `request.auth` set and the parsed body as its third argument.
 */
export function protectNode<Request extends NodeRequest, Response extends NodeResponse>(
  guard: McpGuard,
  handler: NodeHandler<Request, Response>,
): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    if (serveDocument([guard], request, response)) return
    const passage = await enter(guard, request, response)
    if (passage === undefined) return
    ;(request as { auth?: unknown }).auth = passage.authInfo
    await handler(request, response, passage.message)
  }
}

/** Answers a request for the metadata of one of these guards. @returns whether it did. */
export function serveDocument(guards: readonly McpGuard[], request: NodeRequest, response: NodeResponse): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const [path = '/'] = (request.originalUrl ?? request.url ?? '/').split('?')
  for (const guard of guards) {
    const document = guard.documentAt(path, guards.length === 1)
    if (document === undefined) continue
    send(response, document)
    return true
  }
  return false
}
