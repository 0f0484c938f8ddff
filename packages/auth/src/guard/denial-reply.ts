import { type Reply, rpcErrorReply, rpcResultReply } from '../http/index.ts'
import { type DenialReason, TASKS_EXTENSION } from '../policy/index.ts'
import type { Era, RequestMessage } from '../protocol/index.ts'

/** Outside the range that JSON-RPC and MCP keep for themselves (requirements GW-17, GW-18). */
const FORBIDDEN = 403
const METHOD_NOT_FOUND = -32601
const INVALID_PARAMS = -32602
const MISSING_CAPABILITY = -32021

/**
 * How a denial is told, so that a client can use it: in the words of the protocol, never as an HTTP 401 or 403 that
 * would send it into a sign-in which cannot help. No `default`: a new reason does not compile until it has an answer.
 */
export function denialReply(request: RequestMessage, era: Era, reason: DenialReason): Reply {
  const { id } = request
  switch (reason) {
    case 'method_unknown':
      // A legacy client would read 404 as the end of its session (requirements IT-24).
      return rpcErrorReply(era === 'modern' ? 404 : 200, id, { code: METHOD_NOT_FOUND, message: 'Method not found' })
    case 'name_missing':
      return rpcErrorReply(400, id, { code: INVALID_PARAMS, message: 'The request does not say of what it speaks.' })
    case 'tool_not_listed':
      return rpcErrorReply(200, id, { code: INVALID_PARAMS, message: `Unknown tool: ${request.name}` })
    case 'task_not_own':
      return rpcErrorReply(200, id, { code: INVALID_PARAMS, message: 'Task not found' })
    case 'tasks_undeclared': {
      const requiredCapabilities = { extensions: { [TASKS_EXTENSION]: {} } }
      const message = 'Tasks are an extension: declare it in the client capabilities.'
      return rpcErrorReply(400, id, { code: MISSING_CAPABILITY, message, data: { requiredCapabilities } })
    }
    case 'scope_missing':
      if (request.method !== 'tools/call') return forbidden(id, 'This credential may not read resources or prompts.')
      return toolError(id, era, 'The credential does not cover this tool.')
    case 'read_scope_missing':
      return forbidden(id, 'This credential may not read resources or prompts.')
    case 'condition_not_met':
      return toolError(id, era, 'The arguments of this call are not permitted.')
    case 'arguments_invalid':
      return toolError(id, era, 'The arguments of this call are not what the tool takes.')
    case 'lists_only':
      return request.method === 'tools/call'
        ? toolError(id, era, 'This credential may list tools but not call them.')
        : forbidden(id, 'This credential may list what there is, and nothing else.')
  }
}

/** A person can grant what is missing: a 403, before any byte of a stream, with what to ask for. */
export function scopeReply({ id }: RequestMessage, challenge: string): Reply {
  const error = { code: FORBIDDEN, message: 'The token does not cover this.', data: { error: 'insufficient_scope' } }
  return rpcErrorReply(403, id, error, ['www-authenticate', challenge])
}

function forbidden(id: string, message: string): Reply {
  return rpcErrorReply(200, id, { code: FORBIDDEN, message, data: { error: 'not_permitted' } })
}

/** A result that the model reads: it learns that trying again is of no use. */
function toolError(id: string, era: Era, text: string): Reply {
  const result = { content: [{ type: 'text', text }], isError: true }
  return rpcResultReply(id, JSON.stringify(era === 'modern' ? { resultType: 'complete', ...result } : result))
}

export function emptyListReply(id: string, era: Era, member: string): Reply {
  const hints = era === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {}
  return rpcResultReply(id, JSON.stringify({ ...hints, [member]: [] }))
}
