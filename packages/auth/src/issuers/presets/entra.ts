import type { RemoteIssuerOptions } from '../options.ts'
import { hostOf, type Preset, withClaims } from './preset.ts'

/** A tenant of Microsoft Entra, and the application there that this server is. */
export interface EntraOptions extends Preset {
  /** The directory (tenant) id: a GUID. */
  readonly tenantId: string
  /** The application (client) id of the API, a GUID, or its application id URI: `api://GUID`. */
  readonly audience: string | readonly string[]
  /** Of another cloud: `login.microsoftonline.us`. Default `login.microsoftonline.com`. */
  readonly host?: string
}

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/**
 * One tenant of Microsoft Entra ID. From Microsoft's public documentation; not run live.
 *
 * Its quirks: the API must ask for tokens of version 2 (`requestedAccessTokenVersion: 2` in its manifest), for those of
 * version 1 are of another issuer, `sts.windows.net`; their `aud` is the GUID, however clients named the API; scopes
 * (`scp`) come without the `api://…/` that clients must ask for them with; permissions of machines are `roles`; the client
 * is `azp`, which ID tokens have not, and is the API itself where both are one registration; keys have no `alg`.
 * Tenants are told apart by the issuer: `common` and `organizations` would let in every tenant there is.
 */
export function entra({ tenantId, audience, host = HOST, ...more }: EntraOptions): RemoteIssuerOptions {
  if (!GUID.test(tenantId)) {
    throw new TypeError('"tenantId" must be the GUID of one tenant: "common" and names stand for others, too')
  }
  const audiences = [audience].flat()
  const named = audiences.flatMap((each) => {
    const guid = each.replace(/^api:\/\//, '')
    return GUID.test(guid) ? [each, guid] : [each]
  })
  const uri = audiences.find((each) => each.includes('://')) ?? `api://${audiences[0]}`
  return {
    scopePrefix: `${uri.replace(/\/$/, '')}/`,
    types: ['JWT'],
    tolerates: ['client_audience'],
    requires: { tid: tenantId.toLowerCase(), ver: '2.0' },
    ...withClaims({ scopes: 'scp', clientId: 'azp' }, more),
    issuer: `https://${hostOf('host', host, HOST)}/${tenantId.toLowerCase()}/v2.0`,
    audience: [...new Set(named)],
  }
}

const HOST = 'login.microsoftonline.com'
