import { type ClientMetadata, type MetadataRefusal, redirectRules, settleMetadata } from '../client-metadata/index.ts'
import { makeSecret } from './secrets.ts'

/** A client as the operator wants it. */
export interface NewClient {
  /** As people see it at consent. */
  readonly name: string
  /** https, loopback, or a URI with a scheme of an application, which is permitted by being named here. */
  readonly redirectUris: readonly string[]
  /** Whether it has to show a secret each time. */
  readonly confidential: boolean
}

export type Draft =
  | { readonly kind: 'draft'; readonly metadata: ClientMetadata; readonly secret?: string }
  | ({ readonly kind: 'refused' } & MetadataRefusal)

/** The metadata of a client that the operator makes; of its secret it holds the digest. */
export function draftClient({ name, redirectUris, confidential }: NewClient): Draft {
  const settled = settleMetadata({ client_name: name, redirect_uris: redirectUris }, permitting(redirectUris))
  if (settled.kind === 'refused') return settled
  if (!confidential) return { kind: 'draft', metadata: { ...settled.metadata, token_endpoint_auth_method: 'none' } }
  const { secret, stored } = makeSecret()
  return {
    kind: 'draft',
    secret,
    metadata: { ...settled.metadata, token_endpoint_auth_method: 'client_secret_post', client_secret: stored },
  }
}

/** The rules for redirects, with every scheme of an application known; what is never allowed still is not. */
function permitting(uris: readonly string[]) {
  const rules = redirectRules()
  return redirectRules(uris.filter((uri) => rules.isUnknownScheme(uri)))
}
