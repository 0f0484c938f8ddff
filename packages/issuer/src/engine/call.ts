import { type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Reply } from '@portcullis/auth/http'
import { attach, type Redemption } from './redemption.ts'

/** A request as the engine gets it: what the edge has checked, and nothing else of what the caller sent. */
export interface EngineRequest {
  readonly method: string
  /** Path and query, as the engine routes them. */
  readonly target: string
  /** Lower-case names. `host` is set by the engine's room from the issuer, never from here. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** The caller's address. */
  readonly peer?: string
}

/**
 * Asks the engine and takes its whole answer, so that the edge can look at both. The engine sees a request that was
 * made for it: `Host` and scheme are the issuer's own (it builds URLs from them), no header of a proxy reaches it.
 */
export function callEngine(
  listener: RequestListener,
  issuer: URL,
  request: EngineRequest,
  redemption?: Redemption,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const incoming = toIncoming(request, issuer)
  if (redemption !== undefined) attach(incoming, redemption)
  const outgoing = new ServerResponse(incoming)
  collect(outgoing, resolve)
  Promise.try(() => listener(incoming, outgoing)).catch(reject)
  return promise
}

/** What the engine's helpers take for a request and its response; what they set is in the answer that `taken` makes. */
export function standIns(request: EngineRequest, issuer: URL): { req: IncomingMessage; res: ServerResponse } {
  const req = toIncoming(request, issuer)
  return { req, res: new ServerResponse(req) }
}

function toIncoming({ method, target, headers, body, peer = '' }: EngineRequest, issuer: URL): IncomingMessage {
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const stream = new Readable({ read() {} })
  if (bytes !== undefined && bytes.length > 0) stream.push(bytes)
  stream.push(null)
  const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) }
  return Object.assign(stream, {
    method,
    url: target,
    originalUrl: target,
    headers: { ...headers, ...length, host: issuer.host },
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    complete: true,
    socket: { encrypted: issuer.protocol === 'https:', remoteAddress: peer, writable: true, readable: false },
  }) as unknown as IncomingMessage
}

function collect(outgoing: ServerResponse, done: (response: Reply) => void): void {
  const chunks: Buffer[] = []
  const take = (chunk: unknown, encoding: unknown): void => {
    if (chunk === undefined || chunk === null || typeof chunk === 'function') return
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk, toEncoding(encoding)) : Buffer.from(chunk as Uint8Array))
  }
  outgoing.write = (chunk: unknown, encoding?: unknown) => {
    take(chunk, encoding)
    return true
  }
  outgoing.end = (chunk?: unknown, encoding?: unknown) => {
    take(chunk, encoding)
    done({ status: outgoing.statusCode, headers: fieldsOf(outgoing), body: Buffer.concat(chunks).toString('utf8') })
    outgoing.emit('finish')
    return outgoing
  }
}

/**
 * All but the length, which is the sender's to add, and what concerns other origins, which the edge decides. A field
 * that is set several times stands there several times.
 */
function fieldsOf(outgoing: ServerResponse): string[] {
  return Object.entries(outgoing.getHeaders())
    .filter(([name]) => !DROPPED.includes(name) && !name.startsWith('access-control-'))
    .flatMap(([name, value]) => [value].flat().flatMap((each) => [name, String(each)]))
}

const DROPPED = ['content-length', 'transfer-encoding']

function toEncoding(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'
}
