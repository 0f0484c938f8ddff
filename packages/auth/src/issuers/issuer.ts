import type { MaybePromise, VerificationKey } from '../crypto/index.ts'
import type { Claims } from '../protocol/index.ts'
import type { TokenRules } from './rules.ts'

/** An authorization server whose tokens count: how they are checked, and what they say. */
export interface TokenIssuer {
  /** Its identifier, compared to the letter (RFC 9207 §2.4). */
  readonly issuer: string
  /**
   * The key of this id for this algorithm, as it is published now; undefined: none. The same object for as long as the
   * key is published, since proofs count by it. An empty `kid` is a key that is published without one.
   * @throws when the issuer's keys cannot be had.
   */
  key(kid: string, alg: string): MaybePromise<VerificationKey | undefined>
  /** The key for this algorithm where there is just one, for tokens without `kid`. Absent: those do not count. */
  onlyKey?(alg: string): MaybePromise<VerificationKey | undefined>
  /** What stands before a scope's name where clients ask this issuer for it: `api://notes/`. Absent: nothing. */
  readonly scopePrefix?: string
  /** Absent: RFC 9068 to the letter. */
  readonly rules?: TokenRules
  /** Absent: tokens are checked by their signatures alone. */
  readonly introspection?: Introspection
}

/** An issuer that is asked what its tokens are worth (RFC 7662). */
export interface Introspection {
  /** Which tokens it is asked about: those that are no JWTs, or all. */
  readonly takes: 'opaque' | 'all'
  /** How old an answer may be, in seconds: the delay with which a revocation holds. 0: each request asks. */
  readonly maxAge: number
  /**
   * @param name SHA-256 of the token: what answers are kept under.
   * @returns undefined when the token is not active, or the answer says nothing that counts.
   * @throws {IssuerFault} when the issuer does not answer.
   */
  ask(token: string, name: string, spareId: string): MaybePromise<Claims | undefined>
}

/** What stands for the issuer of tokens that name none: those of a shared secret. */
export const UNNAMED = 'shared-secret'
