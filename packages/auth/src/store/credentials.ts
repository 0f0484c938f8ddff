import type { Digest, MaybePromise } from '../crypto/index.ts'

export type { MaybePromise }

/**
 * What a credential of ours is for.
 * - `api-key`: a caller's key.
 * - `probe`: a monitor's key; lists and pings, calls nothing, and rotates apart from all others.
 * - `secret-url`: the secret of an unlisted URL.
 */
export type CredentialKind = 'api-key' | 'probe' | 'secret-url'

/** A credential as it is kept: everything but the secret. Times are seconds since the epoch. */
export interface CredentialRecord {
  /** Public: finds the record, may be logged. */
  readonly id: string
  readonly kind: CredentialKind
  readonly digest: Digest
  /** For whom it was made. The subject of its principal; survives rotation. */
  readonly clientId: string
  readonly server: string
  readonly tenant?: string
  /** The operator's label. */
  readonly name: string
  /** Absent: every scope of its server. */
  readonly scopes?: readonly string[]
  /** Tool name patterns (`*` stands for any characters). Absent: every tool its scopes open. */
  readonly tools?: readonly string[]
  readonly notes?: string
  /** The configured delivery that receives successors of this credential. */
  readonly delivery?: string
  readonly createdAt: number
  readonly expiresAt?: number
  readonly revokedAt?: number
  /** The credential that takes this one's place; this one then ends with its overlap. */
  readonly replacedBy?: string
  /** Not exact: written lazily, and at most once in ten minutes. */
  readonly lastUsedAt?: number
}

export type Revocation = 'revoked' | 'already' | 'unknown'

/** Why a rotation did not happen: nothing was changed. */
export type Rotation = 'rotated' | 'replaced' | 'revoked' | 'expired' | 'unknown'

export interface CredentialFilter {
  readonly server?: string
  readonly kind?: CredentialKind
  readonly clientId?: string
  /** With `clientId` found without looking at all others. */
  readonly delivery?: string
  /** Continue behind this id. Records come in the order of their ids. */
  readonly after?: string
  /** 1 to 10 000; default 1 000. */
  readonly limit?: number
}

/** Credentials that will soon be too old: neither revoked nor replaced, made or ending by these times. */
export interface DueFilter {
  /** Seconds since the epoch. */
  readonly createdBy: number
  /** Seconds since the epoch. */
  readonly expiresBy: number
  readonly after?: string
  /** 1 to 10 000; default 1 000. */
  readonly limit?: number
}

/**
 * Where credentials live. Any number of processes may use one store at once; what one changes, the others learn by
 * `changes`. A store that can answer at once does, so that the hot path need not wait for a promise.
 */
export interface CredentialStore {
  /** @throws when the id is taken. */
  insert(record: CredentialRecord): MaybePromise<void>
  /** For seeding: all in one transaction. */
  insertMany(records: Iterable<CredentialRecord>): MaybePromise<void>
  /** @throws when what is stored under the id cannot be read. */
  find(id: string): MaybePromise<CredentialRecord | undefined>
  /** What is stored but cannot be read is left out, and so is nobody's; a page is full all the same. */
  list(filter: CredentialFilter): MaybePromise<readonly CredentialRecord[]>
  /** In the order of their ids, as `list` has them. Found without looking at all others. */
  due(filter: DueFilter): MaybePromise<readonly CredentialRecord[]>
  count(): MaybePromise<number>
  /** Survives the loss of power once it has returned. */
  revoke(id: string, now: number): MaybePromise<Revocation>
  /**
   * Atomic: `successor` is inserted and `id` ends at the earlier of `endsAt` and its own expiry, or nothing happens.
   * Of any number of concurrent rotations of one credential exactly one sees `rotated`.
   */
  rotate(id: string, successor: CredentialRecord, endsAt: number, now: number): MaybePromise<Rotation>
  /**
   * The second half of a rotation by a successor that was inserted before: `id` ends as with `rotate`, on the same
   * terms. `unknown` also when the successor is none: not there, revoked, replaced or expired.
   */
  replace(id: string, successorId: string, endsAt: number, now: number): MaybePromise<Rotation>
  touch(uses: ReadonlyMap<string, number>): MaybePromise<void>
  /**
   * Ids changed since the last call, by anyone; `everything` when the store cannot tell which. Cheap enough to be
   * asked once per event-loop turn. @throws when the store does not answer: what is cached then no longer counts.
   */
  changes(): MaybePromise<readonly string[] | 'everything'>
  /**
   * Atomic: of any number of processes exactly one gets true for one credential and one mark. For reminders that
   * must be sent once.
   */
  claim(id: string, mark: string, now: number): MaybePromise<boolean>
  /** Withdraws a claim, so that it can be tried again. */
  release(id: string, mark: string): MaybePromise<void>
}
