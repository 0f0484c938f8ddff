import { metadataPathOf, type ResourceTerms } from '@portcullis/auth/guard'
import type { ServerSettings } from '../config/index.ts'

/** A server as an OAuth resource at this public URL; undefined when nobody signs in to it. */
export function resourceTermsOf({ name, access, baseScopes }: ServerSettings, url: string): ResourceTerms | undefined {
  if (!access.has('oauth')) return undefined
  const uri = `${url}/${name}/mcp`
  return { uri, metadataUrl: `${url}${metadataPathOf(uri)}`, issuers: [url], baseScopes }
}
