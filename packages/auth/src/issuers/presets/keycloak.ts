import type { RemoteIssuerOptions } from '../options.ts'
import { type Preset, withClaims } from './preset.ts'

/** A realm of Keycloak. */
export interface KeycloakOptions extends Preset {
  /** Where Keycloak is, with `/auth` where it still has that: `https://login.example.com`. */
  readonly url: string
  readonly realm: string
  /** What an audience mapper puts into tokens. Default: the canonical URI of the server. */
  readonly audience?: string | readonly string[]
}

/**
 * A realm of Keycloak. From Keycloak's public documentation; not run live.
 *
 * Its quirks: the issuer has a path; tokens have no `aud` for this server, often `account` alone, until a client scope has
 * an audience mapper; `resource` is not looked at; the client is `azp`; roles are `realm_access.roles`, those of a client
 * `['resource_access', CLIENT, 'roles']`; all of its tokens are signed by the same keys and told apart by the claim `typ`;
 * before version 25 access tokens have a `nonce`; since then a client without the scope `basic` gets tokens without `sub`,
 * which are refused.
 */
export function keycloak({ url, realm, audience, ...more }: KeycloakOptions): RemoteIssuerOptions {
  if (typeof realm !== 'string' || realm === '') throw new TypeError('"realm" must name a realm of Keycloak')
  return {
    requires: { typ: 'Bearer' },
    tolerates: ['nonce'],
    ...withClaims({ roles: 'realm_access.roles' }, more),
    issuer: `${String(url).replace(/\/+$/, '')}/realms/${encodeURIComponent(realm)}`,
    ...(audience === undefined ? {} : { audience }),
  }
}
