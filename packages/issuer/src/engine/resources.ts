/** An MCP server that tokens are issued for. */
export interface Resource {
  /** Canonical URI: the `aud` of its tokens (RFC 8707), without a trailing slash. */
  readonly uri: string
  /** Other spellings of it that clients may use: further names of the same machine. Tokens have `uri` all the same. */
  readonly aliases?: readonly string[]
  /** The server's name in the configuration. */
  readonly name: string
  /** Every scope that means something there. */
  readonly scopes: readonly string[]
  /** What a client gets that does not say what it wants. */
  readonly defaultScopes: readonly string[]
  /** What a scope opens, for the consent page: tool name patterns. */
  readonly opens: Readonly<Record<string, readonly string[]>>
  /** What a scope lets a client do, in the operator's words, for the consent page. */
  readonly describes?: Readonly<Record<string, string>>
}

/**
 * The resource that a client names. Scheme and host count without regard to case, and a lone trailing slash does not
 * count (requirements RS-51, IT-02); nothing else is made alike.
 */
export function findResource(resources: readonly Resource[], named: string): Resource | undefined {
  const wanted = canonical(named)
  if (wanted === undefined) return undefined
  return resources.find(({ uri, aliases = [] }) => [uri, ...aliases].some((each) => canonical(each) === wanted))
}

/** @returns undefined for what is no absolute URI, or has a fragment (RFC 8707 §2). */
function canonical(uri: string): string | undefined {
  const parts = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]+)(\/[^#]*)?$/.exec(uri)
  if (parts === null) return undefined
  const path = parts[2] ?? ''
  return `${(parts[1] as string).toLowerCase()}${path.endsWith('/') ? path.slice(0, -1) : path}`
}
