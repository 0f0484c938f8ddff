import { denialReply, emptyListReply, scopeChallenge, scopeReply } from '@portcullis/auth/guard'
import type { Reply } from '@portcullis/auth/http'
import { type Decision, decideNotification, decideRequest } from '@portcullis/auth/policy'
import type { Message } from '@portcullis/auth/protocol'
import { ANSWERED, type Bound, type Passage, type ProxiedServer } from './passage.ts'
import * as replies from './replies.ts'

/** What of the decision the answer's way back has to know. */
export interface Permission {
  /** The answer holds a list of which the caller may see a part. */
  readonly shortensList: boolean
}

const ALLOWED = { kind: 'allowed', shortensList: false } as const

/** Asks the policy about every message. A batch goes as a whole or not at all (requirements GW-23). */
export function decide(passage: Passage, bound: Bound): Permission | undefined {
  const { incoming } = bound
  let shortensList = false
  for (const message of incoming?.messages ?? []) {
    const decision = decideMessage(passage, bound, message)
    if (decision.kind === 'allowed') {
      shortensList ||= decision.shortensList
      continue
    }
    if (decision.kind === 'denied' && decision.scopes !== undefined) passage.proxy.onScopeDenied(bound.principal)
    const reply = replyTo(message, bound, decision, passage.visit.server)
    passage.refuse(bound, reply, decision.reason, decision.kind === 'empty_list' ? 'allowed' : 'denied')
    return ANSWERED
  }
  return { shortensList }
}

function decideMessage({ visit, proxy }: Passage, bound: Bound, message: Message): Decision {
  const { name, furtherMethods } = visit.server
  if (message.kind === 'response') return ALLOWED
  if (message.kind === 'notification') {
    const verdict = decideNotification(message, bound.access, furtherMethods)
    return verdict === 'allowed' ? ALLOWED : { kind: 'denied', reason: verdict }
  }
  const ownsTask = (taskId: string): boolean => proxy.tasks.isOwn(name, taskId, bound.principalKey)
  return decideRequest(message, {
    access: bound.access,
    clientId: bound.principal.clientId,
    era: bound.era,
    furtherMethods,
    ownsTask,
  })
}

function replyTo(
  message: Message,
  { incoming, era, principal }: Bound,
  decision: Exclude<Decision, { kind: 'allowed' }>,
  { resource }: ProxiedServer,
): Reply {
  // Part of a batch cannot be refused alone: its answer would not say which.
  if (incoming?.isBatch)
    return replies.invalidRequest('The batch holds a request that is not permitted. Send them one by one.')
  if (message.kind !== 'request') return replies.invalidRequest('Unknown notification.')
  if (decision.kind === 'empty_list') return emptyListReply(message.id, era, decision.member)
  if (decision.scopes !== undefined && resource !== undefined) {
    return scopeReply(message, scopeChallenge(resource, principal.scopes, decision.scopes))
  }
  return denialReply(message, era, decision.reason)
}
