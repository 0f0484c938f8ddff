import type { TokenIssuer } from '../issuers/index.ts'
import { OUR_RULES } from '../issuers/index.ts'
import { type Access, compileAccess, holds, READ_SCOPE } from '../policy/index.ts'
import type { TokenFacts } from './token-terms.ts'
import type { GuardedServer, Principal, TokenTrust } from './verdict.ts'

/** What tokens on some terms come to at one server. */
export type Standing = {
  readonly server: GuardedServer
  /** Of the server's rules, when this was compiled. */
  readonly version: number | undefined
} & (
  | {
      readonly kind: 'good'
      /** What their principals have in common. */
      readonly shared: Omit<Principal, 'subject' | 'clientId' | 'credentialId' | 'expiresAt' | 'token'>
      readonly access: Access
    }
  | { readonly kind: 'bad'; readonly because: 'bound' | 'issuer' | 'tenant' }
  | { readonly kind: 'elsewhere' }
)

/** Whose tokens a server takes. */
export interface Trusted {
  /** By issuer identifier; `oauth`: those that its metadata names. */
  readonly kinds: ReadonlyMap<string, 'oauth' | 'jwt'>
  /** Who is asked about tokens that are no JWTs. */
  readonly asked: TokenIssuer | undefined
  /** Who is asked about JWTs, too. */
  readonly askedOfAll: ReadonlySet<TokenIssuer>
}

/**
 * @throws {TypeError} where two issuers of one server would be asked about the same token: whoever is asked first gets to
 *   see tokens of the other, and can use them.
 */
export function trustedBy({ name, resource, tokens }: GuardedServer, issuers: readonly TokenIssuer[]): Trusted {
  const kinds = new Map<string, 'oauth' | 'jwt'>()
  for (const issuer of tokens?.issuers ?? []) kinds.set(issuer, 'jwt')
  for (const issuer of resource?.issuers ?? []) kinds.set(issuer, 'oauth')
  const asked = issuers.filter(({ issuer, introspection }) => introspection !== undefined && kinds.has(issuer))
  if (asked.length > 1) {
    const both = asked.map(({ issuer }) => issuer).join(' and ')
    throw new TypeError(`"${name}" would ask ${both} about the same tokens: set "introspection" for one of them`)
  }
  const askedOfAll = asked.filter(({ introspection }) => introspection?.takes === 'all')
  return { kinds, asked: asked[0], askedOfAll: new Set(askedOfAll) }
}

/** Compiled once for all tokens on the same terms, unless their clients are limited one by one. */
export function standingOf({ terms, clientId }: TokenFacts, server: GuardedServer, trusted: Trusted): Standing {
  const { issuer, audience, tenant: ownTenant, tools } = terms
  const { rules: tokenRules = OUR_RULES } = issuer
  const kind = trusted.kinds.get(issuer.issuer)
  const known = { server, version: server.rules?.version }
  if (terms.isBound) return { ...known, kind: 'bad', because: 'bound' }
  if (kind === undefined) return { ...known, kind: 'bad', because: 'issuer' }
  const { uri, audience: called } = (server.resource ?? server.tokens) as TokenTrust
  if (!tokenRules.isFor(audience, uri, called)) return { ...known, kind: 'elsewhere' }
  const isForeign = tokenRules.mapsTenant && server.tenant !== undefined && ownTenant !== server.tenant
  if (isForeign) return { ...known, kind: 'bad', because: 'tenant' }
  const { rules } = server
  const scopes = new Set(terms.scopes)
  const means = new Set([...server.scopes.all, ...(rules?.scopes ?? [])])
  const roles: ReadonlySet<string> = new Set(terms.roles)
  const tenant = tokenRules.mapsTenant ? ownTenant : server.tenant
  return {
    ...known,
    kind: 'good',
    shared: {
      kind,
      issuer: issuer.issuer,
      scopes: new Set([...scopes].filter((scope) => means.has(scope))),
      roles,
      ...(tenant === undefined ? {} : { tenant }),
      ...(tools === undefined ? {} : { tools }),
    },
    access: compileAccess(server.scopes, {
      scopes,
      reads: holds(scopes, READ_SCOPE),
      listsOnly: false,
      // Who cannot be sent to sign in cannot be sent for more scopes either.
      stepsUp: kind === 'oauth',
      rules,
      caller: { clientId, tenant, roles },
      ...(tools === undefined ? {} : { tools }),
    }),
  }
}
