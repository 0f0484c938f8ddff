import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What anybody can compute: the last six characters of a key, over everything in front of them. */
export function checksumOf(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let count = 0; count < 6; count++) {
    digits = DIGITS[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

/** A well-formed key or URL secret with the public id of another, and a secret that nobody has. */
export function withOtherSecret(text: string): string {
  const body = `${text.slice(0, 22)}${randomBytes(32).toString('base64url')}_`
  return body + checksumOf(body)
}

/** A well-formed one that was never made. */
export function neverMade(prefix: 'pcls_' | 'pclu_' = 'pcls_'): string {
  const id = randomBytes(8).toString('hex')
  return withOtherSecret(`${prefix}${id}_`)
}
