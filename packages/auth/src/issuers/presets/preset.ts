import type { ClaimNames } from '../claims.ts'
import type { RemoteIssuerOptions } from '../options.ts'

/** What may be said besides, and counts before what the preset says. */
export type Preset = Partial<Omit<RemoteIssuerOptions, 'issuer' | 'audience'>>

/** Each claim by itself: who names roles has not said anything of scopes. */
export function withClaims(claims: ClaimNames, more: Preset): Preset {
  return { ...more, claims: { ...claims, ...more.claims } }
}

/** @throws {TypeError} for what is no bare host name. */
export function hostOf(option: string, host: string, example: string): string {
  const isHost = typeof host === 'string' && URL.canParse(`https://${host}`) && new URL(`https://${host}`).host === host
  if (isHost) return host
  throw new TypeError(`"${option}" must be a host name in small letters without "https://" and path: '${example}'`)
}
