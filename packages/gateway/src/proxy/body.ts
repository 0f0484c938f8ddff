import type { IncomingMessage } from 'node:http'

export type BodyRead =
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' }
  /** The caller went away, or was cut off for sending too slowly. */
  | { readonly kind: 'gone' }

/** Whether the stated length alone says no, before a byte is read. */
export function isStatedTooLarge(request: IncomingMessage, maxBytes: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > maxBytes
}

/**
 * Reads a body whole, up to `maxBytes`. Slow senders are cut off by the listener's request timeout, which ends the
 * request and is seen here as `gone`.
 * @param done Called at least once; what is said after the first time does not count.
 */
export function readBody(request: IncomingMessage, maxBytes: number, done: (read: BodyRead) => void): void {
  let first: Buffer | undefined
  let chunks: Buffer[] | undefined
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxBytes) {
      request.removeAllListeners('data')
      request.pause()
      done({ kind: 'too_large' })
    } else if (first === undefined) first = chunk
    else if (chunks === undefined) chunks = [first, chunk]
    else chunks.push(chunk)
  })
  request.on('end', () => {
    done({ kind: 'read', bytes: chunks === undefined ? (first ?? NOTHING) : Buffer.concat(chunks) })
  })
  // Node tells of a request that broke off by an error only where somebody listens for one; the end is told in any case.
  request.on('close', () => done({ kind: 'gone' }))
}

const NOTHING = Buffer.alloc(0)
