import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A form's proof that it comes from a page we made for this browser: an HMAC over what the browser's cookie names. Who
 * cannot read the cookie or the page cannot make one, and nothing need be kept.
 */
export class FormTokens {
  private readonly key: Uint8Array

  constructor(key: Uint8Array) {
    this.key = key
  }

  /** @param purpose What the form does. @param binding What only this browser's cookie leads to. */
  make(purpose: string, binding: string): string {
    return createHmac('sha256', this.key).update(`${purpose}\n${binding}`).digest('base64url')
  }

  isGood(token: string | undefined, purpose: string, binding: string): boolean {
    const expected = Buffer.from(this.make(purpose, binding))
    const given = Buffer.from(token ?? '')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}
