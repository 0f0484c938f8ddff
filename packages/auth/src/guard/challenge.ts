import { errorReply, type Reply } from '../http/index.ts'
import type { ResourceTerms } from './verdict.ts'

/** RFC 6750 §3.1; absent when nothing was presented. */
type ChallengeError = 'invalid_token' | 'invalid_request' | 'insufficient_scope'

/**
 * A `Bearer` challenge (RFC 6750 §3, RFC 9728 §5.1): where the resource's metadata is, and which scopes to ask for.
 * @param description From our own texts only: within the characters of RFC 6750 §3.
 */
export function bearerChallenge(
  resource: ResourceTerms,
  scopes: readonly string[],
  error?: ChallengeError,
  description?: string,
): string {
  const parameters = [
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(description === undefined ? [] : [`error_description="${description}"`]),
    ...(scopes.length === 0 ? [] : [`scope="${scopesToAskFor(resource, scopes).join(' ')}"`]),
    `resource_metadata="${resource.metadataUrl}"`,
  ]
  return `Bearer ${parameters.join(', ')}`
}

/**
 * The challenge to a caller that further scopes would let in (MCP, Runtime Insufficient Scope Errors): all that the
 * request needs, and what the caller holds here already, for there are clients that ask for nothing else then
 * (requirements RS-10). One that no scope would help gets no such challenge: it would ask a person for ever.
 */
export function scopeChallenge(resource: ResourceTerms, held: Iterable<string>, needed: readonly string[]): string {
  return bearerChallenge(resource, withHeld(held, needed), 'insufficient_scope', 'The token does not cover this.')
}

/** All that a client has to ask for so that it gets what it needs and loses nothing: `offline_access` is no scope of ours. */
export function withHeld(held: Iterable<string>, needed: readonly string[]): readonly string[] {
  return [...new Set([...needed, ...held])].filter((scope) => scope !== 'offline_access')
}

/** Scopes as the issuer is asked for them. */
export function scopesToAskFor({ scopePrefix = '' }: ResourceTerms, scopes: readonly string[]): readonly string[] {
  return scopePrefix === '' ? scopes : scopes.map((scope) => (scope.includes('://') ? scope : scopePrefix + scope))
}

/** A 401 that sends a client to sign in (again). */
export function tokenReply(resource: ResourceTerms, code: string, description: string, isPresented = true): Reply {
  const challenge = isPresented
    ? bearerChallenge(resource, resource.baseScopes, 'invalid_token', description)
    : bearerChallenge(resource, resource.baseScopes)
  return errorReply(401, code, description, ['www-authenticate', challenge])
}

/**
 * A refused key where signing in is offered, too. Not a 401: that makes clients register and open a browser, whatever
 * they sent. Not a challenge either: no scope would help.
 */
export function keyReply(reason: string, description: string): Reply {
  const { status, headers } = errorReply(403, 'invalid_api_key', description)
  return { status, headers, body: JSON.stringify({ error: 'invalid_api_key', error_description: description, reason }) }
}
