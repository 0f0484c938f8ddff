import type { MaybePromise } from '../credentials.ts'

/**
 * What ends access tokens before their time.
 * - `token`: one, by its `jti`.
 * - `grant`: all of a grant.
 * - `account`, `client`: all that were issued to a person or to a client until then.
 */
export type RevocationKind = 'token' | 'grant' | 'account' | 'client'

export interface RevocationEntry {
  readonly kind: RevocationKind
  readonly id: string
  /** Tokens issued until then, this second included, are ended. Seconds since the epoch. */
  readonly at: number
  /** When the last token it can end has expired by itself, and the entry can be forgotten. */
  readonly expiresAt: number
}

/** Where a guard hears of tokens that ended early. Any number of processes may use one store at once. */
export interface RevocationStore {
  /** Survives the loss of power once it has returned. */
  revoke(entries: readonly RevocationEntry[]): MaybePromise<void>
  /**
   * What was added since the last call of this store object, by anyone; at the first call all there is. Cheap enough
   * to be asked once per event-loop turn. @throws when the store does not answer: then nobody knows what still counts.
   */
  news(now: number): MaybePromise<readonly RevocationEntry[]>
  /** Whether any of these was ended so that a token issued at `issuedAt` no longer counts. Reads no news. */
  isEnded(
    subjects: readonly { readonly kind: RevocationKind; readonly id: string }[],
    issuedAt: number,
    now: number,
  ): MaybePromise<boolean>
  /** Forgets what has expired. */
  prune(now: number): MaybePromise<number>
}
