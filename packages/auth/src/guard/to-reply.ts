import { errorReply, type Reply } from '../http/index.ts'
import { SECRET_TEXT_LENGTH } from '../protocol/index.ts'
import type { Refusal } from './verdict.ts'

/** The same for every address where nothing is, unlisted URLs with a wrong secret included. */
export const NOT_FOUND: Reply = errorReply(404, 'not_found', 'There is nothing here.', [
  'referrer-policy',
  'no-referrer',
])

const MISSING = challenge(
  'key_missing',
  'This server needs an API key: send it as "Authorization: Bearer pcls_…" or as "X-API-Key".',
  undefined,
)
const MALFORMED = {
  scheme: challenge('key_malformed', 'Send the API key as "Authorization: Bearer pcls_…".', 'invalid_token'),
  shape: challenge(
    'key_malformed',
    `This is not a whole API key: those have ${SECRET_TEXT_LENGTH} characters and begin with pcls_.`,
    'invalid_token',
  ),
  checksum: challenge('key_malformed', 'The API key is mistyped: its checksum does not fit.', 'invalid_token'),
}
const INVALID = challenge('key_invalid', 'The API key is not valid here.', 'invalid_token')
const EXPIRED = challenge('key_expired', 'The API key has expired.', 'invalid_token')
const REVOKED = challenge('key_revoked', 'The API key was revoked.', 'invalid_token')
const REPEATED = badRequest('credential_repeated', 'Send each credential header once.')
const CONFLICT = badRequest('credentials_conflict', 'The request carries credentials that differ. Send one.')

/**
 * What the caller of a refused request learns. A caller that could work it out alone (a malformed key) or has shown
 * the whole key (expired, revoked) is told; all others get the same answer. No `default`: a new reason does not
 * compile until somebody has decided.
 *
 * A key-only server names no `resource_metadata`: it would send clients into a sign-in that does not exist.
 */
export function toReply(refusal: Refusal): Reply {
  switch (refusal.reason) {
    case 'key_missing':
      return MISSING
    case 'key_malformed':
      return MALFORMED[refusal.fault]
    case 'key_invalid':
      return INVALID
    case 'key_expired':
      return EXPIRED
    case 'key_revoked':
      return REVOKED
    case 'credential_repeated':
      return REPEATED
    case 'credentials_conflict':
      return CONFLICT
    case 'url_unknown':
      return NOT_FOUND
  }
}

/** @param error RFC 6750 §3.1; none when nothing was presented. */
function challenge(code: string, description: string, error: 'invalid_token' | undefined): Reply {
  const value = error === undefined ? 'Bearer realm="portcullis"' : `Bearer realm="portcullis", error="${error}"`
  return errorReply(401, code, description, ['www-authenticate', value])
}

function badRequest(code: string, description: string): Reply {
  return errorReply(400, code, description, ['www-authenticate', 'Bearer realm="portcullis", error="invalid_request"'])
}
