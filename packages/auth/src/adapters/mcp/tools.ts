import { isPolicy, type McpGuard, type Policy, toAuthInfo, vouchedIn, vouchFor } from '../../entry/index.ts'
import { type Principal, withHeld } from '../../guard/index.ts'
import { compileAccess, holds, READ_SCOPE, TaskLedger } from '../../policy/index.ts'
import { requirementsOf } from './requires.ts'
import { interpose, type SdkTransport, type ToolsGuard } from './transport.ts'

/** What is used of the SDK's `McpServer` or `Server`, v1 or v2. */
interface SdkServer {
  connect(transport: never): Promise<void>
  registerTool?(...args: never[]): unknown
  /** v1, of old. */
  tool?(...args: never[]): unknown
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
  const { registerTool, tool } = server
  if (registerTool !== undefined) {
    const register = registerTool.bind(server) as (...args: unknown[]) => unknown
    const noting = (name: string, config: object, handler: unknown): unknown => {
      note(own.policy, name, handler)
      return follow(register(name, withChallenge(name, config), handler), { name, handler }, own.policy)
    }
    server.registerTool = noting as NonNullable<Server['registerTool']>
  }
  if (tool !== undefined) {
    const register = tool.bind(server) as (...args: unknown[]) => unknown
    const noting = (name: string, ...rest: readonly unknown[]): unknown => {
      const handler = rest[rest.length - 1]
      note(own.policy, name, handler)
      return follow(register(name, ...rest), { name, handler }, own.policy)
    }
    server.tool = noting as NonNullable<Server['tool']>
  }
  return server
}

/** A tool that is renamed, or gets another handler, takes what stands next to it along. */
function follow(registered: unknown, known: { name: string; handler: unknown }, policy: Policy): unknown {
  const tool = registered as { update?: (updates: { readonly name?: unknown; readonly callback?: unknown }) => unknown }
  const { update } = tool ?? {}
  if (update === undefined) return registered
  tool.update = (updates) => {
    const result = update.call(tool, updates)
    const { name, callback } = updates
    if (name === undefined && callback === undefined) return result
    known.handler = callback ?? known.handler
    if (typeof name === 'string') known.name = name
    note(policy, known.name, known.handler)
    return result
  }
  return registered
}

/** What stands next to a tool is part of the policy from here on. */
function note({ rules }: Policy, name: string, handler: unknown): void {
  const requirements = requirementsOf(handler)
  if (requirements !== undefined) rules.note(name, requirements)
}

function toToolsGuard(guard: McpGuard | LocalGuard): ToolsGuard {
  if (typeof guard === 'object' && 'tasks' in guard) return guard
  const { policy, principal } = guard ?? {}
  if (principal === undefined) {
    throw new TypeError(
      'guardTools() needs a guard: write guardTools(server, gate), on stdio { policy, principal: stdioPrincipal() }',
    )
  }
  if (!isPolicy(policy)) throw new TypeError('"policy" is made by policy(): wrap it in policy({…})')
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

interface ScopeContext {
  readonly authInfo?: unknown
}

/**
 * SDK v2 asks a tool for a challenge before its first answer. Behind an adapter the guard has sent it already; behind the
 * SDK's own `requireBearerAuth` nobody else does.
 */
function withChallenge(name: string, config: object): object {
  const { scopeChallenge } = config as { readonly scopeChallenge?: (context: ScopeContext) => unknown }
  return {
    ...config,
    scopeChallenge(context: ScopeContext) {
      const { principal, access } = vouchedIn(context) ?? {}
      const missing = access?.sees(name) ? access.lacks(name) : []
      if (principal === undefined || missing.length === 0) return scopeChallenge?.(context)
      return { scopes: withHeld(principal.scopes, missing) }
    },
  }
}
