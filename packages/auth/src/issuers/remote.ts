import { SIGNATURES } from '../crypto/index.ts'
import { isSafeAddress } from './addresses.ts'
import { type Asking, askJson } from './ask.ts'
import { claimReader } from './claims.ts'
import { discover, type IssuerMetadata } from './discovery.ts'
import { IssuerFault } from './fault.ts'
import { introspectionOf } from './introspection.ts'
import type { TokenIssuer } from './issuer.ts'
import type { Warning } from './key-set.ts'
import { allowInsecureIssuers, checkRemote, dangerouslyAcceptAnyAudience, type RemoteIssuerOptions } from './options.ts'
import { PublishedKeys } from './published-keys.ts'
import { tokenRules } from './rules.ts'

/** Of metadata and key sets each: no issuer needs as much. */
const MOST_BYTES = 256 * 1024
/** For one answer, in milliseconds. */
const LONGEST_MS = 5000
/** How long an issuer's metadata counts, in seconds. While it cannot be asked, the old one goes on to count. */
const METADATA_SECONDS = 3600

/**
 * An issuer that is asked over the network for its metadata (RFC 8414, OpenID Connect Discovery) and its keys
 * (RFC 7517). Nothing is asked before the first token comes.
 *
 * Tokens count to their `exp`: an issuer that ends one earlier is not heard of it, unless `introspection` is set.
 * @throws {TypeError} for options that cannot work, with what to write instead.
 */
export function remoteIssuer(options: RemoteIssuerOptions): TokenIssuer {
  checkRemote(options)
  const { issuer, jwksUri, introspection, now = systemClock, onWarning = warnOnConsole } = options
  const { claims: names = {}, types = ['at+jwt', 'JWT'], clients, scopePrefix, defaultScopes } = options
  const algorithms = options.algorithms ?? SIGNATURES
  const isInsecure = options[allowInsecureIssuers] === true
  const asking: Asking = { fetch: options.fetch ?? fetch, bytes: MOST_BYTES, milliseconds: LONGEST_MS }
  const warn = quietly(onWarning)
  warnOfOptions(options, warn)

  // Who is on loopback may name addresses there; nobody else may point us back at this machine.
  const isLocal = new URL(issuer).protocol === 'http:'
  const metadata = kept(now, () =>
    discover(issuer, (url) => isSafeAddress(url, isInsecure) && (isLocal || url.startsWith('https:')), asking),
  )
  const keys = new PublishedKeys({
    issuer,
    algorithms,
    now,
    onWarning: warn,
    ask: async () => askJson(jwksUri ?? (await needed(metadata, issuer, 'jwksUri', 'jwks_uri')), asking),
  })
  const reading = { issuer, names, scopePrefix, defaultScopes }
  const rules = tokenRules({
    algorithms,
    types: types.map((type) => type ?? undefined),
    claims: claimReader(reading),
    mapsTenant: names.tenant !== undefined,
    audience: options[dangerouslyAcceptAnyAudience] ? 'any' : listOf(options.audience),
    clients,
    requires: options.requires ?? {},
    tolerates: options.tolerates ?? [],
  })
  return {
    issuer,
    key: (kid, alg) => keys.key(kid, alg),
    onlyKey: (alg) => keys.onlyKey(alg),
    rules,
    ...(scopePrefix === undefined ? {} : { scopePrefix }),
    ...(introspection && {
      introspection: introspectionOf({
        options: introspection,
        issuer,
        claims: claimReader({ ...reading, mayLast: true }),
        endpoint: () => needed(metadata, issuer, 'introspectionEndpoint', 'introspection_endpoint'),
        clients,
        requires: options.requires ?? {},
        fetch: asking.fetch,
        now,
      }),
    }),
  }
}

/** Seconds since the epoch. */
export function systemClock(): number {
  return Math.floor(Date.now() / 1000)
}

/** One who is told of a problem must not become one. */
export function quietly(onWarning: (warning: Warning) => void): (warning: Warning) => void {
  return (warning) => {
    try {
      onWarning(warning)
    } catch {}
  }
}

export function warnOnConsole({ message }: Warning): void {
  console.warn(`portcullis: ${message}`)
}

export function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : typeof value === 'string' ? [value] : [...value]
}

function warnOfOptions(options: RemoteIssuerOptions, warn: (warning: Warning) => void): void {
  const { issuer } = options
  if (options[dangerouslyAcceptAnyAudience]) {
    const message = `tokens of ${issuer} are accepted whoever they were made for`
    warn({ code: 'any_audience', issuer, message })
  }
  if (options[allowInsecureIssuers] && issuer.startsWith('http:')) {
    warn({
      code: 'insecure_issuer',
      issuer,
      message: `${issuer} is asked in the clear: who is in between signs in as anyone`,
    })
  }
}

/** Asks once for all who come meanwhile, and again when what is known is too old. */
function kept(now: () => number, ask: () => Promise<IssuerMetadata>): () => Promise<IssuerMetadata> {
  let known: { readonly metadata: IssuerMetadata; readonly at: number } | undefined
  let asking: Promise<IssuerMetadata> | undefined
  return () => {
    if (known !== undefined && now() - known.at < METADATA_SECONDS) return Promise.resolve(known.metadata)
    asking ??= ask()
      .then(
        (metadata) => {
          known = { metadata, at: now() }
          return metadata
        },
        (error) => {
          if (known === undefined) throw error
          return known.metadata
        },
      )
      .finally(() => {
        asking = undefined
      })
    return asking
  }
}

async function needed(
  metadata: () => Promise<IssuerMetadata>,
  issuer: string,
  member: keyof IssuerMetadata,
  name: string,
): Promise<string> {
  const address = (await metadata())[member]
  if (address !== undefined) return address
  throw new IssuerFault('metadata', `the metadata of ${issuer} has no "${name}"`)
}
