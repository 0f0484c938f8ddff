/** More wait already than can be served in time. */
export class BusyError extends Error {
  constructor() {
    super('too many passwords wait to be checked')
    this.name = 'BusyError'
  }
}

export interface QueueBounds {
  /** How many run at the same time. */
  readonly running: number
  /** How many may wait. */
  readonly waiting: number
  /** How many of one asker may run or wait. */
  readonly perAsker: number
}

/** Lets dear work happen a little at a time; who comes while too many wait is turned away at once. */
export class Queue {
  private readonly bounds: QueueBounds
  private readonly waiting: (() => void)[] = []
  private readonly askers = new Map<string, number>()
  private running = 0

  constructor(bounds: QueueBounds) {
    this.bounds = bounds
  }

  /** @param asker On whose behalf; one asker cannot take all places. @throws {BusyError} */
  async run<T>(asker: string, work: () => Promise<T>): Promise<T> {
    const theirs = this.askers.get(asker) ?? 0
    if (theirs >= this.bounds.perAsker || this.waiting.length >= this.bounds.waiting) throw new BusyError()
    this.askers.set(asker, theirs + 1)
    try {
      if (this.running < this.bounds.running) this.running += 1
      // Whoever leaves hands their place on, so it is not counted anew.
      else await new Promise<void>((resolve) => this.waiting.push(resolve))
      try {
        return await work()
      } finally {
        const next = this.waiting.shift()
        if (next === undefined) this.running -= 1
        else next()
      }
    } finally {
      const left = (this.askers.get(asker) ?? 1) - 1
      if (left === 0) this.askers.delete(asker)
      else this.askers.set(asker, left)
    }
  }
}
