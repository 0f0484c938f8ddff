import type { AuditEvent, AuditFilter, AuditRecord } from '../../events/index.ts'
import type { MaybePromise } from '../credentials.ts'

/** Which bytes of which spool segment a batch was read from: `from` up to, not including, `to`. */
export interface SpoolRange {
  readonly segment: string
  readonly from: number
  readonly to: number
}

/**
 * Where events are kept to be searched. It is filled from the spool, which is the truth until a segment is finished.
 * Any number of processes may fill one store at once.
 */
export interface AuditStore {
  /**
   * Atomic: takes the batch and moves the segment's offset from `from` to `to`, or does nothing and returns false
   * because the offset stands elsewhere (somebody else was there first). An event whose id is known is left as it
   * is. An ending completes an event that is `open` or `unknown`; one whose event is not known has no effect.
   */
  ingest(batch: readonly AuditRecord[], range: SpoolRange): MaybePromise<boolean>
  /** How far each segment has been taken in; a segment that is absent has not been begun. */
  offsets(): MaybePromise<ReadonlyMap<string, number>>
  /** All that was taken in survives the loss of power once this has returned: the spool may be let go. */
  sync(): MaybePromise<void>
  /**
   * Newest first. By method and name, where they are given, a batch is found as well in which one request has both.
   * @throws {TypeError} when `limit` is out of bounds.
   */
  query(filter: AuditFilter): MaybePromise<readonly AuditEvent[]>
  /** Whether `query` would find an event, `limit` aside: for those that are not taken in yet. */
  matcher(filter: AuditFilter): (event: AuditEvent) => boolean
  /** Those of these ids that are known, in no order. */
  find(ids: readonly string[]): MaybePromise<readonly AuditEvent[]>
  /** The process parts of events that are `open`. */
  openProcesses(): MaybePromise<readonly string[]>
  /**
   * Turns `open` into `unknown`, for one process or for everything older than `before` (milliseconds).
   * @returns how many.
   */
  giveUp(which: { readonly process: string } | { readonly before: number }): MaybePromise<number>
  /**
   * Deletes the oldest events from before this moment (milliseconds), at most `limit` (default 1 000).
   * @returns how many; fewer than `limit` means that none is left.
   */
  prune(before: number, limit?: number): MaybePromise<number>
  /** Drops the offsets of segments that are no more. */
  forget(segments: readonly string[]): MaybePromise<void>
}
