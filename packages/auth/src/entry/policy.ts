import {
  compileRules,
  compileScopes,
  expectScopes,
  type Rules,
  type RuleTerms,
  type ScopeMap,
  type ToolScopes,
} from '../policy/index.ts'
import { expectKnown, isOptions, type Known } from '../protocol/index.ts'

/** What a policy says: the scope map, rules beside it, the tools of single clients, and ports for what rules may need. */
export interface PolicyTerms extends RuleTerms {
  /** Scope to tool name patterns (`*` stands for any characters). A tool in no scope needs `mcp:write`. */
  readonly scopes?: ScopeMap
}

const KNOWN: Known<PolicyTerms> = { scopes: true, rules: true, clients: true, conditions: true, validate: true }

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
 *       clients: { [record.clientId]: ['read_*'] }, // of an issued key; its name is no client
 *     })
 *
 * @throws {TypeError} for a rule that asks nothing or cannot be asked, for a scope that is no RFC 6749 §3.3 token, and for
 *   a member that is not known.
 */
export function policy(terms: PolicyTerms = {}): Policy {
  if (!isOptions(terms)) throw new TypeError('policy() takes an object: { scopes, rules, clients }')
  expectKnown(terms, KNOWN)
  const { scopes = {} } = terms
  if (!isOptions(scopes)) throw new TypeError(`"scopes" must be an object: { 'notes:read': ['read_*'] }`)
  expectScopes(Object.keys(scopes))
  for (const [scope, tools] of Object.entries(scopes)) {
    if (!(Array.isArray(tools) && tools.every((tool) => typeof tool === 'string' && tool !== ''))) {
      throw new TypeError(`"scopes.${scope}" must be a list of tool names`)
    }
  }
  const opened = compileScopes(scopes)
  // What a rule names means something here, or no token could ever hold it.
  const all = new Set(opened.all)
  const rules = compileRules(terms, (scope) => all.add(scope))
  return { scopes: { ...opened, all }, rules, named: [...new Set([...Object.keys(scopes), ...rules.scopes])] }
}
