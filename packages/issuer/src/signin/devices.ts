import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How long a browser counts as known, in seconds. */
export const DEVICE_SECONDS = 180 * 86_400

/**
 * Marks that a name has signed in with a browser. Whoever sends one is not held to the bounds of its network; it opens
 * nothing. It is bound to the name without holding it, and nothing is kept here.
 */
export class Devices {
  private readonly key: Uint8Array
  private readonly now: () => number

  constructor(key: Uint8Array, now: () => number) {
    this.key = key
    this.now = now
  }

  mark(name: string): string {
    const id = randomBytes(16).toString('base64url')
    const until = String(this.now() + DEVICE_SECONDS)
    return `${id}.${until}.${this.proof(id, until, name)}`
  }

  /** @returns the browser's id, when it was marked for this name and the mark has not run out. */
  find(mark: string | undefined, name: string): string | undefined {
    const [id, until, proof, ...rest] = (mark ?? '').split('.')
    if (id === undefined || until === undefined || proof === undefined || rest.length > 0) return undefined
    const expected = Buffer.from(this.proof(id, until, name))
    const given = Buffer.from(proof)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    return Number(until) > this.now() ? id : undefined
  }

  private proof(id: string, until: string, name: string): string {
    return createHmac('sha256', this.key).update(`device\n${id}\n${until}\n${name}`).digest('base64url')
  }
}
