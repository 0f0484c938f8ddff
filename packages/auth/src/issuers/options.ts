import { SIGNATURES, type Signature } from '../crypto/index.ts'
import { expectKnown, isOptions, type Known } from '../protocol/index.ts'
import { isLoopback, isSafeAddress } from './addresses.ts'
import type { Fetch } from './ask.ts'
import type { ClaimNames } from './claims.ts'
import type { Warning } from './key-set.ts'
import type { IdTokenSign } from './rules.ts'

/** Accept issuers at plain `http:` on other machines, for development. The guard warns when it starts. */
export const allowInsecureIssuers: unique symbol = Symbol('allowInsecureIssuers')

/**
 * Accept tokens of the issuer whoever they were made for, those without `aud` included. Every other server that gets such
 * a token can use it here (RFC 8707 §2): only for an issuer that serves nothing but this. `clients` narrows it, and is no
 * substitute for an audience. The guard warns when it starts.
 */
export const dangerouslyAcceptAnyAudience: unique symbol = Symbol('dangerouslyAcceptAnyAudience')

/** How tokens are read, whatever proves them. */
export interface TokenReading {
  /**
   * What the issuer calls this resource, where it is not the canonical URI: an API identifier. One of several suffices.
   * Default: the canonical URI of the server (RFC 8707).
   */
  readonly audience?: string | readonly string[]
  readonly claims?: ClaimNames
  /** What the issuer puts before scopes: `api://notes/`. Dropped from those of tokens, and put before those asked for. */
  readonly scopePrefix?: string
  /** Scopes of a token that says nothing of scopes. Default: none. */
  readonly defaultScopes?: readonly string[]
  /** Only tokens of these clients. Default: of all. */
  readonly clients?: readonly string[]
  /** Claims that must have just this value. */
  readonly requires?: Readonly<Record<string, string>>
  /** Signs of an ID token that access tokens of this issuer have, too. Default: none. */
  readonly tolerates?: readonly IdTokenSign[]
  /** `typ` of the header; `null` for tokens without. Default `at+jwt` and `JWT`. */
  readonly types?: readonly (string | null)[]
  /** Hears of what an operator should know. Default: `console.warn`. */
  readonly onWarning?: (warning: Warning) => void
  /** Current time, in seconds since the epoch. Default: the system clock. */
  readonly now?: () => number
}

/** An issuer that is asked over the network for its metadata and keys. */
export interface RemoteIssuerOptions extends TokenReading {
  /** The issuer's identifier, as its metadata and its tokens have it, to the letter. An `https:` URL. */
  readonly issuer: string
  /** Default: {@link SIGNATURES}. */
  readonly algorithms?: readonly Signature[]
  /** Where its keys are. Default: what its metadata says. */
  readonly jwksUri?: string
  /** Ask the issuer about tokens. */
  readonly introspection?: IntrospectionOptions
  /** Default: the runtime's. */
  readonly fetch?: Fetch
  readonly [allowInsecureIssuers]?: boolean
  readonly [dangerouslyAcceptAnyAudience]?: boolean
}

/** Asking the issuer what a token is worth (RFC 7662): who we are there, and how often. */
export interface IntrospectionOptions {
  /** Who we are at the issuer. */
  readonly clientId: string
  readonly clientSecret: string
  /** How the secret is shown. Default `client_secret_basic`. */
  readonly method?: 'client_secret_basic' | 'client_secret_post'
  /** Where to ask. Default: what the issuer's metadata says. */
  readonly endpoint?: string
  /** `all`: about JWTs, too, whose signatures are then not looked at here. Default `opaque`. */
  readonly takes?: 'opaque' | 'all'
  /** How old an answer may be, in seconds: the delay with which a revocation holds. 0 to 3600; default 0. */
  readonly maxAge?: number
}

export const MAX_AGE = 3600

/** What {@link TokenReading} may have. */
export const READING: Known<TokenReading> = {
  audience: true,
  claims: true,
  scopePrefix: true,
  defaultScopes: true,
  clients: true,
  requires: true,
  tolerates: true,
  types: true,
  onWarning: true,
  now: true,
}
const REMOTE: Known<RemoteIssuerOptions> = {
  issuer: true,
  ...READING,
  algorithms: true,
  jwksUri: true,
  introspection: true,
  fetch: true,
}
const INTROSPECTION: Known<IntrospectionOptions> = {
  clientId: true,
  clientSecret: true,
  method: true,
  endpoint: true,
  takes: true,
  maxAge: true,
}
const CLAIMS: Known<ClaimNames> = {
  scopes: true,
  roles: true,
  tenant: true,
  tools: true,
  clientId: true,
  subject: true,
}

