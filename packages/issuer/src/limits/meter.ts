/** When there are too many keys, one of so many is forgotten: to look for the first of a map takes long once others have gone. */
const SHARE = 16

/** Counts per key in windows of time. When there are too many keys, those whose windows began first are forgotten. */
export class Meter {
  private readonly windows = new Map<string, { count: number; readonly until: number }>()
  private readonly limit: number
  private readonly seconds: number
  private readonly keys: number

  /**
   * @param limit How many fit into one window.
   * @param seconds How long a window is, from the first that is counted.
   * @param keys The most keys that are remembered. Default 10 000.
   */
  constructor(limit: number, seconds: number, keys = 10_000) {
    this.limit = limit
    this.seconds = seconds
    this.keys = keys
  }

  /** Seconds until there is room for one more; 0 when there is. Counts nothing. */
  wait(key: string, now: number): number {
    const window = this.windows.get(key)
    return window === undefined || window.until <= now || window.count < this.limit ? 0 : window.until - now
  }

  /** Counts one more if there is room. @returns 0 when there was; else the seconds until there is. */
  take(key: string, now: number): number {
    const wait = this.wait(key, now)
    if (wait > 0) return wait
    const window = this.windows.get(key)
    if (window !== undefined && window.until > now) {
      window.count += 1
      return 0
    }
    // Deleted first: a map keeps the place of a key, and the oldest has to stand in front.
    this.windows.delete(key)
    if (this.windows.size >= this.keys) this.makeRoom()
    this.windows.set(key, { count: 1, until: now + this.seconds })
    return 0
  }

  private makeRoom(): void {
    const least = this.keys - Math.ceil(this.keys / SHARE)
    for (const key of this.windows.keys()) {
      if (this.windows.size <= least) return
      this.windows.delete(key)
    }
  }

  get size(): number {
    return this.windows.size
  }
}
