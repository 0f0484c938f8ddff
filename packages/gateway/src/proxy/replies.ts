import { errorReply, type Reply, rpcErrorReply } from '@portcullis/auth/http'

const INVALID_REQUEST = -32600

/** A message that cannot be taken: why, in the code of the protocol. */
export function fault(code: number, message: string, id?: string): Reply {
  return rpcErrorReply(400, id, { code, message })
}

export function invalidRequest(message: string, id?: string): Reply {
  return fault(INVALID_REQUEST, message, id)
}

export const SESSION_NOT_FOUND = rpcErrorReply(404, undefined, { code: INVALID_REQUEST, message: 'Session not found' })

export const POST_ONLY = errorReply(
  405,
  'method_not_allowed',
  'This is a Streamable HTTP endpoint of MCP: send JSON-RPC messages by POST. The older HTTP+SSE transport ' +
    '(2024-11-05) is not served.',
  ['allow', 'POST'],
)
export const HTTP_METHOD_UNKNOWN = errorReply(405, 'method_not_allowed', 'Use POST, GET or DELETE.', [
  'allow',
  'POST, GET, DELETE',
])
export const NOT_JSON = errorReply(415, 'unsupported_media_type', 'Send "Content-Type: application/json".')
export const COMPRESSED = errorReply(415, 'unsupported_media_type', 'Send the body without Content-Encoding.')
export const STORE_SILENT = errorReply(503, 'unavailable', 'The gate cannot check credentials now.', [
  'retry-after',
  '5',
])
export const INTERNAL_ERROR = errorReply(500, 'internal_error', 'The gate could not serve this request.')

export function tooLarge(maxBytes: number): Reply {
  return errorReply(413, 'body_too_large', `The body may have at most ${maxBytes} bytes.`)
}

export const CRUMBLED = errorReply(400, 'body_crumbled', 'The body comes in too many small pieces.')
export const BODY_UNASKED = errorReply(400, 'body_unasked', 'GET and DELETE have no body here.')

export function repeatedField(name: string): Reply {
  return errorReply(400, 'header_repeated', `Send the ${name} header once.`)
}

export function unknownVersion(id?: string): Reply {
  return invalidRequest('The MCP-Protocol-Version is not one of MCP.', id)
}
