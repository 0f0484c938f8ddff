import { timingSafeEqual } from 'node:crypto'
import { randomText } from '@portcullis/auth/crypto'
import { hashOf } from '../vault/index.ts'

/** 256 random bits, in characters that mean the same in a form and in an `Authorization` header (requirements IT-15). */
const SECRET_BYTES = 32

/** A client's secret, and what is kept of it: SHA-256, base64url. Nobody can guess that much, so a slow hash gains nothing. */
export function makeSecret(): { readonly secret: string; readonly stored: string } {
  const secret = randomText(SECRET_BYTES)
  return { secret, stored: hashOf(secret) }
}

/** Compared in constant time. */
export function isSecretOf(stored: string, given: string): boolean {
  const expected = Buffer.from(stored)
  const actual = Buffer.from(hashOf(given))
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}
