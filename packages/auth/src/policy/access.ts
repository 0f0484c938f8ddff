import { matchAny } from './pattern.ts'
import { holds, type ToolScopes } from './scopes.ts'

/** What somebody may do on one server. Compiled once for all who may do the same. */
export interface Access {
  /** Whether a tool is on this caller's list. Decided by name alone, so it tells nothing about which tools exist. */
  sees(tool: string): boolean
  /** False: lists and pings only. */
  readonly mayCall: boolean
  /** Resources, prompts, completions. */
  readonly mayRead: boolean
  /** Whether everything is on the list: then lists need no filtering. */
  readonly seesEverything: boolean
  /** Whether others may get other answers on this server, so that no cache may share them. */
  readonly isPrivate: boolean
}

export interface AccessTerms {
  readonly scopes: ReadonlySet<string>
  /** Tool name patterns; absent: every tool the scopes open. */
  readonly tools?: readonly string[]
  /** Resources, prompts and completions: granted apart from tools, since a limit on tools says nothing of them. */
  readonly reads: boolean
  /** Set for monitors: they see what there is and call nothing. */
  readonly listsOnly: boolean
  /** Default true; false where everybody is answered alike. */
  readonly isPrivate?: boolean
}

export function compileAccess(server: ToolScopes, terms: AccessTerms): Access {
  const { isPrivate = true } = terms
  if (terms.listsOnly) return { sees: () => true, mayCall: false, mayRead: false, seesEverything: true, isPrivate }
  const named = terms.tools === undefined ? () => true : matchAny(terms.tools)
  const everyScope = [...server.all].every((scope) => holds(terms.scopes, scope))
  return {
    sees: (tool) => named(tool) && (everyScope || server.opening(tool).some((scope) => holds(terms.scopes, scope))),
    mayCall: true,
    mayRead: terms.reads,
    seesEverything: everyScope && terms.tools === undefined,
    isPrivate,
  }
}
