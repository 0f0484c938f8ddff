const FIRST_MS = 500
const LONGEST_MS = 30_000

/**
 * How long to leave a command alone that does not come up: half a second after the first failure, then twice as long
 * each time, half a minute at most. A child that has said anything counts as up, however it ends.
 */
export class Restarts {
  #failures = 0
  #failedAt = Number.NEGATIVE_INFINITY

  /** Milliseconds until the command may be tried again; 0 for now. */
  wait(now: number): number {
    if (this.#failures === 0) return 0
    const pause = Math.min(FIRST_MS * 2 ** (this.#failures - 1), LONGEST_MS)
    return Math.max(0, this.#failedAt + pause - now)
  }

  failed(startedAt: number, now: number): void {
    // Children that were under way together fail of one cause; together they count once.
    if (startedAt <= this.#failedAt) return
    this.#failures++
    this.#failedAt = now
  }

  succeeded(): void {
    this.#failures = 0
  }
}
