import type { MaybePromise } from '../credentials.ts'

/** A person who can sign in. Times are seconds since the epoch. */
export interface AccountRecord {
  /** Random and opaque: the subject of tokens, so it says nothing about the person. */
  readonly id: string
  /** What the person types to sign in: unique without regard to letter case. */
  readonly name: string
  /** Password hash as a PHC string; absent until an invitation was accepted. */
  readonly password?: string
  readonly isAdmin: boolean
  readonly createdAt: number
  readonly disabledAt?: number
  readonly lastSignInAt?: number
}

/** What a one-time link is for. `setup`: makes the first account; the others choose a password for theirs. */
export type LinkKind = 'setup' | 'invitation' | 'reset'

/** A link that works once. Kept as a hash. */
export interface LinkRecord {
  /** SHA-256 of the token, base64url. */
  readonly tokenHash: string
  readonly kind: LinkKind
  /** Absent for `setup`. */
  readonly accountId?: string
  readonly expiresAt: number
}

export interface AccountStore {
  /** @returns false when the name is taken. */
  insert(account: AccountRecord): MaybePromise<boolean>
  /** Atomic: only while there is no account at all. Of any number of callers at most one gets true. */
  insertFirst(account: AccountRecord): MaybePromise<boolean>
  find(id: string): MaybePromise<AccountRecord | undefined>
  findByName(name: string): MaybePromise<AccountRecord | undefined>
  /** In the order of their names. */
  list(): MaybePromise<readonly AccountRecord[]>
  count(): MaybePromise<number>
  setPassword(id: string, password: string): MaybePromise<boolean>
  /** Atomic: only while it is `former` (undefined: none was chosen yet) and the account is not disabled. */
  changePassword(id: string, password: string, former: string | undefined): MaybePromise<boolean>
  /** @param at Undefined enables it again. */
  setDisabled(id: string, at: number | undefined): MaybePromise<boolean>
  noteSignIn(id: string, at: number): MaybePromise<void>
  /** Replaces whatever links of the same kind the same account has (for `setup`: whichever there is). */
  putLink(link: LinkRecord): MaybePromise<void>
  findLink(tokenHash: string, now: number): MaybePromise<LinkRecord | undefined>
  /** Atomic: of any number of callers exactly one gets the link, and nobody after it. */
  takeLink(tokenHash: string, now: number): MaybePromise<LinkRecord | undefined>
  /** Ends all links of one kind. */
  removeLinks(kind: LinkKind): MaybePromise<void>
  /** Ends all links of one account. */
  removeLinksOf(accountId: string): MaybePromise<void>
  /** Forgets links that have expired. @returns how many. */
  pruneLinks(now: number): MaybePromise<number>
}
