import type { IncomingMessage } from 'node:http'
import { Pieces } from '@portcullis/auth/http'

export type BodyRead =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' }
  /** It came in so many pieces that each cost more than it said. The connection is gone. */
  | { readonly kind: 'crumbled' }
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
  const pieces = new Pieces()
  request.on('data', (chunk: Buffer) => {
    const isCrumbled = !pieces.add(chunk)
    if (!isCrumbled && pieces.length <= maxBytes) return
    request.removeAllListeners('data')
    // A request that is paused still takes crumbs, until they are as many bytes as it holds.
    if (isCrumbled) request.destroy()
    else request.pause()
    done({ kind: isCrumbled ? 'crumbled' : 'too_large' })
  })
  request.on('end', () => done({ kind: 'read', bytes: pieces.whole() }))
  // Node tells of a request that broke off by an error only where somebody listens for one; the end is told in any case.
  request.on('close', () => done({ kind: 'gone' }))
}
