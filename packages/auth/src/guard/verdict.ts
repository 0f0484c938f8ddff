import type { Access, Rules, ToolScopes } from '../policy/index.ts'
import type { CredentialKind, RevocationKind } from '../store/index.ts'
import type { Disproof } from './proofs.ts'

/** What the guard needs of a request; adapters make one without copying. */
export interface RequestView {
  /** A field's value by lower-case name; the first one where it came several times. */
  header(name: string): string | undefined
  /** Whether the field came more than once. Joined values would hide that from the guard. */
  isRepeated(name: string): boolean
}

/** How callers may come to a server. `public` stands alone: a refused credential must not fall through to nobody. */
export type AccessMode = 'public' | 'api-key' | 'unlisted' | 'oauth' | 'jwt'

/** Whose tokens a server takes, and for what. */
export interface TokenTrust {
  /** The canonical URI of the server: what tokens must be issued for, unless their issuer calls it otherwise. */
  readonly uri: string
  /** By issuer identifier. */
  readonly issuers: readonly string[]
  /** What issuers elsewhere call this server, unless they have a name for it by themselves. Default: `uri`. */
  readonly audience?: readonly string[]
}

/** A server as an OAuth 2.1 resource (RFC 9728, RFC 8707). */
export interface ResourceTerms extends TokenTrust {
  /** What its metadata calls it, where clients reach it by another name of the same machine. Default: `uri`. */
  readonly calledUri?: string
  /** Where its metadata is. */
  readonly metadataUrl: string
  /** What a client should ask for first. */
  readonly baseScopes: readonly string[]
  /** What stands before a scope's name where clients ask the issuer for it: `api://notes/`. Absent: nothing. */
  readonly scopePrefix?: string
}

/** A server as the guard sees it. */
export interface GuardedServer {
  readonly name: string
  /** Absent: credentials of any tenant. */
  readonly tenant?: string
  readonly access: ReadonlySet<AccessMode>
  readonly scopes: ToolScopes
  /** What tools ask of their callers beside the scopes. */
  readonly rules?: Rules
  /** Present exactly when `access` has `oauth`. */
  readonly resource?: ResourceTerms
  /**
   * Present exactly when `access` has `jwt`: whose tokens count of callers who got them elsewhere. Metadata and challenges
   * say nothing of it.
   */
  readonly tokens?: TokenTrust
  /** Whether the only keys are those that the operator has named (`fixedKeys`): they have no form to tell of. */
  readonly isOfNamedKeys?: boolean
  /** Whether people sign in to another server of the same host: clients find that, and would go there with a bad key. */
  readonly isBesideSignIn?: boolean
}

/** Who calls. Nothing in it is secret. */
export interface Principal {
  /** A token is `oauth` where the server's metadata names its issuer, else `jwt`. */
  /** `local`: whoever has started a server on stdio. */
  readonly kind: CredentialKind | 'oauth' | 'jwt' | 'anonymous' | 'local'
  readonly issuer: string
  /** For a key the client it was made for, so it survives rotation; for a token its `sub`. */
  readonly subject: string
  readonly clientId: string
  /**
   * Public id of the credential: safe to log. For a token its `jti`, or the beginning of its SHA-256 where it has none.
   * Empty for `anonymous`.
   */
  readonly credentialId: string
  readonly tenant?: string
  readonly scopes: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  /** Tool name patterns; absent: every tool the scopes open. */
  readonly tools?: readonly string[]
  /** Seconds since the epoch; absent for credentials that do not expire. */
  readonly expiresAt?: number
  /** Of a token: what can end it early besides its own id. */
  readonly token?: { readonly grantId?: string; readonly issuedAt: number }
}

/**
 * Why a token opens nothing. `size`: nobody reads one that long. `inactive`: says its issuer. `tenant`: it is of another.
 * `bound`: it needs the proof of a key. `not_yet`: it begins later.
 */
export type TokenFault = Disproof | 'size' | 'inactive' | 'bound' | 'tenant' | 'not_yet'

/** In full, for the record. What of it the caller may learn is decided in one place, `toReply`. */
export type Refusal =
  | { readonly reason: 'key_missing' }
  | { readonly reason: 'key_malformed'; readonly fault: 'scheme' | 'shape' | 'checksum' }
  /** `not_taken`: the server takes no keys. */
  | { readonly reason: 'key_invalid'; readonly because: 'unknown' | 'wrong_secret' | 'not_taken' }
  | {
      readonly reason: 'key_invalid'
      readonly because: 'other_server' | 'other_tenant' | 'other_kind'
      readonly credentialId: string
    }
  | { readonly reason: 'key_expired'; readonly credentialId: string; readonly expiredAt: number }
  | { readonly reason: 'key_revoked'; readonly credentialId: string; readonly revokedAt: number }
  | { readonly reason: 'token_missing' }
  | { readonly reason: 'token_invalid'; readonly because: TokenFault }
  | { readonly reason: 'token_elsewhere'; readonly credentialId: string; readonly audience: readonly string[] }
  | { readonly reason: 'token_expired'; readonly credentialId: string; readonly expiredAt: number }
  | { readonly reason: 'token_revoked'; readonly credentialId: string; readonly because: RevocationKind }
  | { readonly reason: 'credential_repeated' }
  | { readonly reason: 'credential_in_query' }
  | { readonly reason: 'credentials_conflict' }
  /** A secret URL that opens nothing: whatever the cause, it is an address where nothing is. */
  | {
      readonly reason: 'url_unknown'
      readonly because: 'shape' | 'unknown' | 'expired' | 'revoked' | 'other_server'
      readonly credentialId?: string
    }

/** Who calls and what they may do, or why they are turned away. */
export type Verdict =
  | { readonly kind: 'granted'; readonly principal: Principal; readonly access: Access }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
