import type { RemoteIssuerOptions } from '../options.ts'
import { hostOf, type Preset, withClaims } from './preset.ts'

/** An authorization server of Okta. */
export interface OktaOptions extends Preset {
  /** `example.okta.com`, or a custom domain. */
  readonly domain: string
  /** The id of a custom authorization server. Default `default`. */
  readonly authorizationServer?: string
  /** Of that authorization server: `api://default`. */
  readonly audience: string | readonly string[]
}

/**
 * A custom authorization server at Okta. From Okta's public documentation; not run live.
 *
 * Its quirks: the issuer has a path, and its metadata is behind that path; headers have no `typ`; the client is `cid`;
 * scopes are a list, `scp`. `sub` is a person's login and may change: `claims: { subject: 'uid' }` takes the lasting id,
 * which tokens of machines have not. Tokens of the org authorization server (no path) are for Okta alone.
 */
export function okta({ domain, authorizationServer = 'default', audience, ...more }: OktaOptions): RemoteIssuerOptions {
  const host = hostOf('domain', domain, 'example.okta.com')
  if (!/^[\w-]+$/.test(authorizationServer) || authorizationServer === 'org') {
    throw new TypeError(
      '"authorizationServer" must be the id of a custom authorization server: only Okta can check tokens of the org one',
    )
  }
  return {
    types: [null, 'at+jwt', 'JWT'],
    ...withClaims({ scopes: 'scp', clientId: 'cid' }, more),
    issuer: `https://${host}/oauth2/${authorizationServer}`,
    audience,
  }
}
