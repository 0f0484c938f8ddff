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
    return `${id}.${until}.${this.proof(id, until, name)}.${this.proof(id, until)}`
  }

  /** @returns the browser's id, when it was marked for this name and the mark has not run out. */
  find(mark: string | undefined, name: string): string | undefined {
    const [id = '', until = '', proof = ''] = (mark ?? '').split('.')
    return this.isGood(proof, this.proof(id, until, name), until) ? id : undefined
  }

  /** @returns the browser's id, when it was marked for anybody and the mark has not run out. */
  idOf(mark: string | undefined): string | undefined {
    const [id = '', until = '', , proof = ''] = (mark ?? '').split('.')
    return this.isGood(proof, this.proof(id, until), until) ? id : undefined
  }

  private isGood(proof: string, wanted: string, until: string): boolean {
    const [given, expected] = [Buffer.from(proof), Buffer.from(wanted)]
    return given.length === expected.length && timingSafeEqual(given, expected) && Number(until) > this.now()
  }

  /** Without a name: for nobody in particular. */
  private proof(id: string, until: string, name?: string): string {
    const of = name === undefined ? `any device\n${id}\n${until}` : `device\n${id}\n${until}\n${name}`
    return createHmac('sha256', this.key).update(of).digest('base64url')
  }
}
