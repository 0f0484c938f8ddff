/**
 * Hashes, random secrets, checksums, sealing and signatures: the ground floor. Knows nothing of MCP, OAuth or HTTP, and is the
 * only room that touches the runtime's own cryptography.
 *
 * Node hashes at once. WebCrypto, which other runtimes have, answers by promise: there everything that waits for a hash
 * is a promise, too.
 */
import { isSha256, isSha256At, randomBytes, sha256, sha256Latin1, toBase64Url } from '#runtime'

export { decodeUtf8, defer, environment, openBytes, randomBytes, sealBytes } from '#runtime'
export { CHECKSUM_LENGTH, checksum } from './checksum.ts'
export {
  importSharedSecret,
  importVerificationKey,
  isSignedBy,
  type JwtHeader,
  type JwtTexts,
  jwtTexts,
  readJwtHeader,
  SIGNATURES,
  type Signature,
  type VerificationKey,
  verifyJwt,
} from './jwt.ts'

/** What is there at once where it can be. */
export type MaybePromise<T> = T | Promise<T>

declare const digest: unique symbol
/** SHA-256 of a secret, 32 bytes. Only `digestOf` makes one, so a raw secret cannot reach a store. */
export type Digest = Uint8Array & { readonly [digest]: true }

/** SHA-256 of a text as 32 characters: a name for something too long or too secret to be one itself. Not printable. */
export function nameOf(text: string): MaybePromise<string> {
  return sha256Latin1(text)
}

export function digestOf(secret: string): MaybePromise<Digest> {
  return sha256(secret) as MaybePromise<Uint8Array> as MaybePromise<Digest>
}

/** Whether a secret is the one of this digest; compared in constant time. */
export function isDigestOf(digest: Uint8Array, secret: string): MaybePromise<boolean> {
  return isSha256(digest, secret)
}

/** The same of the digest that begins at an offset of an array of many. */
export function isDigestAt(digests: Uint8Array, offset: number, secret: string): MaybePromise<boolean> {
  return isSha256At(digests, offset, secret)
}

/** What a store has kept: the bytes of an earlier `digestOf`. */
export function storedDigest(bytes: Uint8Array): Digest {
  if (bytes.length !== 32) throw new TypeError('a digest has 32 bytes')
  return bytes as Digest
}

/** `bytes` random bytes as base64url without padding; 32 bytes make 43 characters. */
export function randomText(bytes: number): string {
  return toBase64Url(randomBytes(bytes))
}

const ID_DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** A random public id of `length` characters from 0-9a-z (5.17 bits each), drawn without bias. */
export function randomId(length: number): string {
  let id = ''
  while (id.length < length) {
    // 252 is the largest multiple of 36 below 256: bytes above it would favour the first digits.
    for (const byte of randomBytes(length)) if (byte < 252 && id.length < length) id += ID_DIGITS[byte % 36]
  }
  return id
}
