import { type Reply, rpcErrorReply } from '../http/index.ts'
import {
  type Decision,
  type DecisionContext,
  type DenialReason,
  decideNotification,
  decideRequest,
} from '../policy/index.ts'
import type { Incoming, Message } from '../protocol/index.ts'
import { scopeChallenge } from './challenge.ts'
import { denialReply, emptyListReply, scopeReply } from './denial-reply.ts'
import type { Principal, ResourceTerms } from './verdict.ts'

/** What is decided about a body, and how it is told. */
export type BodyDecision =
  /** `shortensList`: the answer holds a list of which the caller may see a part. */
  | { readonly kind: 'allowed'; readonly shortensList: boolean }
  | {
      readonly kind: 'answered'
      readonly reply: Reply
      readonly reason: DenialReason
      readonly decision: 'allowed' | 'denied'
      /** A client can get the scopes that are missing by asking a person. */
      readonly stepsUp: boolean
    }

export interface BodyContext extends DecisionContext {
  readonly principal: Principal
  /** Where the server is an OAuth resource: a challenge names it. */
  readonly resource: ResourceTerms | undefined
}

const ALLOWED = { kind: 'allowed', shortensList: false } as const
const SHORTENED = { kind: 'allowed', shortensList: true } as const

/** Asks the policy about every message. A batch goes as a whole or not at all (requirements GW-23). */
export function decideIncoming(incoming: Pick<Incoming, 'messages' | 'isBatch'>, context: BodyContext): BodyDecision {
  let shortensList = false
  for (const message of incoming.messages) {
    const decision = decideMessage(message, context)
    if (decision.kind === 'allowed') {
      shortensList ||= decision.shortensList
      continue
    }
    return {
      kind: 'answered',
      reply: replyTo(message, incoming.isBatch, decision, context),
      reason: decision.reason,
      decision: decision.kind === 'empty_list' ? 'allowed' : 'denied',
      stepsUp: decision.kind === 'denied' && decision.scopes !== undefined,
    }
  }
  return shortensList ? SHORTENED : ALLOWED
}

function decideMessage(message: Message, context: BodyContext): Decision {
  if (message.kind === 'response') return ALLOWED
  if (message.kind === 'request') return decideRequest(message, context)
  const verdict = decideNotification(message, context.access, context.furtherMethods)
  return verdict === 'allowed' ? ALLOWED : { kind: 'denied', reason: verdict }
}

function replyTo(
  message: Message,
  isBatch: boolean,
  decision: Exclude<Decision, { kind: 'allowed' }>,
  { era, principal, resource }: BodyContext,
): Reply {
  // Part of a batch cannot be refused alone: its answer would not say which.
  if (isBatch) return invalidRequest('The batch holds a request that is not permitted. Send them one by one.')
  if (message.kind !== 'request') return invalidRequest('Unknown notification.')
  if (decision.kind === 'empty_list') return emptyListReply(message.id, era, decision.member)
  if (decision.scopes !== undefined && resource !== undefined) {
    return scopeReply(message, scopeChallenge(resource, principal.scopes, decision.scopes))
  }
  return denialReply(message, era, decision.reason)
}

function invalidRequest(message: string): Reply {
  return rpcErrorReply(400, undefined, { code: -32600, message })
}
