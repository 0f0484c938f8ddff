/**
 * The six characters at the end of a key that tell a mistyped or cut one from a wrong one without asking anybody,
 * and that let secret scanners drop look-alikes. Not a security measure: anyone can compute them.
 *
 * CRC-32 (ISO-HDLC, the one of zlib and PNG) of everything before it, as six base-62 digits.
 */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value >>> 0
})

export const CHECKSUM_LENGTH = 6

/** @param text ASCII only; other characters are taken by their lowest eight bits. */
export function checksum(text: string): string {
  let crc = 0xffffffff
  for (let at = 0; at < text.length; at++) {
    crc = (TABLE[(crc ^ text.charCodeAt(at)) & 0xff] as number) ^ (crc >>> 8)
  }
  let rest = (crc ^ 0xffffffff) >>> 0
  let digits = ''
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    digits = DIGITS[rest % 62] + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}
