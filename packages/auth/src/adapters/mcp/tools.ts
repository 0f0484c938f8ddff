import { type McpGuard, type Policy, principalOf, toAuthInfo, vouchFor } from '../../entry/index.ts'
import type { Principal } from '../../guard/index.ts'
import { compileAccess, holds, READ_SCOPE, TaskLedger } from '../../policy/index.ts'
import { missingScopes, requirementsOf } from './requires.ts'
import { interpose, type SdkTransport, type ToolsGuard } from './transport.ts'

/** What is used of the SDK's `McpServer` or `Server`, v1 or v2. */
interface SdkServer {
  connect(transport: never): Promise<void>
  registerTool?(...args: never[]): unknown
}

/** For a server on stdio: the policy, and who its one user is. */
export interface LocalGuard {
  readonly policy: Policy
  readonly principal: Principal
}

/**
 * Puts a policy before the tools of an SDK server: a list holds what its caller may see, a call that is not permitted is
 * answered without asking the tool, and what `requires` says next to a tool is part of the policy from its registration
 * on. To be called before the first tool is registered.
 *
 *     const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), gate)
 *
 * What stands next to a tool is held in any case. But the HTTP layer, which alone can tell a client to ask for more scope
 * (403), learns of it when the tool is first registered: where a server is made for each request or session, make one at
 * the start as well.
 *
 * @param guard The guard before the server's HTTP endpoint, or for stdio `{ policy, principal: stdioPrincipal() }`.
 * @returns the server itself.
 */
export function guardTools<Server extends SdkServer>(server: Server, guard: McpGuard | LocalGuard): Server {
  const own = toToolsGuard(guard)
  const connect = server.connect.bind(server) as (transport: SdkTransport) => Promise<void>
  server.connect = (async (transport: SdkTransport) => {
    // A transport may hand on what waited for it as soon as it starts.
    const start = transport.start.bind(transport)
    transport.start = () => {
      interpose(transport, own)
      return start()
    }
    await connect(transport)
  }) as Server['connect']
  const { registerTool } = server
  if (registerTool !== undefined) {
    const register = registerTool.bind(server) as (...args: unknown[]) => unknown
    const noting = (name: string, config: object, handler: unknown): unknown =>
      register(name, withChallenge(name, config, handler, own.policy), handler)
    server.registerTool = noting as NonNullable<Server['registerTool']>
  }
  return server
}

function toToolsGuard(guard: McpGuard | LocalGuard): ToolsGuard {
  if (!('principal' in guard)) return guard
  const { policy, principal } = guard
  const { scopes, tools, roles, clientId, tenant } = principal
  const access = compileAccess(policy.scopes, {
    scopes,
    reads: holds(scopes, READ_SCOPE),
    listsOnly: false,
    rules: policy.rules,
    caller: { clientId, tenant, roles },
    ...(tools === undefined ? {} : { tools }),
  })
  const local = { vouched: vouchFor(principal, access), authInfo: toAuthInfo(principal) }
  return { name: 'stdio', policy, tasks: new TaskLedger(), local }
}

/** Notes what stands next to the tool; SDK v2 asks for the challenge itself, before its first answer. */
function withChallenge(name: string, config: object, handler: unknown, policy: Policy): object {
  const requirements = requirementsOf(handler)
  if (requirements === undefined) return config
  policy.rules.note(name, requirements)
  const { scopes = [] } = requirements
  if (scopes.length === 0) return config
  return {
    ...config,
    scopeChallenge({ authInfo }: { readonly authInfo?: unknown }) {
      const principal = principalOf(authInfo)
      if (principal?.kind !== 'oauth') return undefined
      const missing = missingScopes(scopes, principal)
      return missing.length === 0 ? undefined : { scopes: [...new Set([...missing, ...principal.scopes])] }
    },
  }
}
