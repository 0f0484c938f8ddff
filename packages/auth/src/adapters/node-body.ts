import { type Body, MAX_BODY } from '../entry/index.ts'
import { Pieces } from '../http/index.ts'

/** What is used of `http.IncomingMessage` to read its body. */
export interface NodeBody {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly readableEnded: boolean
  readonly destroyed: boolean
  /** What a body parser has made of the body. */
  body?: unknown
  on(event: 'data' | 'end' | 'error' | 'close', listener: (chunk: Uint8Array | string) => void): unknown
}

/**
 * The body of a request, at most `MAX_BODY` bytes of it: read here, or what a body parser has made of it before. What
 * comes beyond the bound is let go by, so that the sender hears the answer.
 */
export function bodyOf(request: NodeBody): Body | Promise<Body> {
  if (request.body !== undefined) return toBody(request.body)
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return { kind: 'too_large' }
  if (request.readableEnded) return undefined
  if (request.destroyed) return { kind: 'left' }
  return new Promise((resolve) => {
    const pieces = new Pieces()
    let isOver = false
    request.on('data', (chunk) => {
      if (isOver) return
      const bytes = typeof chunk === 'string' ? encoder.encode(chunk) : chunk
      isOver = !pieces.add(bytes) || pieces.length > MAX_BODY
      if (isOver) resolve({ kind: 'too_large' })
    })
    request.on('end', () => resolve({ kind: 'bytes', bytes: pieces.whole() }))
    // Node tells of a request that broke off by an error only where somebody listens for one.
    request.on('error', () => resolve({ kind: 'left' }))
    request.on('close', () => resolve({ kind: 'left' }))
  })
}

/** What a parser has made of a body. Parsers of texts and bytes leave the JSON to us. */
export function toBody(value: unknown): Body {
  if (value === undefined) return undefined
  if (typeof value === 'string') return { kind: 'bytes', bytes: encoder.encode(value) }
  return value instanceof Uint8Array ? { kind: 'bytes', bytes: value } : { kind: 'parsed', value }
}

const encoder = new TextEncoder()