/** @throws {TypeError} that says what to write instead. */
export function checkRemote(options: RemoteIssuerOptions): void {
  expectKnown(options, REMOTE)
  const { issuer, jwksUri, algorithms, introspection } = options
  const isInsecure = options[allowInsecureIssuers] === true
  checkAddress('issuer', issuer, isInsecure)
  if (new URL(issuer).search !== '') throw new TypeError(`"issuer" must have no query (RFC 8414 §2): ${issuer}`)
  if (jwksUri !== undefined) checkAddress('jwksUri', jwksUri, isInsecure)
  if (algorithms !== undefined) checkAlgorithms(algorithms)
  if (introspection !== undefined) checkIntrospection(introspection, isInsecure)
  checkReading(options)
  if (options[dangerouslyAcceptAnyAudience] === true && options.audience !== undefined) {
    throw new TypeError('"audience" has no use beside dangerouslyAcceptAnyAudience: leave one of them out')
  }
}

export function checkReading({ audience, claims, scopePrefix, defaultScopes, clients, types, requires }: TokenReading) {
  const lists = { audience: audience === undefined ? undefined : [audience].flat(), defaultScopes, clients }
  for (const [name, list] of Object.entries(lists)) {
    if (list === undefined) continue
    if (!Array.isArray(list) || list.length === 0 || !list.every(isFilled)) {
      throw new TypeError(`"${name}" must name at least one, each a text that is not empty; or leave it out`)
    }
  }
  expectKnown(claims ?? {}, CLAIMS, '"claims"')
  for (const [name, path] of Object.entries(claims ?? {})) {
    if (path === undefined || isFilled(path) || (Array.isArray(path) && path.length > 0 && path.every(isFilled)))
      continue
    throw new TypeError(`"claims.${name}" must be the name of a claim, or a path to it: 'realm_access.roles'`)
  }
  if (scopePrefix !== undefined && !isFilled(scopePrefix)) throw new TypeError('"scopePrefix" must not be empty')
  if (types !== undefined && (types.length === 0 || !types.every((type) => type === null || isFilled(type)))) {
    throw new TypeError(`"types" must name at least one: 'at+jwt', 'JWT', or null for tokens without "typ"`)
  }
  if (!Object.values(requires ?? {}).every((value) => typeof value === 'string')) {
    throw new TypeError('"requires" must give each claim as a text')
  }
}

function checkAddress(name: string, address: string, isInsecure: boolean): void {
  if (typeof address === 'string' && isSafeAddress(address, isInsecure)) return
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined
  const isPlain = url?.protocol === 'http:' && !isLoopback(url.hostname)
  const instead = isPlain
    ? `write "https:", or for development [allowInsecureIssuers]: true`
    : `write a whole URL without user name and fragment, as 'https://login.example.com'`
  throw new TypeError(`"${name}" must be an https URL: ${instead}`)
}

function checkAlgorithms(algorithms: readonly string[]): void {
  if (algorithms.length === 0) throw new TypeError('"algorithms" must name at least one, or leave it out')
  for (const algorithm of algorithms) {
    if (SIGNATURES.includes(algorithm as Signature)) continue
    const instead = /^HS\d+$/.test(algorithm)
      ? `shared secrets are for jwt({ secret }): an issuer with published keys never mixes with them`
      : `write one of ${SIGNATURES.join(', ')}`
    throw new TypeError(`"algorithms" must not name ${JSON.stringify(algorithm)}: ${instead}`)
  }
}

function checkIntrospection(options: IntrospectionOptions, isInsecure: boolean): void {
  if (!isOptions(options)) throw new TypeError('"introspection" must have "clientId" and "clientSecret"')
  expectKnown(options, INTROSPECTION, '"introspection"')
  const { clientId, clientSecret, method = 'client_secret_basic', endpoint, takes = 'opaque', maxAge = 0 } = options
  if (!isFilled(clientId) || !isFilled(clientSecret)) {
    throw new TypeError('"introspection" must have "clientId" and "clientSecret"')
  }
  if (!['client_secret_basic', 'client_secret_post'].includes(method)) {
    throw new TypeError('"introspection.method" must be client_secret_basic or client_secret_post')
  }
  if (!['opaque', 'all'].includes(takes)) throw new TypeError('"introspection.takes" must be opaque or all')
  if (!(maxAge >= 0 && maxAge <= MAX_AGE)) {
    throw new TypeError(`"introspection.maxAge" must be 0 to ${MAX_AGE} seconds`)
  }
  if (endpoint !== undefined) checkAddress('introspection.endpoint', endpoint, isInsecure)
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
