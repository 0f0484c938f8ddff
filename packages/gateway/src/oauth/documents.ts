import { type GuardedServer, metadataPathOf, resourceMetadata } from '@portcullis/auth/guard'
import type { Reply } from '@portcullis/auth/http'

/** Where clients look that know only the host (requirements RS-23, RS-24). */
const ROOT = '/.well-known/oauth-protected-resource'

/**
 * Metadata of the servers that people sign in to, by path. At the root of the host only where there is but one server:
 * among several nobody could tell whose it is.
 */
export function resourceDocuments(servers: ReadonlyMap<string, GuardedServer>): ReadonlyMap<string, Reply> {
  const documents = new Map<string, Reply>()
  for (const { name, resource } of servers.values()) {
    if (resource === undefined) continue
    const document = resourceMetadata(resource, name)
    documents.set(metadataPathOf(resource.uri), document)
    if (servers.size === 1) documents.set(ROOT, document)
  }
  return documents
}
