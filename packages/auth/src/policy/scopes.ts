import { matchAny, type NameTest } from './pattern.ts'

/** Opens what no scope of the operator's names, and everything that `mcp:read` opens. */
export const WRITE_SCOPE = 'mcp:write'
/** Opens resources, prompts and completions. */
export const READ_SCOPE = 'mcp:read'

/** Opens what `mcp:write` and `mcp:read` open, and whatever a server asks it for. */
export const ADMIN_SCOPE = 'mcp:admin'

/** What a scope is written with (RFC 6749 §3.3). */
export const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** @throws {TypeError} that names what is no scope. */
export function expectScopes(scopes: readonly string[]): void {
  const wrong = scopes.find((scope) => !SCOPE_TOKEN.test(scope))
  if (wrong !== undefined) throw new TypeError(`"${wrong}" is no scope: visible ASCII without space, " and \\`)
}

/** The operator's map: scope to tool name patterns. */
export type ScopeMap = Readonly<Record<string, readonly string[]>>

/** Which scopes open which tool of one server. The upstream's own annotations have no say (GW-24). */
export interface ToolScopes {
  /** Every scope that means something on this server. */
  readonly all: ReadonlySet<string>
  /** The scopes that open a tool; each of them suffices. */
  opening(tool: string): readonly string[]
}

export function compileScopes(map: ScopeMap): ToolScopes {
  const tests: [string, NameTest][] = Object.entries(map).map(([scope, patterns]) => [scope, matchAny(patterns)])
  return {
    all: new Set([...Object.keys(map), READ_SCOPE, WRITE_SCOPE]),
    opening(tool) {
      const scopes = tests.filter(([, test]) => test(tool)).map(([scope]) => scope)
      return scopes.length > 0 ? scopes : [WRITE_SCOPE]
    },
  }
}

/** A broader scope satisfies a narrower requirement (MCP 2026-07-28, Step-Up Authorization Flow). */
export function holds(held: ReadonlySet<string>, scope: string): boolean {
  if (held.has(scope)) return true
  if (scope === WRITE_SCOPE) return held.has(ADMIN_SCOPE)
  return scope === READ_SCOPE && (held.has(WRITE_SCOPE) || held.has(ADMIN_SCOPE))
}
