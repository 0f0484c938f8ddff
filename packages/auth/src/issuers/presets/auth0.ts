import type { RemoteIssuerOptions } from '../options.ts'
import { hostOf, type Preset, withClaims } from './preset.ts'

/** A tenant of Auth0, and the API there that this server is. */
export interface Auth0Options extends Preset {
  /** Of the tenant, or its custom domain: `example.eu.auth0.com`. */
  readonly domain: string
  /** The identifier of the API, as the dashboard has it. */
  readonly audience: string | readonly string[]
}

/**
 * An Auth0 tenant. From Auth0's public documentation; not run live.
 *
 * Its quirks: the issuer has a slash at its end; access tokens are opaque (encrypted) unless a client asks for the API by
 * `audience`, or by `resource` where the tenant's compatibility setting has it so; the client is `azp`, or `client_id` in
 * tokens of the RFC 9068 profile, which alone have a `jti`. With RBAC `permissions` lists all that a person may do and
 * `scope` what was asked for: `scope` counts. Roles need an Action, under a name that is a URL: say it in `claims.roles`.
 */
export function auth0({ domain, audience, ...more }: Auth0Options): RemoteIssuerOptions {
  return { ...withClaims({}, more), issuer: `https://${hostOf('domain', domain, 'example.eu.auth0.com')}/`, audience }
}
