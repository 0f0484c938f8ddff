import type { AuditEvent } from '../events/index.ts'
import {
  type AccessMode,
  type FixedKeys,
  type GuardedServer,
  metadataPathOf,
  type TokenIssuer,
  trustedBy,
} from '../guard/index.ts'
import type { Limits } from '../limits/index.ts'
import { checkShape, type GuardOptions, type TrustedProxies } from './guard-options.ts'
import { policy as openPolicy, type Policy } from './policy.ts'
import { memoryBindings, type SessionBindings, withoutWaiting } from './sessions.ts'
import { warnOfClosed, wordsOf } from './warnings.ts'
import { isTokenWay, type KeyStore, type TokenWay, type Way } from './ways.ts'

export interface Settled {
  /** The canonical URI of the endpoint. */
  readonly uri: string
  /** The path of it, without a slash at its end. */
  readonly path: string
  readonly server: GuardedServer
  readonly policy: Policy
  readonly keys: KeyStore | undefined
  readonly fixed: FixedKeys | undefined
  readonly tokens: readonly TokenWay[]
  readonly methods: ReadonlySet<string>
  readonly sessions: SessionBindings
  readonly isTrustedProxy: (address: string) => boolean
  readonly limits: Limits | undefined
  readonly onEvent: ((event: AuditEvent) => void) | undefined
  readonly onWarning: (text: string) => void
  readonly now: () => number
  /** As `now`, with fractions where it is the system's. */
  readonly clock: () => number
}

/** Copied, defaulted and checked at construction, so that nothing fails on the first request. @throws {TypeError} */
export function settle(options: GuardOptions): Settled {
  checkShape(options)
  const {
    access,
    policy = openPolicy(),
    tenant,
    methods = [],
    sessions = memoryBindings(),
    trustedProxies = [],
  } = options
  const { onEvent, onWarning = (text) => console.warn(text), now = () => Math.floor(Date.now() / 1000) } = options
  const uri = settleResource(options.resource)
  const modes = settleAccess(access)
  const { name = nameOf(uri), baseScopes = policy.named } = options
  if (!NAME.test(name)) throw new TypeError('"name" must be 1 to 64 of a-z, 0-9, "-", "_" and "."')
  const tokens = access.filter(isTokenWay)
  warnOfClosed(policy, tokens, onWarning)
  warnOfTenant(tokens, tenant, onWarning)
  const metadataUrl = new URL(uri).origin + metadataPathOf(uri)
  const issuersOf = (mode: TokenWay['kind']) => tokens.flatMap(({ kind, issuers }) => (kind === mode ? issuers : []))
  const named = (mode: TokenWay['kind']) => issuersOf(mode).map(({ issuer }) => issuer)
  const keys = storeOf(access)
  const fixed = fixedOf(access, onWarning)
  const server: GuardedServer = {
    name,
    ...(fixed !== undefined && keys === undefined && { isOfNamedKeys: true }),
    ...(tenant === undefined ? {} : { tenant }),
    access: modes,
    scopes: policy.scopes,
    rules: policy.rules,
    ...(modes.has('oauth') && {
      resource: { uri, metadataUrl, issuers: named('oauth'), baseScopes, ...prefixOf(issuersOf('oauth')) },
    }),
    ...(modes.has('jwt') && { tokens: { uri, issuers: named('jwt') } }),
  }
  trustedBy(
    server,
    tokens.flatMap(({ issuers }) => issuers),
  )
  return {
    uri,
    path: new URL(uri).pathname.replace(/\/$/, ''),
    server,
    policy,
    keys,
    fixed,
    tokens,
    methods: new Set(methods),
    sessions: withoutWaiting(sessions, onWarning),
    isTrustedProxy: testOf(trustedProxies, onWarning),
    limits: options.limits,
    onEvent,
    onWarning,
    now,
    clock: options.now ?? (() => Date.now() / 1000),
  }
}

/** A challenge can put one thing before its scopes: that of all issuers where they agree. */
function prefixOf(issuers: readonly TokenIssuer[]): { readonly scopePrefix?: string } {
  const prefixes = new Set(issuers.map(({ scopePrefix }) => scopePrefix))
  const [scopePrefix] = prefixes
  return prefixes.size !== 1 || scopePrefix === undefined ? {} : { scopePrefix }
}

/** Only a plain yes counts: what is thrown is none, and neither is a promise. */
function testOf(trusted: TrustedProxies, onWarning: (text: string) => void): (address: string) => boolean {
  if (typeof trusted !== 'function') return (address) => trusted.includes(address)
  return (address) => {
    try {
      return trusted(address) === true
    } catch (error) {
      onWarning(`"trustedProxies" fails for ${address}: ${wordsOf(error)}`)
      return false
    }
  }
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

function settleResource(resource: string | URL): string {
  const text = String(resource)
  if (!URL.canParse(text)) throw new TypeError('"resource" must be the absolute URL of the MCP endpoint')
  const url = new URL(text)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new TypeError('"resource" must use https; http is for this machine alone')
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw new TypeError('"resource" must have no query, fragment or user')
  }
  return url.pathname === '/' ? url.origin : url.href.replace(/\/$/, '')
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

function settleAccess(access: readonly Way[] | undefined): ReadonlySet<AccessMode> {
  if (!Array.isArray(access) || access.length === 0) {
    throw new TypeError('"access" must name at least one way in; to let everybody in, say publicAccess()')
  }
  const modes = new Set(access.map(({ kind }) => kind))
  if (modes.has('public') && access.length > 1) throw new TypeError('publicAccess() stands alone in "access"')
  return modes
}

function storeOf(access: readonly Way[]): KeyStore | undefined {
  const stores = new Set(access.flatMap((way) => ('store' in way ? [way.store] : [])))
  if (stores.size > 1) throw new TypeError('apiKeys() and unlisted() of one guard must share one store')
  return [...stores][0]
}

function fixedOf(access: readonly Way[], onWarning: (text: string) => void): FixedKeys | undefined {
  const ways = access.filter((way) => 'fixed' in way)
  if (ways.length > 1) throw new TypeError('apiKeys.fromEnv() stands once in "access": one variable holds several keys')
  for (const warning of ways[0]?.warnings ?? []) onWarning(warning)
  return ways[0]?.fixed
}

function nameOf(uri: string): string {
  const parts = new URL(uri).pathname
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '' && part !== 'mcp')
  const last = parts[parts.length - 1]
  return last !== undefined && NAME.test(last) ? last : 'mcp'
}

/** A tenant's server that takes an issuer who says nothing of tenants takes all of its tokens as that tenant's. */
function warnOfTenant(
  tokens: readonly TokenWay[],
  tenant: string | undefined,
  onWarning: (text: string) => void,
): void {
  if (tenant === undefined) return
  for (const { issuer, rules } of tokens.flatMap((way) => way.issuers)) {
    if (rules?.mapsTenant) continue
    onWarning(
      `tokens of ${issuer} say no tenant: all of them count as "${tenant}"'s; name the claim by "claims.tenant"`,
    )
  }
}
