import {
  compileRules,
  compileScopes,
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
  for (const [scope, tools] of Object.entries(scopes)) {
    checked([scope])
    if (!(Array.isArray(tools) && tools.every((tool) => typeof tool === 'string' && tool !== ''))) {
      throw new TypeError(`"scopes.${scope}" must be a list of tool names`)
    }
  }
  const rules = compileRules(terms)
  const opened = compileScopes(scopes)
  // What a rule names means something here, or no token could ever hold it.
  const all = new Set([...opened.all, ...checked(rules.scopes)])
  return {
    scopes: { all, opening: (tool) => opened.opening(tool) },
    rules: {
      of: rules.of,
      limitOf: rules.limitOf,
      get hides() {
        return rules.hides
      },
      get scopes() {
        return rules.scopes
      },
      get roles() {
        return rules.roles
      },
      get version() {
        return rules.version
      },
      note(tool, requirements) {
        const named = checked(requirements.scopes ?? [])
        rules.note(tool, requirements)
        for (const scope of named) all.add(scope)
      },
    },
    named: [...new Set([...Object.keys(scopes), ...rules.scopes])],
  }
}

/** @throws {TypeError} for a scope that is none. */
function checked(scopes: Iterable<string>): readonly string[] {
  const all = [...scopes]
  const wrong = all.find((scope) => !SCOPE.test(scope))
  if (wrong !== undefined) throw new TypeError(`"${wrong}" is no scope: visible ASCII without space, " and \\`)
  return all
}

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/
