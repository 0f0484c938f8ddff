import { type Asking, askJson } from './ask.ts'
import { IssuerFault } from './fault.ts'

/** What is used of an issuer's metadata (RFC 8414 §2, RFC 7662 §2). */
export interface IssuerMetadata {
  readonly jwksUri?: string
  readonly introspectionEndpoint?: string
}

/**
 * Where an issuer's metadata may be, in the order in which MCP clients look (MCP, Authorization Server Metadata
 * Discovery): OAuth and OpenID with the path inserted (RFC 8414 §3), then OpenID with the path in front.
 */
export function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const oauth = `${origin}/.well-known/oauth-authorization-server${path}`
  const openid = `${origin}/.well-known/openid-configuration${path}`
  return path === '' ? [oauth, openid] : [oauth, openid, `${origin}${path}/.well-known/openid-configuration`]
}

/**
 * Asks the places one after the other until one tells of this very issuer, compared to the letter (RFC 8414 §3.3).
 * Goes on after an answer that is of no use, not after silence: that would be silence three times.
 * @throws {IssuerFault} of the first place that answered with something, for it says most.
 */
export async function discover(
  issuer: string,
  mayAsk: (url: string) => boolean,
  asking: Asking,
): Promise<IssuerMetadata> {
  let telling: IssuerFault | undefined
  for (const url of metadataUrls(issuer)) {
    try {
      return readMetadata(await askJson(url, asking), issuer, url, mayAsk)
    } catch (error) {
      if (!(error instanceof IssuerFault) || error.code === 'unreachable' || error.code === 'slow') throw error
      if (telling === undefined || telling.code === 'status') telling = error
    }
  }
  throw telling
}

function readMetadata(
  metadata: Readonly<Record<string, unknown>>,
  issuer: string,
  url: string,
  mayAsk: (url: string) => boolean,
): IssuerMetadata {
  const { issuer: named, jwks_uri, introspection_endpoint } = metadata
  if (named !== issuer) throw new IssuerFault('metadata', `${url} tells of another issuer than ${issuer}`)
  for (const [name, address] of Object.entries({ jwks_uri, introspection_endpoint })) {
    if (address === undefined || (typeof address === 'string' && mayAsk(address))) continue
    throw new IssuerFault('metadata', `${url} has a "${name}" that may not be asked: it must be an https URL`)
  }
  return {
    ...(jwks_uri === undefined ? {} : { jwksUri: jwks_uri as string }),
    ...(introspection_endpoint === undefined ? {} : { introspectionEndpoint: introspection_endpoint as string }),
  }
}
