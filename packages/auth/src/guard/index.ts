/**
 * Protects an MCP server: reads the credential, decides who it is from, and answers a refusal with a challenge that a
 * client can act on (RFC 6750 §3).
 *
 *   request ─▶ presented ─▶ directory ─▶ verdict ─▶ principal and access
 *                  └────────────┴───────────┴─────▶ 400 / 401 / 404
 *
 * Takes a small view of the request (field lookup), so that no framework and no `Request` object is needed on the hot
 * path. What the request asks for is decided by the policy room, with the access that a verdict carries.
 */

export type { TokenIssuer } from '../issuers/index.ts'
export { scopeChallenge, withHeld } from './challenge.ts'
export { type BodyContext, type BodyDecision, decideIncoming } from './decide-incoming.ts'
export { denialReply, emptyListReply, scopeReply } from './denial-reply.ts'
export { CredentialDirectory } from './directory.ts'
export { type FixedKey, type FixedKeyEntry, type FixedKeys, fixedKeys, readFixedKeys } from './fixed-keys.ts'
export { Guard, type GuardOptions } from './guard.ts'
export { limitReply } from './limit-reply.ts'
export { principalKey, toEventPrincipal } from './principal-key.ts'
export { metadataPathOf, resourceMetadata } from './resource-metadata.ts'
export { Revoked } from './revoked.ts'
export { trustedBy } from './standing.ts'
export { NOT_FOUND, toReply } from './to-reply.ts'
export type {
  AccessMode,
  GuardedServer,
  Principal,
  Refusal,
  RequestView,
  ResourceTerms,
  TokenFault,
  TokenTrust,
  Verdict,
} from './verdict.ts'
export { Watch } from './watch.ts'
