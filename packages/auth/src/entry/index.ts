/**
 * The library's front: a guard for one MCP endpoint, from its options to who is let in.
 *
 *   request ─▶ credential ─▶ principal ─▶ body ─▶ session ─▶ decision ─▶ passage ─▶ the server's handler
 *                   └───────────────────────┴────────┴──────────┴──────▶ an answer of our own
 *
 * Knows nothing of frameworks: adapters make a `Visit`, send a reply, hand on a passage.
 */
export type {
  AuditEvent,
  EventPrincipal,
  OperationEvent,
  RefusalSample,
  RefusalsEvent,
  RequestEvent,
} from '../events/index.ts'
export { type AuthInfo, principalOf, toAuthInfo, type Vouched, vouchedIn, vouchFor } from './auth-info.ts'
export type { Admission } from './coming.ts'
export { expectGuard, guard, type McpGuard } from './guard.ts'
export { type GuardOptions, isPolicy, type TrustedProxies } from './guard-options.ts'
export { type Passage, passageOf } from './passage.ts'
export { type Policy, type PolicyTerms, policy } from './policy.ts'
export { memoryBindings, type SessionBindings } from './sessions.ts'
export { type Body, MAX_BODY, pathOf, type Visit } from './visit.ts'
export { apiKeys, jwt, type KeyStore, oauth, publicAccess, type Shared, unlisted, type Way } from './ways.ts'
