import type { Log } from '../log/index.ts'

/** How often the number of those who could not be checked is logged, in milliseconds. */
const ROUND_MS = 10_000

/** Tells the operator that credentials cannot be checked: the first time at once, then as a count. */
export class Unchecked {
  private readonly log: Log
  private count = 0
  private round: NodeJS.Timeout | undefined

  constructor(log: Log) {
    this.log = log
  }

  tell(server: string, error: unknown): void {
    if (this.round !== undefined) {
      this.count++
      return
    }
    this.log.error({ server, err: error }, 'credentials cannot be checked')
    this.round = setInterval(() => this.sum(), ROUND_MS).unref()
  }

  /** A round in which nobody came ends the counting. */
  private sum(): void {
    if (this.count === 0) {
      clearInterval(this.round)
      this.round = undefined
      return
    }
    this.log.error({ count: this.count }, 'credentials could not be checked')
    this.count = 0
  }
}
