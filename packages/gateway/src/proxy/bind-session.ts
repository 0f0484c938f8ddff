import { idOf } from '@portcullis/auth/protocol'
import type { MaybePromise } from '@portcullis/auth/store'
import type { Session } from '../sessions/index.ts'
import type { Arrived, Bound, Passage } from './passage.ts'
import * as replies from './replies.ts'

/** Legacy: the session is this principal's own on this server, or it does not exist. The modern era has none. */
export function bindSession(passage: Passage, arrived: Arrived): MaybePromise<Bound | undefined> {
  const { era, incoming, fields } = arrived
  if (era === 'modern') return { ...arrived, session: undefined }
  const isOpening = incoming?.messages.some((m) => m.kind === 'request' && m.method === 'initialize') ?? false
  if (isOpening && incoming?.isBatch) {
    const reply = replies.invalidRequest('"initialize" cannot be part of a batch.')
    return passage.refuse(arrived, reply, 'initialize_in_batch')
  }
  const id = fields.header('mcp-session-id')
  if (id === undefined) return withoutSession(passage, arrived)
  if (isOpening) {
    const reply = replies.invalidRequest('This session is initialized already.', idOf(incoming))
    return passage.refuse(arrived, reply, 'already_initialized')
  }
  const found = passage.proxy.sessions.find(id, passage.visit.server.name, arrived.principalKey)
  const bind = (session: Session | undefined): Bound | undefined =>
    session === undefined
      ? passage.refuse(arrived, replies.SESSION_NOT_FOUND, 'session_unknown')
      : { ...arrived, session }
  return found instanceof Promise ? found.then(bind) : bind(found)
}

function withoutSession(passage: Passage, arrived: Arrived): Bound | undefined {
  // A client of the 2024-11-05 transport opens a stream before anything else and would wait in vain for its
  // `endpoint` event; servers without sessions may offer a stream to clients that name their revision.
  if (arrived.verb === 'GET' && arrived.fields.header('mcp-protocol-version') === undefined) {
    return passage.refuse(arrived, replies.POST_ONLY, 'post_only')
  }
  return { ...arrived, session: undefined }
}
