import { type Reply, rpcErrorReply } from '@portcullis/auth/http'
import type { UpstreamFailure } from '../upstream/upstream.ts'

/** JSON-RPC's own code for what went wrong behind the one who answers. */
const INTERNAL = -32603

/** What the caller learns of an upstream that failed: which kind of trouble, never its text. */
export function failureReply(failure: UpstreamFailure, id: string | undefined): Reply {
  switch (failure.reason) {
    case 'unreachable':
      return failed(502, id, 'upstream_unreachable', 'The server behind the gate cannot be reached.')
    case 'broken':
      return failed(502, id, 'upstream_broken', 'The server behind the gate did not answer properly.')
    case 'timeout':
      return failed(504, id, 'upstream_timeout', 'The server behind the gate did not answer in time.')
    case 'credential':
      return failed(502, id, 'upstream_refused', 'The server behind the gate does not accept the gate.')
    case 'busy':
      return failed(503, id, 'upstream_busy', 'The server behind the gate has no room now. Come again.', [
        'retry-after',
        String(failure.retryAfter),
      ])
  }
}

/** Calls are refused while the record cannot be written: what nobody could account for does not happen. */
export function unrecordedReply(id: string | undefined): Reply {
  return failed(503, id, 'record_unavailable', 'The gate cannot record calls now and therefore takes none.', [
    'retry-after',
    '5',
  ])
}

export function tooManySessionsReply(id: string | undefined): Reply {
  return failed(503, id, 'sessions_full', 'The gate holds as many sessions as it can. Come again.', [
    'retry-after',
    '30',
  ])
}

function failed(
  status: number,
  id: string | undefined,
  reason: string,
  message: string,
  headers: readonly string[] = [],
): Reply {
  return rpcErrorReply(status, id, { code: INTERNAL, message, data: { error: reason } }, headers)
}
