import type { Reply } from '../http/index.ts'
import { scopesToAskFor } from './challenge.ts'
import type { ResourceTerms } from './verdict.ts'

/** How long clients may keep the document, in seconds: a change of issuer must be noticed (requirements RS-29). */
const MAX_AGE = 300

/** Protected resource metadata (RFC 9728 §2), for anyone to read. Members without a value are left out. */
export function resourceMetadata(resource: ResourceTerms, name: string): Reply {
  const { uri, calledUri = uri, issuers, baseScopes } = resource
  const document = {
    resource: calledUri,
    authorization_servers: issuers,
    ...(baseScopes.length === 0 ? {} : { scopes_supported: scopesToAskFor(resource, baseScopes) }),
    bearer_methods_supported: ['header'],
    resource_name: name,
  }
  return {
    status: 200,
    headers: [
      ...['content-type', 'application/json', 'cache-control', `public, max-age=${MAX_AGE}`],
      ...['access-control-allow-origin', '*', 'cross-origin-resource-policy', 'cross-origin'],
    ],
    body: JSON.stringify(document),
  }
}

/** Where a resource's metadata is looked for first (RFC 9728 §3.1). @param uri Without a slash at its end. */
export function metadataPathOf(uri: string): string {
  return `/.well-known/oauth-protected-resource${new URL(uri).pathname.replace(/\/$/, '')}`
}
