import {
  compileRules,
  compileScopes,
  type Rules,
  type RuleTerms,
  type ScopeMap,
  type ToolScopes,
} from '../policy/index.ts'

/** What a policy says: the scope map, rules beside it, the tools of single clients, and ports for what rules may need. */
export interface PolicyTerms extends RuleTerms {
  /** Scope to tool name patterns (`*` stands for any characters). A tool in no scope needs `mcp:write`. */
  readonly scopes?: ScopeMap
}

/** Who may use which tool, in one place. */
export interface Policy {
  readonly scopes: ToolScopes
  readonly rules: Rules
  /** The scopes that the terms name, in their order. */
  readonly named: readonly string[]
}

/**
 * A policy: the scope map of the gateway's configuration, and rules beside it that can only narrow.
 *
 *     policy({
 *       scopes: { 'notes:read': ['read_*'], 'notes:write': ['write_*'] },
 *       rules: [{ tools: ['delete_*'], roles: ['editor'] }],
 *       clients: { 'nightly-report': ['read_*'] },
 *     })
 *
 * @throws {TypeError} for a rule that asks nothing or cannot be asked, and for a scope that is no RFC 6749 §3.3 token.
 */
export function policy(terms: PolicyTerms = {}): Policy {
  const { scopes = {} } = terms
  for (const [scope, tools] of Object.entries(scopes)) {
    if (!SCOPE.test(scope)) throw new TypeError(`"${scope}" is no scope: visible ASCII without space, " and \\`)
    if (!(Array.isArray(tools) && tools.every((tool) => typeof tool === 'string' && tool !== ''))) {
      throw new TypeError(`"scopes.${scope}" must be a list of tool names`)
    }
  }
  const rules = compileRules(terms)
  const named = [...new Set([...Object.keys(scopes), ...rules.scopes])]
  for (const scope of rules.scopes) if (!SCOPE.test(scope)) throw new TypeError(`"${scope}" is no scope`)
  // What a rule names means something here, or no token could ever hold it.
  const opened = compileScopes(scopes)
  return { scopes: { all: new Set([...opened.all, ...named]), opening: (tool) => opened.opening(tool) }, rules, named }
}

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/
