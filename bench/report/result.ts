/** What one measurement found out; the object that `--json` prints holds a list of these. */
export interface Result {
  readonly id: string
  readonly unit: string
  /** Over the runs; null when there were none. */
  readonly median: number | null
  /** One figure per round. */
  readonly runs: readonly number[]
  /** How many times as good as each peer, computed in each round, the median of the rounds. */
  readonly ratios: Readonly<Record<string, number>>
  /** Null: measured for information. */
  readonly goal: Goal | null
  /** Null: there is no goal, or nothing can be said about it. */
  readonly met: boolean | null
  /** The figures behind the ratios. */
  readonly peers?: Readonly<Record<string, PeerFigures>>
  /** Present when others took so much of the cores that the figures say nothing: the share of a core, at the median. */
  readonly disturbed?: number
  /** Why it was not measured on this machine. */
  readonly skipped?: string
  /** Why it could not be measured: counts as a goal that was missed. */
  readonly failure?: string
}

export type Goal =
  /** The ratio to `peer` is at least `min`. */
  | { readonly peer: string; readonly min: number }
  /** The median is at least `min`, in the unit of the result: a figure of one machine. */
  | { readonly min: number }
  /** The median is at most `max`, in the unit of the result. */
  | { readonly max: number }

/** Medians over the rounds, as the generator saw them. */
export interface PeerFigures {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** CPU time of the peer's process per call, in microseconds, user and system, with what it did after the burst. */
  readonly cpuMicroseconds: number
  /** The share of a core that other programs took during the bursts: near 0 on a machine that is fit for measuring. */
  readonly foreign: number
}

export interface Report {
  readonly node: string
  readonly cpu: string
  readonly results: readonly Result[]
}

export type Finding = Pick<Result, 'id' | 'unit' | 'runs' | 'goal'> &
  Partial<Pick<Result, 'ratios' | 'peers'>> & { readonly foreign?: number }

/** Of a core: where others take more, a goal is neither met nor missed. */
const FIT = 0.25

/** Rounds a finding to what it can be trusted for, and holds it against its goal. */
export function conclude({ id, unit, runs, goal, ratios = {}, peers, foreign = 0 }: Finding): Result {
  const middle = median(runs)
  const rounded = Object.fromEntries(Object.entries(ratios).map(([peer, ratio]) => [peer, round(ratio)]))
  return {
    id,
    unit,
    median: round(middle),
    runs: runs.map(round),
    ratios: rounded,
    goal,
    // Not the rounded figures: 0.7996 is not 0.8.
    met: goal === null || foreign > FIT ? null : isMet(goal, middle, ratios),
    ...(foreign > FIT ? { disturbed: round(foreign) } : {}),
    ...(peers === undefined ? {} : { peers }),
  }
}

function isMet(goal: Goal, middle: number, ratios: Result['ratios']): boolean {
  if ('max' in goal) return middle <= goal.max
  return ('peer' in goal ? (ratios[goal.peer] ?? 0) : middle) >= goal.min
}

export function unmeasured(id: string, why: { readonly skipped: string } | { readonly failure: string }): Result {
  const met = 'failure' in why ? false : null
  return { id, unit: '', median: null, runs: [], ratios: {}, goal: null, met, ...why }
}

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/** Four significant digits. */
export function round(figure: number): number {
  return Number(figure.toPrecision(4))
}
