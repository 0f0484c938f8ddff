import { EventEmitter } from 'node:events'
import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http'
import type { Reply } from '@portcullis/auth/http'
import type { EngineRequest } from './request.ts'

/**
 * What the engine takes for a request: as much of Node's class as it looks at. A real one would be a stream with a
 * socket under it, to carry a body that is there already.
 */
export function toIncoming({ method, target, headers, body, peer = '' }: EngineRequest, issuer: URL): IncomingMessage {
  const bytes = body === undefined ? undefined : Buffer.from(body)
  const length = bytes === undefined ? {} : { 'content-length': String(bytes.length) }
  return {
    method,
    url: target,
    originalUrl: target,
    headers: { ...headers, ...length, host: issuer.host },
    httpVersion: '1.1',
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    complete: true,
    readable: true,
    readableEncoding: null,
    iterator: () => (bytes === undefined || bytes.length === 0 ? [] : [bytes]),
    socket: { encrypted: issuer.protocol === 'https:', remoteAddress: peer, writable: true, readable: false },
  } as unknown as IncomingMessage
}

/** What of an answer is not for the caller: the length is the sender's to add. */
const DROPPED = ['content-length', 'transfer-encoding']

/** What the engine takes for a response: as much of Node's class as it uses. Keeps what is written to it. */
export class Outgoing extends EventEmitter {
  statusCode = 200
  statusMessage = ''
  finished = false
  readonly headersSent = false
  /** None, which the engine's helpers take for one that is still to come. */
  readonly socket = null
  private readonly fields = new Map<string, number | string | readonly string[]>()
  private readonly chunks: Buffer[] = []
  private readonly done: (reply: Reply) => void

  /** @param done Gets the whole answer, once it has ended. */
  constructor(done: (reply: Reply) => void = () => {}) {
    super()
    this.done = done
  }

  get writableEnded(): boolean {
    return this.finished
  }

  /** @throws for a value that could not be sent, as Node does. */
  setHeader(name: string, value: number | string | readonly string[]): this {
    for (const each of [value].flat()) validateHeaderValue(name, each as string)
    this.fields.set(name.toLowerCase(), value)
    return this
  }

  getHeader(name: string) {
    return this.fields.get(name.toLowerCase())
  }

  hasHeader(name: string): boolean {
    return this.fields.has(name.toLowerCase())
  }

  getHeaders(): Record<string, unknown> {
    return Object.fromEntries(this.fields)
  }

  getHeaderNames(): string[] {
    return [...this.fields.keys()]
  }

  removeHeader(name: string): void {
    this.fields.delete(name.toLowerCase())
  }

  write(chunk: string | Uint8Array): boolean {
    this.chunks.push(Buffer.from(chunk))
    return true
  }

  end(chunk?: string | Uint8Array): this {
    const isWhole = this.chunks.length === 0 && typeof chunk !== 'object'
    if (!isWhole && chunk !== undefined) this.write(chunk)
    this.finished = true
    const body = isWhole ? ((chunk as string | undefined) ?? '') : Buffer.concat(this.chunks).toString('utf8')
    this.done({ status: this.statusCode, headers: this.sent(), body })
    this.emit('finish')
    return this
  }

  /** All but what concerns other origins, which the edge decides. What is set several times stands there several times. */
  private sent(): string[] {
    const sent: string[] = []
    for (const [name, value] of this.fields) {
      if (DROPPED.includes(name) || name.startsWith('access-control-')) continue
      for (const each of [value].flat()) sent.push(name, String(each))
    }
    return sent
  }
}

export function asResponse(outgoing: Outgoing): ServerResponse {
  return outgoing as unknown as ServerResponse
}
