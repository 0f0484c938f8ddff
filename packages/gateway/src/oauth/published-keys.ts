import { importVerificationKey, type VerificationKey } from '@portcullis/auth/crypto'
import type { MaybePromise } from '@portcullis/auth/store'

/** Our own issuer, as the guard asks it: each of its keys has an id and is for one algorithm. */
export interface EmbeddedIssuer {
  readonly issuer: string
  key(kid: string): MaybePromise<VerificationKey | undefined>
}

/**
 * The keys of an issuer in this process, as it publishes them now: no request is needed, and a key that it publishes no
 * more is gone at once.
 * @param keySet The JWK set as text; the same text stands for the same keys.
 */
export function publishedKeys(issuer: string, keySet: () => string): EmbeddedIssuer {
  let text = ''
  let keys: ReadonlyMap<string, Published> = new Map()
  const look = (): void => {
    const current = keySet()
    if (current === text) return
    const { keys: published } = JSON.parse(current) as { readonly keys: readonly Record<string, unknown>[] }
    keys = new Map(published.map((jwk) => [String(jwk.kid), keep(jwk, keys.get(String(jwk.kid)))]))
    text = current
  }
  return {
    issuer,
    key(kid) {
      look()
      return keys.get(kid)?.key
    },
  }
}

interface Published {
  /** The JWK as text: what makes it the same key. */
  readonly jwk: string
  key: VerificationKey | Promise<VerificationKey>
}

/** A key that stays is the same object: proofs made with it go on to count. */
function keep(jwk: Record<string, unknown>, known: Published | undefined): Published {
  const text = JSON.stringify(jwk)
  if (known?.jwk === text) return known
  const importing = importVerificationKey(jwk)
  const published: Published = { jwk: text, key: importing }
  importing.then(
    (key) => {
      published.key = key
    },
    () => {}, // who asks for it hears of it
  )
  return published
}
