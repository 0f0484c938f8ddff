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
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<BodyRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) {
        chunks.push(chunk)
        return
      }
      request.removeAllListeners('data')
      request.pause()
      resolve({ kind: 'too_large' })
    })
    request.on('end', () => {
      resolve({ kind: 'read', bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) })
    })
    request.on('error', () => resolve({ kind: 'gone' }))
    request.on('close', () => resolve({ kind: 'gone' }))
  })
}
