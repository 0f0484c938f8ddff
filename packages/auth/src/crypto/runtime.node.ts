/**
 * What the core needs of its runtime, on Node and on what is like it (Deno, Bun). The only file of the package that names
 * `node:*` or what Node puts into every file; elsewhere `runtime.web.ts` takes its place, by the package's `imports`
 * condition `#runtime`.
 */
import { isUtf8 } from 'node:buffer'
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  KeyObject,
  randomFillSync,
  verify,
  type webcrypto,
} from 'node:crypto'

/** SHA-256 of a text's UTF-8 bytes: 32 bytes. */
export function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}

/** The same, as a text of 32 characters, one for each byte: the quickest name for a long text. */
export function sha256Latin1(text: string): string {
  return hash('sha256', text, 'binary')
}

/** Whether 32 bytes are the SHA-256 of a text's UTF-8 bytes; compared in time that does not depend on the bytes. */
export function isSha256(digest: Uint8Array, text: string): boolean {
  if (digest.length !== 32) throw new RangeError('a digest has 32 bytes')
  return isSha256At(digest, 0, text)
}

/** The same of the 32 bytes that begin at an offset, where many lie in one array. */
export function isSha256At(bytes: Uint8Array, offset: number, text: string): boolean {
  // As a text, and compared here: making bytes of it for `timingSafeEqual` takes half as long as the hash itself.
  const computed = hash('sha256', text, 'binary')
  let difference = 0
  // Every byte is looked at, whatever the ones before it were.
  for (let at = 0; at < 32; at++) difference |= computed.charCodeAt(at) ^ (bytes[offset + at] as number)
  return difference === 0
}

export function randomBytes(length: number): Uint8Array {
  return randomFillSync(new Uint8Array(length))
}

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

/** @param text base64url without padding, already known to be that: other characters are not told of. */
export function fromBase64Url(text: string): Uint8Array {
  return Buffer.from(text, 'base64url')
}

/** The text of strict UTF-8 bytes (a byte order mark stays in it), or undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

/** A variable of the process's environment. */
export function environment(name: string): string | undefined {
  return process.env[name]
}

/** Runs work in a later turn of the event loop. */
export function defer(work: () => void): void {
  setImmediate(work)
}

/** How Node is told of a JWS algorithm (RFC 7518 §3.1, RFC 8037 §3.1). */
const SIGNATURES = {
  ES256: { hash: 'sha256', how: { dsaEncoding: 'ieee-p1363' } },
  ES384: { hash: 'sha384', how: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { hash: null, how: {} },
  Ed25519: { hash: null, how: {} },
  PS256: { hash: 'sha256', how: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } },
  RS256: { hash: 'sha256', how: { padding: constants.RSA_PKCS1_PADDING } },
} as const

const keyObjects = new WeakMap<object, KeyObject>()

/**
 * Whether a signature over ASCII text is this public key's, at once: WebCrypto takes as long and hands the work to another
 * thread besides. The key was imported for the algorithm, so it is of its kind and curve.
 * @param key A `CryptoKey`.
 * @returns undefined where this cannot be said here: another algorithm, or a runtime that only looks like Node.
 */
export function verifySignature(alg: string, key: object, text: string, signature: Uint8Array): boolean | undefined {
  const known = Object.hasOwn(SIGNATURES, alg) ? SIGNATURES[alg as keyof typeof SIGNATURES] : undefined
  if (known === undefined) return undefined
  try {
    let object = keyObjects.get(key)
    if (object === undefined) {
      object = KeyObject.from(key as webcrypto.CryptoKey)
      keyObjects.set(key, object)
    }
    return verify(known.hash, Buffer.from(text, 'latin1'), { key: object, ...known.how }, signature)
  } catch {
    return undefined
  }
}

const keys = new WeakMap<Uint8Array, KeyObject>()

/** Preparing a key takes Node longer than using it: 13 of 20 microseconds. Keys are never written to. */
function prepared(key: Uint8Array): KeyObject {
  let known = keys.get(key)
  if (known === undefined) {
    known = createSecretKey(key)
    keys.set(key, known)
  }
  return known
}

/** AES-256-GCM with a fresh 96-bit nonce: nonce, tag and ciphertext in one array. `context` is authenticated, not stored. */
export function sealBytes(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', prepared(key), nonce).setAAD(Buffer.from(context))
  const body = [cipher.update(plain), cipher.final()]
  return Buffer.concat([nonce, cipher.getAuthTag(), ...body])
}

/** @throws when the key, the context or any byte is not the one it was sealed with, or one is missing. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  // Without a stated length Node takes a cut tag for a short one.
  const decipher = createDecipheriv('aes-256-gcm', prepared(key), sealed.subarray(0, 12), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(sealed.subarray(12, 28))
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()])
}
