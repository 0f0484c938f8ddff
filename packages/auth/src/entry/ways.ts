import { environment } from '../crypto/index.ts'
import { type FixedKeys, readFixedKeys, type TokenIssuer } from '../guard/index.ts'
import {
  type RemoteIssuerOptions,
  remoteIssuer,
  type SharedSecretOptions,
  sharedSecretIssuer,
} from '../issuers/index.ts'
import { isOptions } from '../protocol/index.ts'
import type { CredentialStore, RevocationStore } from '../store/index.ts'

/** What a guard reads of a store of keys. */
export type KeyStore = Pick<CredentialStore, 'find' | 'list' | 'changes' | 'touch'>

/** A way into a server: an entry of `access`. Made by the functions below. */
export type Way =
  | { readonly kind: 'api-key'; readonly store: KeyStore }
  | { readonly kind: 'api-key'; readonly fixed: FixedKeys; readonly warnings: readonly string[] }
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
 * Keys from an environment variable: entries separated by commas or white space, each `id:sha256` (of the whole key, in
 * hex), or a key in clear of at least 32 bytes, which is warned of. They hold every scope that the guard knows, and end when they leave the
 * variable and the process starts anew.
 * @throws {TypeError} at once where the variable is unset or empty, or an entry is wrong: nobody could come in.
 */
apiKeys.fromEnv = (name: string): Way => fixedWay(environment(name), name)

/** The same from a text, where the environment comes another way (a Worker's `env`). @param source For messages. */
apiKeys.fromText = (text: string | undefined, source = 'apiKeys.fromText()'): Way => fixedWay(text, source)

function fixedWay(text: string | undefined, source: string): Way {
  const warnings: string[] = []
  const fixed = readFixedKeys(text, { source, onWarning: (warning) => warnings.push(warning) })
  return { kind: 'api-key', fixed, warnings }
}

/** What comes beside the options of an issuer. */
export interface Shared {
  /** The issuer's store, where this process has it: what is revoked there ends with the next request. */
  readonly revocations?: RevocationStore
}

/**
 * Access tokens of an authorization server, by OAuth 2.1: clients learn from the guard where to sign in (RFC 9728). Keys
 * and metadata are fetched when the first token comes. Several issuers: several entries.
 *
 *     oauth({ issuer: 'https://login.example.com' })
 *     oauth(auth0({ domain: 'example.eu.auth0.com', audience: 'https://notes.example.com' }))
 *
 * @throws {TypeError} for options that cannot work.
 */
export function oauth(issuer: RemoteIssuerOptions | TokenIssuer, { revocations }: Shared = {}): Way {
  expectIssuer('oauth', issuer)
  const issuers = ['key' in issuer ? issuer : remoteIssuer(issuer)]
  return { kind: 'oauth', issuers, ...(revocations === undefined ? {} : { revocations }) }
}

/**
 * Access tokens for callers who have one already: no metadata, no offer to sign in. With `secret`, tokens by HS256
 * (at least 256 bits; warned of: whoever can check them can make them).
 * @throws {TypeError} for options that cannot work.
 */
export function jwt(
  issuer: RemoteIssuerOptions | SharedSecretOptions | TokenIssuer,
  { revocations }: Shared = {},
): Way {
  expectIssuer('jwt', issuer)
  const issuers = ['key' in issuer ? issuer : 'secret' in issuer ? sharedSecretIssuer(issuer) : remoteIssuer(issuer)]
  return { kind: 'jwt', issuers, ...(revocations === undefined ? {} : { revocations }) }
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

/** @throws {TypeError} for what is not even an object. */
function expectIssuer(name: string, issuer: unknown): void {
  if (isOptions(issuer)) return
  const found = typeof issuer === 'string' ? 'an object, not a text' : 'options'
  throw new TypeError(`${name}() takes ${found}: write ${name}({ issuer: 'https://login.example.com' })`)
}

function needStore(name: string, store: KeyStore | undefined): KeyStore {
  if (typeof store?.find !== 'function' || typeof store.changes !== 'function') {
    throw new TypeError(
      `${name}() needs a store: memoryCredentials() or sqliteCredentials(db) of @portcullis/auth/store`,
    )
  }
  return store
}
