import type { Configuration, JWK, KoaContextWithOIDC } from 'oidc-provider'
import { errors } from 'oidc-provider'
import { deriveKey } from '../vault/index.ts'
import { adapterFor } from './adapter.ts'
import { SESSION_SECONDS } from './browser-sessions.ts'
import { CookieSignatures } from './cookie-signatures.ts'
import { existingGrant } from './grants.ts'
import type { EngineOptions } from './options.ts'
import { interactionPolicy } from './policy.ts'
import { findResource } from './resources.ts'
import { Signer } from './signer.ts'

export const ROUTES = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  introspection: '/oauth/introspect',
  jwks: '/oauth/jwks',
} as const

/** `none` for clients that register themselves; secrets for those of the operator; keys for those with a document. */
const CLIENT_AUTH_METHODS = ['none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt'] as const
/** What clients may sign their assertions with. */
export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA', 'RS256', 'PS256'] as const

/** An access token cannot be taken back everywhere, so it is short-lived; a code is redeemed within seconds. */
export const CODE_SECONDS = 60
/** What waits for a person, in seconds: longer once they have signed in, for strangers have others made without an end. */
const INTERACTION_SECONDS = { unclaimed: 900, claimed: 3600 } as const

/** How the engine is set up. Each line that is not obvious closes a trap of `docs/decisions`. */
export function configurationOf(options: EngineOptions, keys: readonly JWK[]): Configuration {
  const { issuer, sealingKey, resources, lifetimes, features } = options
  const isSecure = issuer.startsWith('https:')
  // The key that signs decides, so that tokens go on while keys of another algorithm come in.
  const algorithm = keys[0]?.alg ?? 'ES256'
  const resourceScopes = [...new Set(resources.flatMap(({ scopes }) => scopes))]
  return {
    adapter: (model: string) => adapterFor(model, options),
    jwks: { keys: keys.map((key) => new Signer(key) as never) },
    routes: ROUTES,
    responseTypes: ['code'],
    pkce: { required: () => true },
    // Resource scopes must be known to the server, too, or registration refuses clients that name them.
    scopes: ['openid', 'offline_access', ...resourceScopes],
    claims: { openid: ['sub'] },
    subjectTypes: ['public'],
    clientDefaults: {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: algorithm as 'ES256' | 'EdDSA',
    },
    clientAuthMethods: [...CLIENT_AUTH_METHODS],
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256', 'EdDSA'],
      clientAuthSigningAlgValues: [...ASSERTION_ALGORITHMS],
    },
    assertJwtClientAuthClaimsAndHeader: (_, { aud, exp }) => assertAssertion(options, aud, exp),
    cookies: {
      keys: new CookieSignatures(deriveKey(sealingKey, 'cookies')) as never, // the types know only lists
      names: isSecure
        ? {
            session: '__Host-portcullis-session',
            interaction: '__Secure-portcullis-interaction',
            resume: '__Secure-portcullis-resume',
          }
        : {
            session: 'portcullis-session',
            interaction: 'portcullis-interaction',
            resume: 'portcullis-resume',
          },
      long: { httpOnly: true, sameSite: 'lax', secure: isSecure, signed: true, path: '/' },
      short: { httpOnly: true, sameSite: 'lax', secure: isSecure, signed: true },
    },
    ttl: {
      // A number would override what the resource server says.
      AccessToken: () => lifetimes.accessToken,
      AuthorizationCode: CODE_SECONDS,
      Grant: lifetimes.grant,
      IdToken: lifetimes.accessToken,
      Interaction: (_, { session }) => INTERACTION_SECONDS[session?.accountId === undefined ? 'unclaimed' : 'claimed'],
      RefreshToken: (_, token) => {
        const begun = token.iiat ?? Math.floor(Date.now() / 1000)
        const left = begun + lifetimes.grant - Math.floor(Date.now() / 1000)
        return Math.max(1, Math.min(lifetimes.refreshToken, left))
      },
      Session: SESSION_SECONDS,
    },
    // MCP clients often do not ask for offline_access, and have nobody to sign in again every quarter of an hour.
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Signing out of the browser does not end what clients were granted.
    expiresWithSession: () => false,
    findAccount: async (_, id) => {
      if (!(await options.people.isLive(id))) return undefined
      return { accountId: id, claims: async () => ({ sub: id }) }
    },
    loadExistingGrant: (ctx) => existingGrant(ctx, options),
    extraTokenClaims: (_, token) => ('grantId' in token && token.grantId ? { grant_id: token.grantId } : undefined),
    interactions: {
      url: (_, interaction) => `${options.interactionPath}/${interaction.uid}`,
      policy: interactionPolicy(),
    },
    renderError: (ctx, out) => {
      ctx.type = 'application/json'
      ctx.body = out
    },
    ...features?.configuration,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      revocation: { enabled: true, allowedPolicy: ownTokensOnly },
      introspection: { enabled: true, allowedPolicy: ownTokensOnly } as never, // the types know only its absence
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => defaultResource(options, oneOf),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, uri) => {
          const resource = resources.find((each) => each.uri === uri) ?? findResource(resources, uri)
          // A token has a single audience (requirements AS-54, AS-78).
          if ([ctx.oidc.params?.resource].flat().length > 1) throw new errors.InvalidTarget('name one resource')
          if (resource === undefined) throw new errors.InvalidTarget()
          return {
            scope: resource.scopes.join(' '),
            audience: resource.uri,
            accessTokenFormat: 'jwt',
            accessTokenTTL: lifetimes.accessToken,
            jwt: { sign: { alg: algorithm as 'ES256' | 'EdDSA' } },
          }
        },
      },
      ...features?.engine,
    },
  }
}

/** A client that names no resource means the only one there is (requirements LG-05); among several nobody guesses. */
function defaultResource({ resources }: EngineOptions, oneOf: readonly string[] | undefined): string {
  if (oneOf !== undefined && oneOf.length === 1) return oneOf[0] as string
  if (oneOf !== undefined && oneOf.length > 1) throw new errors.InvalidTarget('name one resource')
  const [only, ...others] = resources
  if (only === undefined || others.length > 0) {
    throw new errors.InvalidTarget('name the resource: this issuer serves several')
  }
  return only.uri
}

/** How long an assertion of a client may be good for, in seconds: as long its id has to be remembered. */
const ASSERTION_SECONDS = 600

/** One audience, and one that means this issuer (RFC 7523bis; the token endpoint for older clients: requirements AS-73). */
function assertAssertion({ issuer, now }: EngineOptions, aud: unknown, exp: unknown): void {
  const audiences: readonly unknown[] = [issuer, new URL(ROUTES.token, issuer).href]
  if (!audiences.includes(aud)) throw new errors.InvalidClientAuth('aud must be the issuer')
  if (typeof exp !== 'number' || exp > now() + ASSERTION_SECONDS)
    throw new errors.InvalidClientAuth('exp is too far off')
}

async function ownTokensOnly(
  _: KoaContextWithOIDC,
  client: { clientId: string },
  token: { clientId?: string | undefined },
) {
  return token.clientId === client.clientId
}
