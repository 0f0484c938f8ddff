import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '@portcullis/auth/http'

/** A body up to this size is read to its end after a refusal, so that the connection can serve again. */
const DRAIN_BYTES = 64 * 1024

/** How long whoever is still sending has to read the answer, in milliseconds. */
const LINGER_MS = 1000

const encoded = new WeakMap<Reply, Buffer>()

/** Sends an answer of our own. What is left of a large or endless body is not read: the connection ends instead. */
export function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  further: readonly string[] = [],
): void {
  if (response.headersSent || response.destroyed) return
  const body = bodyOf(reply)
  const headers = [...reply.headers, 'content-length', String(body.length)]
  for (let at = 0; at < further.length; at += 2) {
    if (!reply.headers.includes(further[at] as string)) headers.push(further[at] as string, further[at + 1] as string)
  }
  const isLarge = !request.complete && !isSmall(request)
  if (isLarge) response.shouldKeepAlive = false
  const isStillSent = !request.complete && !response.shouldKeepAlive
  response.writeHead(reply.status, headers)
  if (isStillSent) linger(request, response, request.method === 'HEAD' ? NOTHING : body, isLarge)
  else response.end(request.method === 'HEAD' ? undefined : body)
}

const NOTHING = Buffer.alloc(0)

/**
 * Sends the answer whole and closes a little later, without reading on, or when all of a small body is read. A
 * connection that is closed over bytes that nobody has read is reset, and the answer with it (RFC 9112 §9.6).
 */
function linger(request: IncomingMessage, response: ServerResponse, body: Buffer, isLarge: boolean): void {
  if (isLarge) request.pause()
  else request.resume().once('end', () => response.end())
  if (body.length > 0) response.write(body)
  else response.flushHeaders()
  const timer = setTimeout(() => response.end(), LINGER_MS)
  response.once('close', () => clearTimeout(timer))
}

function isSmall(request: IncomingMessage): boolean {
  const stated = request.headers['content-length']
  if (stated !== undefined) return Number(stated) <= DRAIN_BYTES
  return request.headers['transfer-encoding'] === undefined
}

/** Most answers of our own are the same object each time, so their bytes are made once. */
function bodyOf(reply: Reply): Buffer {
  const known = encoded.get(reply)
  if (known !== undefined) return known
  const bytes = Buffer.from(reply.body)
  encoded.set(reply, bytes)
  return bytes
}
