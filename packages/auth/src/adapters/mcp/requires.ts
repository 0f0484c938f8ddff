import { principalOf } from '../../entry/index.ts'
import type { Principal } from '../../guard/index.ts'
import { admits, holds, type Requirements, type Settled, settle } from '../../policy/index.ts'

/** What stands next to a handler. */
const stated = new WeakMap<object, Requirements>()

/** The requirements that a handler was wrapped with. */
export function requirementsOf(handler: unknown): Requirements | undefined {
  return typeof handler === 'function' ? stated.get(handler) : undefined
}

/** What a model reads when it may not do something: it learns that trying again is of no use. */
export interface ToolError {
  readonly [member: string]: unknown
  readonly content: { readonly type: 'text'; readonly text: string }[]
  readonly isError: true
}

/**
 * A tool's handler for those alone who meet the requirements: whoever else calls it gets a tool error, and the handler
 * hears nothing. For `registerTool` of the SDKs v1 and v2; behind `guardTools` the tool is also left out of lists, and a
 * client that can ask for more scope is told so by HTTP 403.
 *
 *     server.registerTool('delete_note', config, requires({ scopes: ['notes:write'], roles: ['editor'] }, handler))
 *
 * Without a guard before the server nobody is let in. Without `guardTools`, scopes count only where `policy({ scopes })` names
 * them, even of keys without limits: a guard knows no others.
 *
 * @param requirements Scopes (all), roles (one of them), tenant. Conditions stand in `policy({ rules })`.
 * @throws {TypeError} when they ask for nothing, or need a port.
 */
export function requires<Handler extends (...args: never[]) => unknown>(
  requirements: Requirements,
  handler: Handler,
): Handler {
  const settled = settle(requirements, {}, 'requires()')
  if (typeof handler !== 'function') {
    throw new TypeError('requires() needs the handler, too: write requires({ scopes: [SCOPE] }, handler)')
  }
  const guarded = (...args: never[]): unknown => {
    const principal = principalOf(args[args.length - 1])
    const problem = principal === undefined || principal.kind === 'anonymous' ? NOBODY : problemOf(settled, principal)
    return problem === undefined ? handler(...args) : toolError(problem)
  }
  stated.set(guarded, requirements)
  return guarded as Handler
}

const NOBODY = 'This tool is open to authenticated callers only.'

function problemOf(settled: Settled, principal: Principal): string | undefined {
  if (!admits(settled, principal)) return 'This tool is not open to this caller.'
  const missing = missingScopes(settled.scopes, principal)
  return missing.length === 0
    ? undefined
    : `This tool needs a scope that the credential does not cover: ${missing.join(' ')}`
}

function missingScopes(scopes: readonly string[], { scopes: held }: Pick<Principal, 'scopes'>): readonly string[] {
  return scopes.filter((scope) => !holds(held, scope))
}

function toolError(text: string): ToolError {
  return { content: [{ type: 'text', text }], isError: true }
}
