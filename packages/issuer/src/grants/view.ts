import type { Kept, Payload } from '../vault/index.ts'

/** What a person lets a client do. Times are seconds since the epoch. */
export interface GrantView {
  readonly id: string
  readonly accountId: string
  readonly clientId: string
  readonly resources: readonly { readonly uri: string; readonly scopes: readonly string[] }[]
  readonly createdAt: number
  readonly expiresAt: number
  /** When tokens were last issued on it. */
  readonly lastUsedAt?: number
}

/**
 * Whether a client can still do something with a grant: it holds a refresh token that is not used up, or may hold a code
 * or an access token. A consent whose code nobody came for opens nothing.
 * @param tokens The refresh tokens on it that are not used up.
 */
export function isLive(grant: Kept, tokens: readonly Kept[], now: number, accessTokenSeconds: number): boolean {
  return tokens.length > 0 || issuedAt(grant) + accessTokenSeconds > now
}

/** @param tokens The refresh tokens on it that are not used up: the last one issued is among them. */
export function toView(grant: Kept, tokens: readonly Kept[]): GrantView {
  const used = Math.max(...tokens.map(issuedAt))
  return {
    id: grant.grantId ?? '',
    accountId: grant.accountId ?? '',
    clientId: grant.clientId ?? '',
    resources: Object.entries((grant.payload.resources ?? {}) as Payload).map(([uri, scopes]) => ({
      uri,
      scopes: String(scopes).split(' '),
    })),
    createdAt: issuedAt(grant),
    expiresAt: grant.expiresAt,
    ...(tokens.length === 0 ? {} : { lastUsedAt: used }),
  }
}

function issuedAt({ payload }: Kept): number {
  return Number(payload.iat ?? 0)
}
