/** An `Authorization` field value, read as RFC 9110 §11.4 spells it. */
export type AuthorizationField =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'other'; readonly scheme: string }
  | { readonly kind: 'malformed' }

/** token68 (RFC 9110 §11.2) */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i
const SCHEME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)( |$)/

/** The scheme is matched without regard to case (RFC 9110 §11.1); the token is returned as it stands. */
export function readAuthorization(value: string): AuthorizationField {
  const bearer = BEARER.exec(value)
  if (bearer !== null) return { kind: 'bearer', token: bearer[1] as string }
  const scheme = SCHEME.exec(value)?.[1]
  return scheme === undefined || scheme.toLowerCase() === 'bearer' ? { kind: 'malformed' } : { kind: 'other', scheme }
}
