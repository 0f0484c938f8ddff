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
  /** How many strangers may wait. */
  readonly waiting: number
  /** How many may wait besides, of those who are known. */
  readonly waitingKnown: number
  /** How many of one asker may run or wait. */
  readonly perAsker: number
}

type Start = () => void

/**
 * Lets dear work happen a little at a time; who comes while too many wait is turned away at once. Who is known waits in a
 * line of their own, which has every other turn, so that strangers cannot keep them out.
 */
export class Queue {
  private readonly bounds: QueueBounds
  private readonly strangers: Start[] = []
  private readonly known: Start[] = []
  private readonly askers = new Map<string, number>()
  private running = 0
  private isTurnOfKnown = true

  constructor(bounds: QueueBounds) {
    this.bounds = bounds
  }

  /**
   * @param asker On whose behalf; one asker cannot take all places. @param isKnown Whether they have shown something that
   * a stranger has not.
   * @throws {BusyError}
   */
  async run<T>(asker: string, work: () => Promise<T>, isKnown = false): Promise<T> {
    const { perAsker, waiting, waitingKnown } = this.bounds
    const line = isKnown ? this.known : this.strangers
    const key = `${isKnown} ${asker}`
    const theirs = this.askers.get(key) ?? 0
    if (theirs >= perAsker || line.length >= (isKnown ? waitingKnown : waiting)) throw new BusyError()
    this.askers.set(key, theirs + 1)
    try {
      if (this.running < this.bounds.running) this.running += 1
      // Whoever leaves hands their place on, so it is not counted anew.
      else await new Promise<void>((resolve) => line.push(resolve))
      try {
        return await work()
      } finally {
        const next = this.next()
        if (next === undefined) this.running -= 1
        else next()
      }
    } finally {
      const left = (this.askers.get(key) ?? 1) - 1
      if (left === 0) this.askers.delete(key)
      else this.askers.set(key, left)
    }
  }

  private next(): Start | undefined {
    const [first, second] = this.isTurnOfKnown ? [this.known, this.strangers] : [this.strangers, this.known]
    this.isTurnOfKnown = !this.isTurnOfKnown
    return first.shift() ?? second.shift()
  }
}
