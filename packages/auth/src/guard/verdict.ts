import type { Access, ToolScopes } from '../policy/index.ts'
import type { CredentialKind } from '../store/index.ts'

/** What the guard needs of a request; adapters make one without copying. */
export interface RequestView {
  /** A field's value by lower-case name; the first one where it came several times. */
  header(name: string): string | undefined
  /** Whether the field came more than once. Joined values would hide that from the guard. */
  isRepeated(name: string): boolean
}

/** How callers may come to a server. `public` stands alone: a refused credential must not fall through to nobody. */
export type AccessMode = 'public' | 'api-key' | 'unlisted'

/** A server as the guard sees it. */
export interface GuardedServer {
  readonly name: string
  /** Absent: credentials of any tenant. */
  readonly tenant?: string
  readonly access: ReadonlySet<AccessMode>
  readonly scopes: ToolScopes
}

/** Who calls. Nothing in it is secret. */
export interface Principal {
  readonly kind: CredentialKind | 'anonymous'
  readonly issuer: string
  /** For a key the client it was made for, so it survives rotation. */
  readonly subject: string
  readonly clientId: string
  /** Public id of the credential: safe to log. Empty for `anonymous`. */
  readonly credentialId: string
  readonly tenant?: string
  readonly scopes: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  /** Tool name patterns; absent: every tool the scopes open. */
  readonly tools?: readonly string[]
  /** Seconds since the epoch; absent for credentials that do not expire. */
  readonly expiresAt?: number
}

/** In full, for the record. What of it the caller may learn is decided in one place, `toReply`. */
export type Refusal =
  | { readonly reason: 'key_missing' }
  | { readonly reason: 'key_malformed'; readonly fault: 'scheme' | 'shape' | 'checksum' }
  | { readonly reason: 'key_invalid'; readonly because: 'unknown' | 'wrong_secret' }
  | {
      readonly reason: 'key_invalid'
      readonly because: 'other_server' | 'other_tenant' | 'other_kind'
      readonly credentialId: string
    }
  | { readonly reason: 'key_expired'; readonly credentialId: string; readonly expiredAt: number }
  | { readonly reason: 'key_revoked'; readonly credentialId: string; readonly revokedAt: number }
  | { readonly reason: 'credential_repeated' }
  | { readonly reason: 'credentials_conflict' }
  /** A secret URL that opens nothing: whatever the cause, it is an address where nothing is. */
  | {
      readonly reason: 'url_unknown'
      readonly because: 'shape' | 'unknown' | 'expired' | 'revoked' | 'other_server'
      readonly credentialId?: string
    }

export type Verdict =
  | { readonly kind: 'granted'; readonly principal: Principal; readonly access: Access }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
