import type { MaybePromise } from '../credentials.ts'

/**
 * Something the issuer keeps for a while: a session, a code, a refresh token, a grant, an interaction. Ids are hashed
 * and payloads sealed by who stores them, so nothing here can be used by who reads the database.
 */
export interface Artifact {
  /** What kind of thing it is, in the engine's word: `Session`, `AuthorizationCode`, `RefreshToken`, `Grant` … */
  readonly model: string
  /** SHA-256 of the id or of the token itself, base64url. */
  readonly idHash: string
  /** Empty: it was spent, and nothing but that is known of it any more. */
  readonly payload: Uint8Array
  /** The grant that it stands on and ends with. */
  readonly grantId?: string
  /** A session's second name, hashed. */
  readonly uidHash?: string
  readonly accountId?: string
  readonly clientId?: string
  /** Seconds since the epoch; absent: not used up. */
  readonly consumedAt?: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** What was answered when it was exchanged. Only `exchange` writes it. */
  readonly answer?: Uint8Array
}

export type Spending = 'spent' | 'replayed' | 'unknown'

/** One thing given for others: a code or a refresh token for what is issued on it. */
export interface Exchange {
  readonly model: string
  readonly idHash: string
  readonly successors: readonly Artifact[]
  /** Kept with what was spent: what was answered, sealed. */
  readonly answer?: Uint8Array
}

/** At least one of both. */
export type ArtifactsOf = Pick<ArtifactFilter, 'model'> &
  (
    | { readonly accountId: string; readonly clientId?: string }
    | { readonly accountId?: string; readonly clientId: string }
  )

export interface ArtifactFilter {
  readonly model: string
  readonly accountId?: string
  readonly clientId?: string
  readonly grantId?: string
  /** What was spent is left out. */
  readonly isUnspent?: boolean
  /** Continue behind this id hash. */
  readonly after?: string
  /** 1 to 10 000; default 1 000. */
  readonly limit?: number
}

/** Any number of processes may use one store at once. */
export interface ArtifactStore {
  /** Inserts, or replaces all but `consumedAt` of what is there. */
  put(artifact: Artifact): MaybePromise<void>
  /**
   * Atomic: replaces all but `consumedAt` of what is there, and inserts nothing: what was removed meanwhile stays so.
   * @param formerIdHash Where it is there under another id, which it has no longer then.
   * @returns false when nothing was there.
   */
  replace(artifact: Artifact, formerIdHash?: string): MaybePromise<boolean>
  /**
   * Puts what nobody has claimed, which has no account: of such of its kind at most `most` remain, those that end last and
   * this one. Way may be made for a hundredth of `most` at once, and each further process may put that many beyond it.
   * What has an account is not counted and never makes way.
   */
  putUnclaimed(artifact: Artifact, most: number): MaybePromise<void>
  /**
   * Puts what an account may have so many of: of its kind and account at most `most` remain, those that end last and this
   * one. What is there already is replaced, and nothing makes way.
   */
  putOfAccount(artifact: Artifact & { readonly accountId: string }, most: number): MaybePromise<void>
  /** For ids that may be used once. @returns false when it was there: of any number of callers exactly one gets true. */
  putOnce(artifact: Artifact): MaybePromise<boolean>
  /** What has expired is not found. */
  find(model: string, idHash: string, now: number): MaybePromise<Artifact | undefined>
  findByUid(model: string, uidHash: string, now: number): MaybePromise<Artifact | undefined>
  /** Atomic: of any number of callers exactly one gets `spent`. */
  spend(model: string, idHash: string, now: number): MaybePromise<Spending>
  /**
   * Atomic: spends one and puts its successors, or, unless the outcome is `spent`, changes nothing. Of any number of
   * callers exactly one gets `spent`. Survives the end of the process once it has returned.
   */
  exchange(exchange: Exchange, now: number): MaybePromise<Spending>
  /**
   * Forgets what of a kind was spent by `before`, at most `limit` rows in one go. Of what stood on a grant remains, for
   * as long as that is there, that it was spent: it is found without its payload and answer, and not listed.
   * @returns how many rows shrank.
   */
  forgetSpent(model: string, before: number, limit: number): MaybePromise<number>
  /** @returns whether it was there: of any number of callers exactly one gets true. */
  remove(model: string, idHash: string): MaybePromise<boolean>
  /**
   * All of a kind that are of an account, of a client, or of both.
   * @param sparedUidHash What has this second name stays. @returns how many rows went.
   */
  removeAll(filter: ArtifactsOf, sparedUidHash?: string): MaybePromise<number>
  /** Everything that stands on a grant, and the grant itself. @returns how many rows went. */
  removeByGrant(grantId: string): MaybePromise<number>
  /** Everything of one account (sessions, grants and what stands on them). */
  removeByAccount(accountId: string): MaybePromise<number>
  /** All grants of one client, and what stands on them. */
  removeByClient(clientId: string): MaybePromise<number>
  /** In the order of their id hashes; what has expired is left out. */
  list(filter: ArtifactFilter, now: number): MaybePromise<readonly Artifact[]>
  /** Forgets what expired before `now`, at most `limit` rows in one go. @returns how many rows went. */
  prune(now: number, limit: number): MaybePromise<number>
}
