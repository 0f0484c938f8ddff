import { decideIncoming } from '@portcullis/auth/guard'
import { ANSWERED, type Bound, type Passage } from './passage.ts'

/** What of the decision the answer's way back has to know. */
export interface Permission {
  /** The answer holds a list of which the caller may see a part. */
  readonly shortensList: boolean
}

const NOTHING_ASKED: Permission = { shortensList: false }

/** Asks the policy about all that was sent, and answers what may not pass. */
export function decide(passage: Passage, bound: Bound): Permission | undefined {
  const { visit, proxy } = passage
  const { incoming, access, era, principal, principalKey } = bound
  if (incoming === undefined) return NOTHING_ASKED
  const { name, furtherMethods, resource } = visit.server
  const found = decideIncoming(incoming, {
    access,
    clientId: principal.clientId,
    era,
    furtherMethods,
    ownsTask: (taskId) => proxy.tasks.isOwn(name, taskId, principalKey),
    principal,
    resource,
  })
  if (found.kind === 'allowed') return found
  if (found.stepsUp) proxy.onScopeDenied(principal)
  passage.refuse(bound, found.reply, found.reason, found.decision)
  return ANSWERED
}
