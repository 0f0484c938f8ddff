/** How often one kind of thing is told of, in seconds: a flood is one event a minute that says how many there were. */
const INTERVAL = 60
/** The most kinds. */
const MOST = 100

/** Counts what happens too often to be told of each time. */
export class Tally {
  private readonly counts = new Map<string, { count: number; toldAt: number }>()

  /** @returns how many there were since it was told of last, when it is time to tell; undefined before that. */
  note(kind: string, now: number): number | undefined {
    const { count, toldAt } = this.counts.get(kind) ?? { count: 0, toldAt: Number.NEGATIVE_INFINITY }
    const isDue = now - toldAt >= INTERVAL
    if (!this.counts.has(kind) && this.counts.size >= MOST)
      this.counts.delete(this.counts.keys().next().value as string)
    this.counts.set(kind, isDue ? { count: 0, toldAt: now } : { count: count + 1, toldAt })
    return isDue ? count + 1 : undefined
  }
}
