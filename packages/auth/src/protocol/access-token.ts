/** What an access token says (RFC 9068 §2.2), as far as it is used here. Times are seconds since the epoch. */
export interface Claims {
  readonly issuer: string
  readonly subject: string
  readonly audience: readonly string[]
  readonly clientId: string
  readonly tokenId: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly tenant?: string
  /** Tool name patterns; absent: every tool the scopes open. */
  readonly tools?: readonly string[]
  /** 0: nobody said. */
  readonly issuedAt: number
  /** 0: it ends when its issuer says so. */
  readonly expiresAt: number
  readonly notBefore?: number
  /** The grant that it stands on (`grant_id`, as in Grant Management for OAuth 2.0). */
  readonly grantId?: string
  /** Bound to a key or certificate of the sender (`cnf`): no bearer token (RFC 9449 §7.2, RFC 8705 §3). */
  readonly isBound: boolean
}

/** The last second of the year 9999. */
const LAST_SECOND = 253_402_300_799

/**
 * Whether a claim is a date that counts: whole seconds of the years 1970 to 9999. RFC 7519 §2 would let fractions pass;
 * they are read in different ways, and no issuer needs them.
 */
export function isDate(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LAST_SECOND
}

/** @returns undefined when a claim that RFC 9068 §2.2 demands is missing, or one is of the wrong type. */
export function readClaims(payload: Readonly<Record<string, unknown>>): Claims | undefined {
  const { iss, sub, aud, client_id, jti, scope = '', iat, exp, nbf, grant_id, cnf } = payload
  const audience = typeof aud === 'string' ? [aud] : aud
  const isWhole =
    [iss, sub, client_id, jti, scope].every((each) => typeof each === 'string') &&
    Array.isArray(audience) &&
    audience.every((each) => typeof each === 'string') &&
    [iat, exp, nbf ?? 0].every(isDate) &&
    exp !== 0 &&
    (grant_id === undefined || typeof grant_id === 'string')
  if (!isWhole) return undefined
  return {
    issuer: iss as string,
    subject: sub as string,
    audience: audience as string[],
    clientId: client_id as string,
    tokenId: jti as string,
    scopes: (scope as string).split(' ').filter((each) => each !== ''),
    roles: [],
    issuedAt: iat as number,
    expiresAt: exp as number,
    ...(nbf === undefined ? {} : { notBefore: nbf as number }),
    ...(grant_id === undefined ? {} : { grantId: grant_id as string }),
    isBound: cnf !== undefined,
  }
}

/**
 * Whether a token was issued for this resource: compared to the letter, but for the case of scheme and host and a lone
 * slash at the end (requirements RS-51, RS-52).
 */
export function isAudience(audience: readonly string[], resource: string): boolean {
  return audience.some((named) => named === resource || canonical(named) === canonical(resource))
}

function canonical(uri: string): string {
  const [, origin = uri, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*)(.*)$/.exec(uri) ?? []
  return `${origin.toLowerCase()}${rest === '/' ? '' : rest}`
}
