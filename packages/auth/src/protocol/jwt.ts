import { jwtTexts } from '../crypto/index.ts'
import { readPlainText } from './plain-json.ts'
import { readStrictText } from './strict-json.ts'

/** Longer tokens are refused unread, in characters: no header field that carries one is that long. */
export const MAX_TOKEN = 16 * 1024
const MAX_KID = 256

/** What a compact JWT says, not verified. */
export interface UnverifiedJwt {
  readonly alg: string
  readonly kid: string | undefined
  /** Lower case, without `application/` (RFC 7515 §4.1.9). */
  readonly typ: string | undefined
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Reads a compact JWT strictly: a name that comes twice in header or payload is refused, for readers disagree about which
 * one counts. Keys and key addresses in the header (`jwk`, `jku`, `x5u`, `x5c`) are not looked at (RFC 8725 §3.10). What
 * the header calls critical (`crit`), compresses (`zip`), does not encode (`b64`) or nests (`cty: JWT`) is not understood
 * here, and so is refused (RFC 7515 §4.1.11, RFC 7519 §5.2).
 * @returns undefined for all that is refused, and for what is no JWT in its compact form.
 */
export function readJwt(token: string): UnverifiedJwt | undefined {
  if (token.length > MAX_TOKEN) return undefined
  const texts = jwtTexts(token)
  if (texts === undefined) return undefined
  const header = readObject(texts.header)
  const payload = readObject(texts.payload)
  if (header === undefined || payload === undefined) return undefined
  const { alg, kid, typ, crit, zip, b64, cty } = header
  const isPlain = crit === undefined && zip === undefined && b64 === undefined
  if (!isPlain || typeof alg !== 'string' || !isAbsentOrText(kid) || !isAbsentOrText(typ)) return undefined
  if (cty !== undefined && (typeof cty !== 'string' || nameOfType(cty) === 'jwt')) return undefined
  return { alg, kid, typ: typ === undefined ? undefined : nameOfType(typ), payload }
}

function nameOfType(type: string): string {
  return type.toLowerCase().replace(/^application\//, '')
}

function isAbsentOrText(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value !== '' && value.length <= MAX_KID)
}

function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const plain = readPlainText(text, {})
  if (plain !== undefined) return plain
  try {
    const { value } = readStrictText(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined
  } catch {
    return undefined
  }
}
