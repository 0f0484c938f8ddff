import type { TokenIssuer } from '../guard/index.ts'
import type { CredentialStore, RevocationStore } from '../store/index.ts'

/** What a guard reads of a store of keys. */
export type KeyStore = Pick<CredentialStore, 'find' | 'list' | 'changes' | 'touch'>

/** A way into a server: an entry of `access`. Made by the functions below. */
export type Way =
  | { readonly kind: 'api-key'; readonly store: KeyStore }
  | { readonly kind: 'unlisted'; readonly store: KeyStore }
  | TokenWay
  | { readonly kind: 'public' }

/** Access tokens: with metadata that lets clients sign in (`oauth`), or for those who have one already (`jwt`). */
export interface TokenWay {
  readonly kind: 'oauth' | 'jwt'
  readonly issuers: readonly TokenIssuer[]
  /** What ended early, where this process shares the issuer's store. */
  readonly revocations?: RevocationStore
}

export function isTokenWay(way: Way): way is TokenWay {
  return way.kind === 'oauth' || way.kind === 'jwt'
}

/**
 * API keys (`pcls_…`) that were issued into this store by `issue` of `@portcullis/auth/keys`, for the guard's `name`.
 * Accepted as `Authorization: Bearer` and as `X-API-Key`.
 */
export function apiKeys(store: KeyStore): Way {
  return { kind: 'api-key', store: needStore('apiKeys', store) }
}

/**
 * Secret URLs: `RESOURCE/SECRET`, issued into this store as credentials of the kind `secret-url`. Every refusal is a
 * 404, as at any address where nothing is.
 */
export function unlisted(store: KeyStore): Way {
  return { kind: 'unlisted', store: needStore('unlisted', store) }
}

/** Everybody, without a credential. Stands alone: beside others, a refused credential would fall through to nobody. */
export function publicAccess(): Way {
  return { kind: 'public' }
}

function needStore(name: string, store: KeyStore | undefined): KeyStore {
  if (typeof store?.find !== 'function' || typeof store.changes !== 'function') {
    throw new TypeError(
      `${name}() needs a store: memoryCredentials() or sqliteCredentials(db) of @portcullis/auth/store`,
    )
  }
  return store
}
