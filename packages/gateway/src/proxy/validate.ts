import {
  checkMirroredFields,
  checkMirroredNotification,
  checkUnasked,
  type Era,
  type Incoming,
  idOf,
  type MirroredFields,
  type MirrorFault,
} from '@portcullis/auth/protocol'
import { canonicalId } from './canonical-id.ts'
import { conversationOf } from './conversation-of.ts'
import type { Bound, Passage } from './passage.ts'
import * as replies from './replies.ts'

/** Whether the body is of the revision that the headers name, and says what they mirror (MCP 2026-07-28, requirements GW-10). */
export function agreesWithHeaders(passage: Passage, bound: Bound): boolean {
  const { incoming, era, fields, session } = bound
  const version = fields.header('mcp-protocol-version')
  if (session !== undefined) session.revision ??= version
  if (incoming === undefined) return true
  const refuse = (...[reply, reason]: [Parameters<Passage['refuse']>[1], string]): false => {
    passage.refuse(bound, reply, reason)
    return false
  }
  const hasBatches = era === 'legacy' && (version ?? session?.revision ?? '2025-03-26') === '2025-03-26'
  if (incoming.isBatch && !hasBatches) {
    return refuse(replies.invalidRequest('This revision has no batches: send one message.'), 'batch')
  }
  const [message] = incoming.messages
  if (era === 'modern' && message.kind === 'response') {
    return refuse(replies.invalidRequest('This revision has no responses of clients.'), 'response_unasked')
  }
  const fault = faultOf(incoming, era, {
    version,
    method: fields.header('mcp-method'),
    name: fields.header('mcp-name'),
  })
  if (fault === undefined) return true
  return refuse(replies.fault(fault.code, fault.message, idOf(incoming)), 'header_mismatch')
}

function faultOf({ messages }: Incoming, era: Era, fields: MirroredFields): MirrorFault | undefined {
  if (era === 'legacy') {
    for (const message of messages) {
      const fault = checkUnasked(message, fields)
      if (fault !== undefined) return fault
    }
    return undefined
  }
  const [message] = messages
  if (message.kind === 'request') return checkMirroredFields(message, fields)
  return message.kind === 'notification' ? checkMirroredNotification(message, fields) : undefined
}

/** A response goes upstream only if the server has asked this caller, in this session, and not yet been answered. */
export function isAskedFor(passage: Passage, bound: Bound): boolean {
  for (const message of bound.incoming?.messages ?? []) {
    if (message.kind !== 'response') continue
    if (conversationOf(passage, bound).answer(canonicalId(message.id))) continue
    passage.refuse(bound, replies.invalidRequest('Nobody asked for this response.'), 'response_unasked')
    return false
  }
  return true
}
