import type { Conversation } from '../sessions/index.ts'
import type { Bound, Passage } from './passage.ts'

/** Where the questions of the server to this caller are kept: in the session, or by principal where there is none. */
export function conversationOf({ visit, proxy }: Passage, { session, principalKey }: Bound): Conversation {
  return session?.conversation ?? proxy.lobby.conversation(visit.server.name, principalKey)
}
