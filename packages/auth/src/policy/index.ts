/**
 * Who may use what: scopes to tools, what a caller sees of a list, and the decision about one request.
 *
 *   scope map of the server ─┐
 *   scopes and tools held ───┴─▶ access ─▶ decision about a request
 *                                     └─▶ shortened list
 *
 * Pure: no I/O, no clock. Knows nothing of how the caller proved who it is.
 */
export { type Access, type AccessTerms, compileAccess, type Objection } from './access.ts'
export {
  type Decision,
  type DecisionContext,
  type DenialReason,
  decideNotification,
  decideRequest,
  TASKS_EXTENSION,
} from './decide.ts'
export { matchAny, type NameTest } from './pattern.ts'
export {
  admits,
  type ConditionFacts,
  type Conditions,
  compileRules,
  type Ports,
  type Requirements,
  type Rule,
  type RuledCaller,
  type Rules,
  type RuleTerms,
  type Settled,
  settle,
  type Validate,
} from './rules.ts'
export {
  ADMIN_SCOPE,
  compileScopes,
  expectScopes,
  holds,
  READ_SCOPE,
  SCOPE_TOKEN,
  type ScopeMap,
  type ToolScopes,
  WRITE_SCOPE,
} from './scopes.ts'
export { announcedTask, type ListRules, mayAnnounceTask, shortenLists } from './shorten.ts'
export { TaskLedger } from './tasks.ts'
