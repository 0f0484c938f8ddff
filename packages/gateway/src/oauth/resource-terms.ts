import { type GuardedServer, metadataPathOf, type ResourceTerms } from '@portcullis/auth/guard'
import type { ServerSettings } from '../config/index.ts'

/** A server as an OAuth resource at this public URL; undefined when nobody signs in to it. */
export function resourceTermsOf({ name, access, baseScopes }: ServerSettings, url: string): ResourceTerms | undefined {
  if (!access.has('oauth')) return undefined
  const uri = `${url}/${name}/mcp`
  return { uri, metadataUrl: `${url}${metadataPathOf(uri)}`, issuers: [url], baseScopes }
}

/** The same server under another name of this machine: the resource is called by it there, and tokens are the same. */
export function underName<Server extends GuardedServer>(server: Server, url: string): Server {
  const { resource } = server
  if (resource === undefined) return server
  const { pathname } = new URL(resource.uri)
  return {
    ...server,
    resource: { ...resource, calledUri: `${url}${pathname}`, metadataUrl: `${url}${metadataPathOf(resource.uri)}` },
  }
}
