import { errorReply, type Reply, rpcErrorReply } from '../http/index.ts'
import type { LimitVerdict } from '../limits/index.ts'

/** Outside the range that JSON-RPC and MCP keep for themselves, as for what is forbidden. */
const RATE_LIMITED = 429
const TEXT = 'Too many requests: come again after the time in Retry-After.'

/**
 * The answer to a request that no limit has room for: 429 (RFC 6585 §4) with when to come again. Nothing was done.
 * @param id The request's id as JSON text: then the body is a JSON-RPC error, which clients of MCP read.
 */
export function limitReply({ headers, retryAfterSeconds, exceeded }: LimitVerdict, id?: string): Reply {
  if (id === undefined) return errorReply(429, 'rate_limited', TEXT, headers)
  const data = { error: 'rate_limited', retryAfterSeconds, limits: exceeded }
  return rpcErrorReply(429, id, { code: RATE_LIMITED, message: TEXT, data }, headers)
}
