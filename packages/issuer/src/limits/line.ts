/**
 * Who waits: people before a browser whom nothing tells apart from a flood; people who are signed in, or were in this
 * browser; programs that bring what they were given.
 */
export type Caller = 'stranger' | 'known' | 'program'

export interface LineBounds {
  /** How many of a kind may wait, and how many of those on behalf of one: a network, or a person who is known. */
  readonly waiting: Readonly<Record<Caller, { readonly all: number; readonly ofOne: number }>>
  /** For how long one turn of the event loop goes on to begin what programs want, in milliseconds. */
  readonly turnMs: number
}

interface Waiting {
  readonly behalf: string
  readonly start: () => void
}

interface Turn {
  /** Milliseconds, on the clock of the line. */
  readonly begunAt: number
  /** How long it may go on to begin something, in milliseconds, because others took long since the last one. */
  readonly shareMs: number
  hasPerson: boolean
  hasProgram: boolean
}

/** How much of what others took since it stopped the line may take in its next turn: where they take long, too, it goes on. */
const SHARE = 1 / 8

/**
 * Lets dear work begin a little at a time, so that everybody else in the process has a turn of the event loop in between:
 * in each turn what one stranger wants, and of what people who are known and programs want at least one and as much as fits
 * into `turnMs`; more of each where the turns of others are long. Work that begins together is also stored together. People
 * who are known have every other turn, so that strangers cannot keep them out.
 *
 * How much is under way is not counted. Such work holds the loop up until it waits for something, and what it waits for
 * longest is other hosts: four of those that do not answer would keep out everyone. They are bounded where they are asked.
 */
export class Line {
  private readonly bounds: LineBounds
  private readonly now: () => number
  private readonly lines: Readonly<Record<Caller, Waiting[]>> = { stranger: [], known: [], program: [] }
  /** How many wait, by kind and on whose behalf. */
  private readonly behalves = new Map<string, number>()
  private turn: Turn | undefined
  private isTurnOfKnown = true
  /** When it last stopped for others. */
  private pausedAt = 0

  /** @param now Milliseconds. Default: the process's own clock. */
  constructor(bounds: LineBounds, now: () => number = () => performance.now()) {
    this.bounds = bounds
    this.now = now
  }

  /** @param behalf Of which network, or of whom who is known. @returns what the work gives; undefined when too many wait already: nothing is begun. */
  run<T>(kind: Caller, behalf: string, work: () => Promise<T>): Promise<T> | undefined {
    if (this.behalves.size === 0 && this.hasRoom(kind)) {
      this.count(kind)
      return work()
    }
    const line = this.lines[kind]
    const key = `${kind} ${behalf}`
    const theirs = this.behalves.get(key) ?? 0
    const { all, ofOne } = this.bounds.waiting[kind]
    if (line.length >= all || theirs >= ofOne) return undefined
    // What others took while nobody waited was taken from nobody.
    if (this.behalves.size === 0) this.pausedAt = this.now()
    this.behalves.set(key, theirs + 1)
    return new Promise<void>((start) => line.push({ behalf, start })).then(work)
  }

  private hasRoom(kind: Caller): boolean {
    const { turn } = this
    if (turn === undefined) return true
    const elapsed = this.now() - turn.begunAt
    if (elapsed < turn.shareMs) return true
    if (kind === 'stranger') return !turn.hasPerson
    return elapsed < this.bounds.turnMs || !(kind === 'program' ? turn.hasProgram : turn.hasPerson)
  }

  /** Notes what this turn of the event loop has begun; the first to do so has the turn end with it. */
  private count(kind: Caller): void {
    this.turn ??= this.begin()
    if (kind === 'program') this.turn.hasProgram = true
    else this.turn.hasPerson = true
  }

  private begin(): Turn {
    setImmediate(() => {
      this.turn = undefined
      this.goOn()
    })
    const begunAt = this.now()
    // Who waits for nothing knows nothing of how long others took.
    const shareMs = this.behalves.size === 0 ? 0 : (begunAt - this.pausedAt) * SHARE
    return { begunAt, shareMs, hasPerson: false, hasProgram: false }
  }

  private goOn(): void {
    const kind = this.next()
    if (kind === undefined) {
      this.pausedAt = this.now()
      return
    }
    const { behalf, start } = this.lines[kind].shift() as Waiting
    this.count(kind)
    this.leave(`${kind} ${behalf}`)
    start()
    // The queue of ticks follows that of promises: by then the work has come as far as it can.
    queueMicrotask(() => process.nextTick(() => this.goOn()))
  }

  private next(): Caller | undefined {
    const people = this.isTurnOfKnown ? (['known', 'stranger'] as const) : (['stranger', 'known'] as const)
    const kind = [...people, 'program' as const].find((each) => this.lines[each].length > 0 && this.hasRoom(each))
    if (kind !== undefined && kind !== 'program') this.isTurnOfKnown = kind === 'stranger'
    return kind
  }

  private leave(key: string): void {
    const left = (this.behalves.get(key) ?? 1) - 1
    if (left === 0) this.behalves.delete(key)
    else this.behalves.set(key, left)
  }
}
