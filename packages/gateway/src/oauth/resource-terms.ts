import { type GuardedServer, metadataPathOf, type ResourceTerms, type TokenTrust } from '@portcullis/auth/guard'
import { EMBEDDED, type IssuerSettings, type ServerSettings, type Settings } from '../config/index.ts'

/** Whose tokens a server takes. */
export interface TokenTerms {
  /** Where people sign in to it, by OAuth. */
  readonly resource?: ResourceTerms
  /** Of callers who have tokens from elsewhere. */
  readonly tokens?: TokenTrust
}

/**
 * What tokens mean at a server of the gate at this public URL. Who has `oauth` names in its metadata all that one can sign
 * in with; what is left, shared secrets, and everything where there is no `oauth`, is for `jwt`.
 */
export function tokenTermsOf(server: ServerSettings, { issuers }: Pick<Settings, 'issuers'>, url: string): TokenTerms {
  const { name, access, baseScopes, audience } = server
  const uri = `${url}/${name}/mcp`
  const named = server.issuers.map((issuer) => issuers.get(issuer) ?? EMBEDDED)
  const forSignIn = access.has('oauth') ? named.filter((issuer) => !isShared(issuer)) : []
  const identifiers = (list: readonly Named[]) => list.map((issuer) => (issuer === EMBEDDED ? url : issuer.identifier))
  const called = audience === undefined ? {} : { audience }
  const others = named.filter((issuer) => !forSignIn.includes(issuer))
  return {
    ...(access.has('oauth') && {
      resource: {
        uri,
        metadataUrl: `${url}${metadataPathOf(uri)}`,
        issuers: identifiers(forSignIn),
        baseScopes,
        ...called,
        ...prefixOf(forSignIn),
      },
    }),
    ...(access.has('jwt') && { tokens: { uri, issuers: identifiers(others), ...called } }),
  }
}

type Named = IssuerSettings | typeof EMBEDDED

function isShared(issuer: Named): boolean {
  return issuer !== EMBEDDED && 'secret' in issuer.options
}

/** What clients put before scopes: that of all issuers, where they agree. */
function prefixOf(issuers: readonly Named[]): { readonly scopePrefix?: string } {
  const prefixes = new Set(issuers.map((issuer) => (issuer === EMBEDDED ? undefined : issuer.options.scopePrefix)))
  const [scopePrefix] = prefixes
  return prefixes.size !== 1 || scopePrefix === undefined ? {} : { scopePrefix }
}

/** The same server under another name of this machine: the resource is called by it there, and tokens are the same. */
export function underName<Server extends GuardedServer>(server: Server, url: string): Server {
  const { resource } = server
  if (resource === undefined) return server
  const { pathname } = new URL(resource.uri)
  return {
    ...server,
    resource: { ...resource, calledUri: `${url}${pathname}`, metadataUrl: `${url}${metadataPathOf(resource.uri)}` },
  }
}
