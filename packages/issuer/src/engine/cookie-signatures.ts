import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/**
 * What the engine signs its cookies with, and knows its own by: HMAC-SHA-256, base64url. Takes the place of the package
 * that it brings along (its shape is that package's, `keygrip`), which signs with SHA-1 and compares by two more HMACs
 * with a fresh random key.
 */
export class CookieSignatures {
  private readonly key: KeyObject

  /** @param key 32 bytes. */
  constructor(key: Uint8Array) {
    this.key = createSecretKey(key)
  }

  sign(data: string): string {
    return createHmac('sha256', this.key).update(data).digest('base64url')
  }

  /** Compared in time that does not depend on the characters. */
  verify(data: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(data), 'latin1')
    const shown = Buffer.from(signature, 'utf8')
    return shown.length === expected.length && timingSafeEqual(shown, expected)
  }

  /** Which key a signature was made with: there is one, so 0, or -1 where it was made with none of ours. */
  index(data: string, signature: string): number {
    return this.verify(data, signature) ? 0 : -1
  }
}
