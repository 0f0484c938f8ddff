import type { MaybePromise } from '../credentials.ts'

/**
 * How a client came to be known.
 * - `registered`: by itself, at the registration endpoint (RFC 7591).
 * - `created`: by the operator.
 * - `document`: it names itself by the URL of its metadata; only what was decided about it is kept here.
 */
export type ClientOrigin = 'registered' | 'created' | 'document'

/** Times are seconds since the epoch. */
export interface ClientRecord {
  readonly clientId: string
  readonly origin: ClientOrigin
  /** As it calls itself, or as the operator labelled it. */
  readonly name: string
  /** Client metadata (RFC 7591 §2) as sealed JSON; empty for `document`. */
  readonly metadata: Uint8Array
  readonly createdAt: number
  /** The network it was registered from. */
  readonly network?: string
  /** The first time a person let it in; until then it can be forgotten. */
  readonly usedAt?: number
  /** When the operator approved of it. */
  readonly approvedAt?: number
  /** When the operator shut it out. */
  readonly blockedAt?: number
  /** Forgotten then unless it was used. */
  readonly expiresAt?: number
}

export interface ClientFilter {
  readonly origin?: ClientOrigin
  readonly after?: string
  /** 1 to 10 000; default 1 000. */
  readonly limit?: number
}

/** How many clients that registered themselves may wait to be used for the first time, and who makes room. */
export interface WaitingRoom {
  readonly limit: number
  /** Seconds that a client is safe for, as long as its network has no other that waits. */
  readonly safeFor: number
}

export interface ClientStore {
  /** @throws when the id is taken. */
  insert(client: ClientRecord): MaybePromise<void>
  /** Inserts unless the id is taken, whose record then stays as it is. */
  keep(client: ClientRecord): MaybePromise<void>
  /**
   * Atomic: inserts a client that waits to be used for the first time. Where the room is full, the oldest one of the
   * network that has the most makes way: of the newcomer's own if none has more. Where every network has one alone, the
   * oldest of all does, once it has waited for longer than it is safe.
   * @returns whether it was inserted.
   */
  insertRegistered(client: ClientRecord, room: WaitingRoom): MaybePromise<boolean>
  /** What has expired unused is not found. */
  find(clientId: string, now: number): MaybePromise<ClientRecord | undefined>
  list(filter: ClientFilter, now: number): MaybePromise<readonly ClientRecord[]>
  /** Notes the first use, after which the client stays; later uses change nothing. */
  noteUse(clientId: string, at: number): MaybePromise<void>
  /** @param at Undefined takes it back. */
  setBlocked(clientId: string, at: number | undefined): MaybePromise<boolean>
  /** What is approved stays, used or not. @param at Undefined takes the approval back. */
  setApproved(clientId: string, at: number | undefined): MaybePromise<boolean>
  remove(clientId: string): MaybePromise<boolean>
  /** Forgets what has expired unused. @returns how many. */
  prune(now: number): MaybePromise<number>
}
