/**
 * What the core needs of its runtime, wherever there is WebCrypto and no Node: Workers, browsers, others. Of the same
 * shape as `runtime.node.ts`, and slower: a hash comes by promise, thirty times as late and more, and so does every check.
 */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** SHA-256 of a text's UTF-8 bytes: 32 bytes. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
}

/** The same, as a text of 32 characters, one for each byte. */
export async function sha256Latin1(text: string): Promise<string> {
  return toLatin1(await sha256(text))
}

/** Whether 32 bytes are the SHA-256 of a text's UTF-8 bytes; compared in time that does not depend on the bytes. */
export async function isSha256(digest: Uint8Array, text: string): Promise<boolean> {
  if (digest.length !== 32) throw new RangeError('a digest has 32 bytes')
  return isSha256At(digest, 0, text)
}

/** The same of the 32 bytes that begin at an offset, where many lie in one array. */
export async function isSha256At(bytes: Uint8Array, offset: number, text: string): Promise<boolean> {
  // Taken before the wait: what lies there later is another question's.
  const wanted = bytes.slice(offset, offset + 32)
  const computed = await sha256(text)
  let difference = 0
  // Every byte is looked at, whatever the ones before it were.
  for (let at = 0; at < 32; at++) difference |= (computed[at] as number) ^ (wanted[at] as number)
  return difference === 0
}

/** How many random bytes WebCrypto gives at once (Web Cryptography API, `getRandomValues`). */
const DRAW = 65_536

/** Workers give none before their first request. */
export function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += DRAW) crypto.getRandomValues(bytes.subarray(at, at + DRAW))
  return bytes
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(toLatin1(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** @param text base64url without padding, already known to be that. */
export function fromBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** The text of strict UTF-8 bytes (a byte order mark stays in it), or undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** @returns undefined always: here signatures are WebCrypto's, by promise. */
export function verifySignature(
  _alg: string,
  _key: object,
  _text: string,
  _signature: Uint8Array,
): boolean | undefined {
  return undefined
}

/** A variable of the environment, where the runtime has one that looks like Node's. */
export function environment(name: string): string | undefined {
  const { process: host } = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string>> } }
  return host?.env?.[name]
}

/**
 * Runs work when the current one is done. Not by a timer: a Worker drops those with the request that set them, and what
 * says that facts were looked at just now would then say so for ever.
 */
export function defer(work: () => void): void {
  queueMicrotask(work)
}

/** @throws {TypeError} always: what is sealed lies in the stores of an issuer or a gate, and those are on Node. */
export function sealBytes(_key: Uint8Array, _plain: Uint8Array, _context: string): Uint8Array {
  throw new TypeError('sealBytes needs Node: this runtime has no synchronous AES')
}

/** @throws {TypeError} always, as `sealBytes`. */
export function openBytes(_key: Uint8Array, _sealed: Uint8Array, _context: string): Uint8Array {
  throw new TypeError('openBytes needs Node: this runtime has no synchronous AES')
}

function toLatin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
