import { matchAny } from './pattern.ts'
import { holds, READ_SCOPE, type ToolScopes } from './scopes.ts'

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
  /** Neither scopes nor tools limit this caller. */
  readonly isUnlimited: boolean
  /** The scope that would let this caller call a tool on its list; undefined when none is missing. */
  lacks(tool: string): string | undefined
  /** The scope that would let this caller read; undefined when none would, or none is missing. */
  readonly readLacks: string | undefined
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
  /**
   * Whether the caller can get further scopes by asking a person (OAuth). Then its list holds what those would open,
   * too: what is not shown is never called, and nobody would ever be asked. Default false.
   */
  readonly stepsUp?: boolean
}

const NOTHING = () => undefined

export function compileAccess(server: ToolScopes, terms: AccessTerms): Access {
  const { scopes, tools, reads, isPrivate = true, stepsUp = false } = terms
  if (terms.listsOnly) {
    const lists = { sees: () => true, mayCall: false, mayRead: false, seesEverything: true, isUnlimited: false }
    return { ...lists, lacks: NOTHING, readLacks: undefined, isPrivate }
  }
  const named = tools === undefined ? () => true : matchAny(tools)
  const everyScope = [...server.all].every((scope) => holds(scopes, scope))
  const opens = (tool: string) => everyScope || server.opening(tool).some((scope) => holds(scopes, scope))
  return {
    sees: (tool) => named(tool) && (stepsUp || opens(tool)),
    mayCall: true,
    mayRead: reads,
    seesEverything: (everyScope || stepsUp) && tools === undefined,
    isUnlimited: everyScope && tools === undefined,
    // Each of the scopes that open a tool suffices, so one is asked for: the first in the operator's order.
    lacks: everyScope || !stepsUp ? NOTHING : (tool) => (opens(tool) ? undefined : server.opening(tool)[0]),
    readLacks: reads || !stepsUp ? undefined : READ_SCOPE,
    isPrivate,
  }
}
