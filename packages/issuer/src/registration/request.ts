import {
  type ClientMetadata,
  type MetadataRefusal,
  type RedirectRules,
  settleMetadata,
} from '../client-metadata/index.ts'

export type Asked =
  | { readonly kind: 'asked'; readonly metadata: ClientMetadata }
  | ({ readonly kind: 'refused' } & MetadataRefusal)

export interface RequestRules {
  readonly redirects: RedirectRules
  /** Every scope that means something here. */
  readonly scopes: readonly string[]
}

/**
 * What a client asks to be registered as (RFC 7591 §3.1), as it will be kept. Public clients alone: one that asks for a
 * secret, or for nothing (which the RFC reads as asking for one), is told that it has none, as §3.2.1 allows; clients in
 * the field take that from the answer (requirements IT-08). Scopes that mean nothing here are left out.
 */
export function readRegistration(said: Readonly<Record<string, unknown>>, rules: RequestRules): Asked {
  const method = said.token_endpoint_auth_method ?? 'none'
  if (typeof method !== 'string' || !['none', 'client_secret_basic', 'client_secret_post'].includes(method)) {
    return refused('token_endpoint_auth_method must be none: only public clients register themselves')
  }
  if (said.scope !== undefined && typeof said.scope !== 'string') return refused('scope must be a string')
  const scopes = (said.scope ?? '').split(' ').filter((scope) => rules.scopes.includes(scope))
  const settled = settleMetadata(said, rules.redirects)
  if (settled.kind === 'refused') return settled
  return {
    kind: 'asked',
    metadata: {
      ...settled.metadata,
      token_endpoint_auth_method: 'none',
      ...(scopes.length === 0 ? {} : { scope: [...new Set(scopes)].join(' ') }),
    },
  }
}

function refused(description: string) {
  return { kind: 'refused', error: 'invalid_client_metadata', description } as const
}
