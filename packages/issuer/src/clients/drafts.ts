import {
  type ClientMetadata,
  cleanText,
  MAX_NAME,
  type MetadataRefusal,
  redirectRules,
  type Settled,
  settleMetadata,
} from '../client-metadata/index.ts'
import { INTROSPECTS } from './records.ts'
import { makeSecret } from './secrets.ts'

/** A client as the operator wants it. */
export interface NewClient {
  /** As people see it at consent. */
  readonly name: string
  /** https, loopback, or a URI with a scheme of an application, which is permitted by being named here. */
  readonly redirectUris: readonly string[]
  /** Whether it has to show a secret each time. */
  readonly confidential: boolean
  /** Whether it may ask about access tokens of all clients (RFC 7662). It has a secret then, and needs no redirect URI. */
  readonly introspects?: boolean
}

export type Draft =
  | { readonly kind: 'draft'; readonly metadata: ClientMetadata; readonly secret?: string }
  | ({ readonly kind: 'refused' } & MetadataRefusal)

/** The metadata of a client that the operator makes; of its secret it holds the digest. */
export function draftClient({ name, redirectUris, confidential, introspects = false }: NewClient): Draft {
  const settled =
    introspects && redirectUris.length === 0
      ? asking(name)
      : settleMetadata({ client_name: name, redirect_uris: redirectUris }, permitting(redirectUris))
  if (settled.kind === 'refused') return settled
  if (!confidential && !introspects)
    return { kind: 'draft', metadata: { ...settled.metadata, token_endpoint_auth_method: 'none' } }
  const { secret, stored } = makeSecret()
  return {
    kind: 'draft',
    secret,
    metadata: {
      ...settled.metadata,
      ...(introspects ? { [INTROSPECTS]: true } : {}),
      token_endpoint_auth_method: 'client_secret_post',
      client_secret: stored,
    },
  }
}

/** A client that asks about tokens and gets none: nobody is sent back to it. */
function asking(name: string): Settled {
  const nothing = { redirect_uris: [], grant_types: [], response_types: [] }
  return { kind: 'settled', metadata: { client_name: cleanText(name, MAX_NAME), application_type: 'web', ...nothing } }
}

/** The rules for redirects, with every scheme of an application known; what is never allowed still is not. */
function permitting(uris: readonly string[]) {
  const rules = redirectRules()
  return redirectRules(uris.filter((uri) => rules.isUnknownScheme(uri)))
}
