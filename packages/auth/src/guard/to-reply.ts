import { errorReply, type Reply } from '../http/index.ts'
import { SECRET_TEXT_LENGTH } from '../protocol/index.ts'
import { keyReply, tokenReply } from './challenge.ts'
import type { GuardedServer, Refusal } from './verdict.ts'

/** The same for every address where nothing is, unlisted URLs with a wrong secret included. */
export const NOT_FOUND: Reply = errorReply(404, 'not_found', 'There is nothing here.', [
  'referrer-policy',
  'no-referrer',
])

const TEXTS = {
  key_missing: 'This server needs an API key: send it as "Authorization: Bearer pcls_…" or as "X-API-Key".',
  scheme: 'Send the API key as "Authorization: Bearer pcls_…".',
  shape: `This is not a whole API key: those have ${SECRET_TEXT_LENGTH} characters and begin with pcls_.`,
  checksum: 'The API key is mistyped: its checksum does not fit.',
  key_invalid: 'The API key is not valid here.',
  not_taken: 'This server takes no API keys.',
  key_expired: 'The API key has expired.',
  key_revoked: 'The API key was revoked.',
} as const
/** Keys that the operator has named look as the operator likes. */
const NAMED = {
  ...TEXTS,
  key_missing: 'This server needs an API key: send it as "Authorization: Bearer KEY" or as "X-API-Key".',
  scheme: 'Send the API key as "Authorization: Bearer KEY".',
  shape: 'This is not a whole API key.',
} as const
const MISSING = challenge('key_missing', TEXTS.key_missing, undefined)
const NAMED_MISSING = challenge('key_missing', NAMED.key_missing, undefined)
const REPEATED = badRequest('credential_repeated', 'Send each credential header once.')
const IN_QUERY = badRequest('credential_in_query', 'Send the credential as "Authorization: Bearer", not in the URL.')
const CONFLICT = badRequest('credentials_conflict', 'The request carries credentials that differ. Send one.')

/** What an answer depends on besides the refusal. */
type Answering = Pick<GuardedServer, 'resource' | 'tokens' | 'isBesideSignIn' | 'isOfNamedKeys'>

/**
 * What the caller of a refused request learns. A caller that could work it out alone (a malformed key) or has shown
 * the whole credential (expired, revoked) is told; all others get the same answer. No `default`: a new reason does not
 * compile until somebody has decided.
 *
 * A key-only server names no `resource_metadata`: it would send clients into a sign-in that does not exist.
 */
export function toReply(refusal: Refusal, server: Answering): Reply {
  const { resource, isBesideSignIn = resource !== undefined, isOfNamedKeys } = server
  const texts = isOfNamedKeys ? NAMED : TEXTS
  switch (refusal.reason) {
    case 'key_missing':
      return isOfNamedKeys ? NAMED_MISSING : MISSING
    case 'key_malformed':
      return refusedKey(refusal.reason, texts[refusal.fault], isBesideSignIn)
    case 'key_invalid':
      return refusedKey(
        refusal.reason,
        TEXTS[refusal.because === 'not_taken' ? 'not_taken' : 'key_invalid'],
        isBesideSignIn,
      )
    case 'key_expired':
    case 'key_revoked':
      return refusedKey(refusal.reason, TEXTS[refusal.reason], isBesideSignIn)
    case 'token_missing':
      return aboutToken(server, 'This server needs an access token.', refusal.reason, false)
    case 'token_invalid':
      return aboutToken(server, 'The access token is not valid.', 'invalid_token')
    case 'token_elsewhere':
      return aboutToken(server, 'The access token is for another server.', 'invalid_token')
    case 'token_expired':
      return aboutToken(server, 'The access token has expired.', 'invalid_token')
    case 'token_revoked':
      return aboutToken(server, 'The access token was revoked.', 'invalid_token')
    case 'credential_repeated':
      return REPEATED
    case 'credentials_conflict':
      return CONFLICT
    case 'credential_in_query':
      return IN_QUERY
    case 'url_unknown':
      return NOT_FOUND
  }
}

/** @param isBesideSignIn A 401 would send the client to sign in, here or where it finds a sign-in on this host. */
function refusedKey(reason: string, text: string, isBesideSignIn: boolean): Reply {
  return isBesideSignIn ? keyReply(reason, text) : challenge(reason, text, 'invalid_token')
}

/** Where nobody can be sent to sign in, the challenge names no metadata: a client would look for a sign-in and find none. */
function aboutToken({ resource, tokens }: Answering, text: string, code: string, isPresented = true): Reply {
  if (resource !== undefined) return tokenReply(resource, code, text, isPresented)
  return tokens === undefined ? NOT_FOUND : challenge(code, text, isPresented ? 'invalid_token' : undefined)
}

/** @param error RFC 6750 §3.1; none when nothing was presented. */
function challenge(code: string, description: string, error: 'invalid_token' | undefined): Reply {
  const value = error === undefined ? 'Bearer realm="portcullis"' : `Bearer realm="portcullis", error="${error}"`
  return errorReply(401, code, description, ['www-authenticate', value])
}

function badRequest(code: string, description: string): Reply {
  return errorReply(400, code, description, ['www-authenticate', 'Bearer realm="portcullis", error="invalid_request"'])
}
