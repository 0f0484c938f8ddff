import { environment } from '../../crypto/index.ts'
import type { Principal } from '../../guard/index.ts'
import { READ_SCOPE, WRITE_SCOPE } from '../../policy/index.ts'

/** What is said of the user of a server on stdio; what is absent comes from the environment. */
export interface StdioTerms {
  /** Default: `MCP_SUBJECT`, else the user of the operating system. */
  readonly subject?: string
  /** Default: `MCP_SCOPES`, separated by spaces or commas; else `mcp:read` and `mcp:write`. */
  readonly scopes?: readonly string[]
  /** Default: `MCP_ROLES`, separated by spaces or commas; else none. */
  readonly roles?: readonly string[]
  /** Default: `MCP_TENANT`; else none. */
  readonly tenant?: string
}

/**
 * Who calls a server on stdio: whoever has started it. Nothing is authenticated: a process that can start the server, or
 * write its environment, is its user already, so a secret between the two would protect nothing (MCP, Authorization:
 * stdio servers take credentials from the environment). The terms only let policies and handlers be the same as over HTTP.
 */
export function stdioPrincipal(terms: StdioTerms = {}): Principal {
  const { subject = environment('MCP_SUBJECT') || environment('USER') || environment('USERNAME') || 'local' } = terms
  const tenant = terms.tenant ?? environment('MCP_TENANT')
  return {
    kind: 'local',
    issuer: 'stdio',
    subject,
    clientId: subject,
    credentialId: '',
    scopes: new Set(terms.scopes ?? words('MCP_SCOPES') ?? [READ_SCOPE, WRITE_SCOPE]),
    roles: new Set(terms.roles ?? words('MCP_ROLES') ?? []),
    ...(tenant === undefined ? {} : { tenant }),
  }
}

function words(variable: string): readonly string[] | undefined {
  return environment(variable)
    ?.split(/[\s,]+/)
    .filter((word) => word !== '')
}
