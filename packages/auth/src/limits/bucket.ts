import type { Take, Taken } from './limiter.ts'

/**
 * One count: what is used of it, and when that was true. It comes back evenly, a whole limit in a window (the generic cell
 * rate algorithm, ITU-T I.371, as a meter that leaks): after a pause the whole limit may be taken at once, so no window
 * sees more than twice the limit, and in the long run the limit holds.
 */
export interface Bucket {
  used: number
  /** Seconds since the epoch. */
  at: number
}

/** Parts of a unit that are lost in dividing: never enough for a whole one. */
const ROUNDING = 1e-6

/** What is still used of a bucket now. A clock that has gone back gives nothing back, and takes nothing. */
export function usedOf(bucket: Bucket | undefined, { limit, windowSeconds }: Rate, now: number): number {
  if (bucket === undefined) return 0
  const elapsed = Math.max(0, now - bucket.at)
  return Math.max(0, bucket.used - (elapsed * limit) / windowSeconds)
}

type Rate = Pick<Take, 'limit' | 'windowSeconds'>

/** @param used Before this request. @param cost All that the request asks of this count. */
export function hasRoom(used: number, cost: number, { limit }: Rate): boolean {
  return used + cost <= limit + ROUNDING
}

/** @param used Where the count stands now. @param missing What is asked of it, and was not taken; 0 where it was. */
export function standing(used: number, missing: number, { limit, windowSeconds }: Rate): Taken {
  const allowed = missing === 0 || hasRoom(used, missing, { limit, windowSeconds })
  const seconds = (units: number) => Math.ceil((units * windowSeconds) / limit - ROUNDING)
  return {
    allowed,
    limit,
    remaining: Math.max(0, Math.floor(limit - used + ROUNDING)),
    resetSeconds: Math.max(0, seconds(used)),
    retryAfterSeconds: allowed ? 0 : Math.max(1, seconds(used + missing - limit)),
  }
}
