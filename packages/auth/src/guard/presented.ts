import { readAuthorization, SECRET_TEXT_LENGTH } from '../protocol/index.ts'
import type { Refusal, RequestView } from './verdict.ts'

/** What a request presents as its credential, before anything is looked up. */
export type Presented =
  | { readonly kind: 'none' }
  /** `isBearer`: it came as `Authorization: Bearer`, so it may be a token as well as a key. */
  | { readonly kind: 'secret'; readonly secret: string; readonly isBearer: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const KEY_FIELD = 'Bearer '.length + SECRET_TEXT_LENGTH
const NONE: Presented = { kind: 'none' }

/**
 * Reads `Authorization: Bearer` and `X-API-Key`. When both come they must say the same, and each may come once: a
 * request that says two things is nobody's (RFC 6750 §3.1, `invalid_request`). The query is never looked at.
 */
export function readPresented(view: RequestView): Presented {
  const authorization = view.header('authorization')
  const apiKey = view.header('x-api-key')
  if (authorization === undefined && apiKey === undefined) return NONE
  const isTwice =
    (authorization !== undefined && view.isRepeated('authorization')) ||
    (apiKey !== undefined && view.isRepeated('x-api-key'))
  if (isTwice) return { kind: 'refused', refusal: { reason: 'credential_repeated' } }
  if (authorization === undefined) {
    // An empty field is no key, and must not be looked up as one.
    if (apiKey === '') return { kind: 'refused', refusal: { reason: 'key_malformed', fault: 'shape' } }
    return { kind: 'secret', secret: apiKey as string, isBearer: false }
  }
  // What measures and begins like a key of ours in its usual spelling is one, or its digest is nobody's.
  if (apiKey === undefined && authorization.length === KEY_FIELD && authorization.startsWith('Bearer pcls_')) {
    return { kind: 'secret', secret: authorization.slice('Bearer '.length), isBearer: true }
  }
  const field = readAuthorization(authorization)
  if (field.kind !== 'bearer') {
    return { kind: 'refused', refusal: { reason: 'key_malformed', fault: 'scheme' } }
  }
  if (apiKey !== undefined && apiKey !== field.token) {
    return { kind: 'refused', refusal: { reason: 'credentials_conflict' } }
  }
  return { kind: 'secret', secret: field.token, isBearer: apiKey === undefined }
}

/** Whether a request brings any credential besides its URL. */
export function bringsCredential(view: RequestView): boolean {
  return view.header('authorization') !== undefined || view.header('x-api-key') !== undefined
}
