import { matchAny } from './pattern.ts'
import { admits, type RuledCaller, type Rules } from './rules.ts'
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
  /** Neither scopes nor tools nor rules limit this caller. */
  readonly isUnlimited: boolean
  /** The scopes, all of them, that would let this caller call a tool on its list; empty when none is missing. */
  lacks(tool: string): readonly string[]
  /** The scope that would let this caller read; undefined when none would, or none is missing. */
  readonly readLacks: string | undefined
  /**
   * What the arguments of a call miss; undefined: nothing. To be asked last. A condition that throws does not hold.
   * @param clientId Of who calls: what is compiled here may be shared by many.
   */
  objects(tool: string, args: Readonly<Record<string, unknown>>, clientId?: string): Objection | undefined
  /** Whether others may get other answers on this server, so that no cache may share them. */
  readonly isPrivate: boolean
}

export type Objection = 'condition_not_met' | 'arguments_invalid'

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
  /** Beside the scope map. With them goes who calls. */
  readonly rules?: Rules | undefined
  readonly caller?: RuledCaller
}

const COMPLETE: readonly string[] = []
const NO_SCOPES: ReadonlySet<string> = new Set()
const NOBODY: RuledCaller = { roles: new Set() }

export function compileAccess(server: ToolScopes, terms: AccessTerms): Access {
  const { scopes, tools, reads, isPrivate = true, stepsUp = false, rules, caller = NOBODY } = terms
  if (terms.listsOnly) return listsOnly(isPrivate)
  const named = tools === undefined ? () => true : matchAny(tools)
  const limit = rules?.limitOf(caller.clientId)
  const everyScope = [...server.all].every((scope) => holds(scopes, scope))
  const opens = (tool: string) => everyScope || server.opening(tool).some((scope) => holds(scopes, scope))
  // What a rule names is not held by whoever holds it for want of a credential.
  const ruled = caller.isNobody ? NO_SCOPES : scopes
  const missing = (tool: string) =>
    rules?.of(tool).flatMap((rule) => rule.scopes.filter((scope) => !holds(ruled, scope))) ?? COMPLETE
  const isOpenTo = (tool: string) =>
    rules === undefined ||
    ((limit === undefined || limit(tool)) &&
      rules.of(tool).every((rule) => admits(rule, caller)) &&
      (stepsUp || missing(tool).length === 0))
  const isRuled = () => rules?.hides === true
  return {
    sees: (tool) => named(tool) && (stepsUp || opens(tool)) && isOpenTo(tool),
    mayCall: true,
    mayRead: reads,
    get seesEverything() {
      return (everyScope || stepsUp) && tools === undefined && !isRuled()
    },
    get isUnlimited() {
      return everyScope && tools === undefined && !isRuled()
    },
    lacks(tool) {
      if (!stepsUp) return COMPLETE
      // Each of the scopes that open a tool suffices, so one is asked for: the first in the operator's order.
      const opening = opens(tool) ? COMPLETE : server.opening(tool).slice(0, 1)
      const ruled = missing(tool)
      return ruled.length === 0 ? opening : [...new Set([...opening, ...ruled])]
    },
    readLacks: reads || !stepsUp ? undefined : READ_SCOPE,
    objects(tool, args, clientId) {
      for (const { holds: isMet, fits } of rules?.of(tool) ?? []) {
        if (fits !== undefined && !isTrue(() => fits(tool, args))) return 'arguments_invalid'
        const facts = { tool, arguments: args, caller: { ...caller, clientId, scopes } }
        if (isMet !== undefined && !isTrue(() => isMet(facts))) return 'condition_not_met'
      }
      return undefined
    },
    isPrivate,
  }
}

function listsOnly(isPrivate: boolean): Access {
  return {
    sees: () => true,
    mayCall: false,
    mayRead: false,
    seesEverything: true,
    isUnlimited: false,
    lacks: () => COMPLETE,
    readLacks: undefined,
    objects: () => undefined,
    isPrivate,
  }
}

/** A port that fails has not said yes. */
function isTrue(ask: () => boolean): boolean {
  try {
    return ask() === true
  } catch {
    return false
  }
}
