import { readAuthorization } from '../protocol/index.ts'
import type { Refusal, RequestView } from './verdict.ts'

/** What a request presents as its credential, before anything is looked up. */
export type Presented =
  | { readonly kind: 'none' }
  /** `isBearer`: it came as `Authorization: Bearer`, so it may be a token as well as a key. */
  | { readonly kind: 'secret'; readonly secret: string; readonly isBearer: boolean }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

const NONE: Presented = { kind: 'none' }

/**
 * Reads `Authorization: Bearer` and `X-API-Key`. When both come they must say the same, and each may come once: a
 * request that says two things is nobody's (RFC 6750 §3.1, `invalid_request`). The query is never looked at.
 */
export function readPresented(view: RequestView): Presented {
  const authorization = view.header('authorization')
  const apiKey = view.header('x-api-key')
  if (authorization === undefined && apiKey === undefined) return NONE
  if (view.isRepeated('authorization') || view.isRepeated('x-api-key')) {
    return { kind: 'refused', refusal: { reason: 'credential_repeated' } }
  }
  if (authorization === undefined) return { kind: 'secret', secret: apiKey as string, isBearer: false }
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
