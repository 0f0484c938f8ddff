import { importVerificationKey, type VerificationKey } from '@portcullis/auth/crypto'
import type { TokenIssuer } from '@portcullis/auth/guard'

/**
 * The keys of an issuer in this process, as it publishes them now: no request is needed, and a key that it publishes no
 * more is gone at once.
 * @param keySet The JWK set as text; the same text stands for the same keys.
 */
export function publishedKeys(issuer: string, keySet: () => string): TokenIssuer {
  let text = ''
  let keys = new Map<string, Promise<VerificationKey> | VerificationKey>()
  const look = (): void => {
    const current = keySet()
    if (current === text) return
    const { keys: published } = JSON.parse(current) as { readonly keys: readonly Record<string, unknown>[] }
    const known = keys
    // A key that stays is the same object: proofs made with it go on to count.
    keys = new Map(published.map((jwk) => [String(jwk.kid), known.get(String(jwk.kid)) ?? importVerificationKey(jwk)]))
    for (const [kid, key] of keys) {
      if (key instanceof Promise) key.then((imported) => keys.has(kid) && keys.set(kid, imported))
    }
    text = current
  }
  return {
    issuer,
    key(kid) {
      look()
      return keys.get(kid)
    },
  }
}
