/** What one request takes of one count. */
export interface Take {
  /** What is counted together. Of bounded length. */
  readonly key: string
  /** By whose requests the key came to be: as many keys of one owner are counted apart as a limiter keeps for one. */
  readonly owner: string
  /** Keys of different rules are never counted together. */
  readonly rule: string
  /** Whole units, 1 to `limit`. */
  readonly cost: number
  /** Whole units that may be taken at once, and that come back within a window, evenly. */
  readonly limit: number
  /** Whole seconds. */
  readonly windowSeconds: number
}

/** How a count stands: after a request that was let in, or as it was before one that was not. */
export interface Taken {
  /** Whether this count had room for what was asked of it. */
  readonly allowed: boolean
  readonly limit: number
  /** Whole units that could be taken now. */
  readonly remaining: number
  /** Seconds until nothing of it is used any more, rounded up. */
  readonly resetSeconds: number
  /** Seconds until it has room for what was asked, rounded up; 0 where it has. */
  readonly retryAfterSeconds: number
}

/** Where counts live. May be lost: whoever loses them lets in a little more, once. */
export interface Limiter {
  /**
   * Takes all, or, where one has no room, nothing. Atomic: of any number of concurrent requests no more are let in than
   * there is room for. What is asked of one key in several takes is asked together.
   *
   * @param now Seconds since the epoch, fractions allowed. A clock that goes back gives nothing back.
   * @returns How each count stands, in the order of the takes.
   */
  take(takes: readonly Take[], now: number): MaybePromise<readonly Taken[]>
}

type MaybePromise<T> = T | Promise<T>
