import { type CryptoKey, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { decodeUtf8, fromBase64Url, verifySignature } from '#runtime'

/** Asymmetric signatures that a token may carry. `none` and those with a shared secret are not among them. */
export const SIGNATURES = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const
export type Signature = (typeof SIGNATURES)[number]

/** What a JWT's header says, as long as it is one that could be verified here. Not verified. */
export interface JwtHeader {
  readonly alg: Signature
  readonly kid: string
  /** Lower case, without `application/` (RFC 7515 §4.1.9). */
  readonly typ: string
}

/** A public key, and what it may be used for. */
export interface VerificationKey {
  readonly kid: string
  readonly alg: string
  readonly key: CryptoKey | Uint8Array
}

const PARTS = /^([\w-]*)\.([\w-]*)\.([\w-]*)$/
/** What a last character can be, by how many characters are over after groups of four. */
const LAST = ['', undefined, 'AQgw', 'AEIMQUYcgkosw048'] as const

/**
 * The three parts of a compact JWT, each in base64url as it would be encoded (RFC 4648 §3.5): what is left over in a last
 * character is zero. Decoders drop it, so that one signature would have many spellings.
 */
function partsOf(token: string): readonly [string, string, string] | undefined {
  const [, head, body, signature] = PARTS.exec(token) ?? []
  if (head === undefined || body === undefined || signature === undefined) return undefined
  return isCanonical(head) && isCanonical(body) && isCanonical(signature) ? [head, body, signature] : undefined
}

function isCanonical(part: string): boolean {
  const last = LAST[part.length % 4]
  return last === '' || last?.includes(part.charAt(part.length - 1)) === true
}

/**
 * Reads a compact JWT's header. Keys and key addresses in it (`jwk`, `jku`, `x5u`, `x5c`) are not looked at
 * (RFC 8725 §3.10), and what it calls critical is not understood here (RFC 7515 §4.1.11).
 * @returns undefined for what is no JWT, is not written as encoders write it, or has a header that cannot be accepted.
 */
export function readJwtHeader(token: string): JwtHeader | undefined {
  if (partsOf(token) === undefined) return undefined
  let header: ReturnType<typeof decodeProtectedHeader>
  try {
    header = decodeProtectedHeader(token)
  } catch {
    return undefined
  }
  const { alg, kid, typ, crit } = header
  const isKnown = SIGNATURES.includes(alg as Signature)
  if (!isKnown || typeof kid !== 'string' || typeof typ !== 'string' || crit !== undefined) return undefined
  return { alg: alg as Signature, kid, typ: typ.toLowerCase().replace(/^application\//, '') }
}

/** The two texts of a compact JWT, decoded and not verified. */
export interface JwtTexts {
  readonly header: string
  readonly payload: string
}

/**
 * Header and payload of a compact JWT as texts; what they say is for others to read.
 * @returns undefined for what is no compact JWT, is not written as encoders write it, or is not UTF-8.
 */
export function jwtTexts(token: string): JwtTexts | undefined {
  const parts = partsOf(token)
  if (parts === undefined) return undefined
  const header = decodeUtf8(fromBase64Url(parts[0]))
  const payload = decodeUtf8(fromBase64Url(parts[1]))
  return header === undefined || payload === undefined ? undefined : { header, payload }
}

/**
 * Whether a compact JWT was signed with this key by the algorithm `alg`. Looks at nothing else: neither at what the
 * header calls critical nor at any claim.
 * @param alg As the header has it. Compare it with the key's own before: `EdDSA` and `Ed25519` are two names of one.
 */
export async function isSignedBy(token: string, { key }: VerificationKey, alg: string): Promise<boolean> {
  const atOnce = key instanceof Uint8Array ? undefined : isSignedAtOnce(token, key, alg)
  if (atOnce !== undefined) return atOnce
  try {
    await compactVerify(token, key, { algorithms: [alg] })
    return true
  } catch {
    return false
  }
}

function isSignedAtOnce(token: string, key: CryptoKey, alg: string): boolean | undefined {
  const parts = partsOf(token)
  if (parts === undefined) return false
  const [head, body, signature] = parts
  return verifySignature(alg, key, `${head}.${body}`, fromBase64Url(signature))
}

/** A shared secret as a key for HS256. @param secret At least 32 bytes (RFC 7518 §3.2). */
export async function importSharedSecret(secret: Uint8Array): Promise<VerificationKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  // A copy: what the caller does with its bytes afterwards changes no key.
  const key = await crypto.subtle.importKey('raw', new Uint8Array(secret), algorithm, false, ['verify'])
  return { kid: '', alg: 'HS256', key }
}

/** @throws when the JWK is none that can verify: of another kind or curve than `alg`, or an RSA key below 2048 bits (RFC 7518 §3.3). */
export async function importVerificationKey(jwk: Readonly<Record<string, unknown>>): Promise<VerificationKey> {
  const { kid, alg } = jwk
  if (typeof kid !== 'string' || typeof alg !== 'string') throw new TypeError('a key needs kid and alg')
  const key = await importJWK(jwk as JWK, alg)
  const { modulusLength } = key instanceof Uint8Array ? {} : (key.algorithm as { readonly modulusLength?: number })
  if (modulusLength !== undefined && modulusLength < 2048) throw new TypeError('an RSA key has at least 2048 bits')
  return { kid, alg, key }
}

/** The claims of a JWT that this key has signed with its own algorithm; undefined when it has not. */
export async function verifyJwt(token: string, key: VerificationKey): Promise<Record<string, unknown> | undefined> {
  try {
    const { payload } = await compactVerify(token, key.key, { algorithms: [key.alg] })
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
    return typeof claims === 'object' && claims !== null && !Array.isArray(claims)
      ? (claims as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
