import { createHash, generateKeyPairSync, type JsonWebKey } from 'node:crypto'

export type Algorithm = 'ES256' | 'EdDSA'

/** A private key as the engine takes it. */
export type SigningKey = JsonWebKey & { readonly kid: string; readonly alg: string; readonly use: 'sig' }

/** A new private key; its id is its RFC 7638 thumbprint. */
export function makeKey(algorithm: Algorithm): { readonly kid: string; readonly key: JsonWebKey } {
  const { privateKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  const key = privateKey.export({ format: 'jwk' })
  return { kid: thumbprint(key), key }
}

/** What others may know of a key: named members alone, so that no private one can slip through. */
export function publicHalf({ kty, crv, x, y, kid, alg, use }: SigningKey): Readonly<Record<string, unknown>> {
  return { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg, use }
}

function thumbprint({ kty, crv, x, y }: JsonWebKey): string {
  const members = kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
