import type { SigningKeyRecord } from '@portcullis/auth/store'

/** All in seconds. */
export interface Schedule {
  /** How long a key signs before another one does. */
  readonly rotateAfter: number
  /** How long a key is published before it signs, so that those who keep key sets know it by then. */
  readonly publishAhead: number
  /** How long a key stays published after its last signature: until what it signed has expired. */
  readonly keepAfter: number
}

/** The key that signs: the newest that is active. Before any is, the one that comes first. */
export function signerOf(records: readonly SigningKeyRecord[], now: number): SigningKeyRecord | undefined {
  return records.findLast(({ activeAt }) => activeAt <= now) ?? records[0]
}

/** Whether it is time for another key. Not while one waits for its turn. */
export function isDue(
  records: readonly SigningKeyRecord[],
  algorithm: string,
  now: number,
  { rotateAfter, publishAhead }: Schedule,
): boolean {
  const newest = records.at(-1)
  if (newest === undefined || newest.activeAt > now) return false
  return newest.algorithm !== algorithm || now >= newest.activeAt + rotateAfter - publishAhead
}

/** Keys that no longer sign and whose end is not fixed yet, each with its end. */
export function superseded(records: readonly SigningKeyRecord[], now: number, { keepAfter }: Schedule) {
  return records.flatMap((record, at) => {
    const next = records[at + 1]
    if (next === undefined || next.activeAt > now || record.retiredAt !== undefined) return []
    return [{ kid: record.kid, at: next.activeAt + keepAfter }]
  })
}

const DAY = 86_400
/** Clocks of guards may be off by that, in seconds. */
export const CLOCKS = 60
/** Published for a day before it signs, in seconds: longer than anyone keeps a key set. */
export const PUBLISH_AHEAD = DAY
/** How long a key signs before another one does, in seconds, unless said. */
export const ROTATE_AFTER = 90 * DAY
