import { Histogram } from '../load/histogram.ts'
import type { Burst, Span } from '../load/job.ts'
import type { Checker, Found } from './checker.ts'

/** A request that is ready to be asked about, and whose it is. */
export interface Case<Request> {
  readonly request: Request
  readonly subject: string
}

/** As many checks under way as the other measurements have connections, or in one turn of the event loop. */
const LANES = 64
/** Every so many checks one is timed: looking at the clock takes a tenth of a quick check. */
const TIMED = 16

/**
 * Asks one check after the other where they are answered at once, else `LANES` at a time, and lets the event loop turn
 * as often as it would under load: what is put off to its next turn is done. Rejects on the first wrong answer.
 * @param draw The next case; undefined when there are no more: then the burst is over before its time.
 */
export async function runChecks<Request>(
  { check }: Pick<Checker<Request>, 'check'>,
  draw: () => Case<Request> | undefined,
  { warmUp, seconds }: Span,
): Promise<Burst> {
  const histogram = new Histogram()
  const countFrom = performance.now() + warmUp * 1000
  let answers = 0
  let first: { readonly at: number; readonly answers: number } | undefined
  let last = { at: 0, answers: 0 }
  let isOver = false

  const look = (from: number): void => {
    const at = performance.now()
    if (isOver || at < countFrom) return
    if (first === undefined) first = { at, answers }
    else histogram.record(at - from)
    last = { at, answers }
    isOver = at >= first.at + seconds * 1000
  }

  const lane = async (): Promise<void> => {
    for (let turn = 1; !isOver; turn++) {
      const drawn = draw()
      if (drawn === undefined) return
      const isTimed = turn % TIMED === 0
      const from = isTimed ? performance.now() : 0
      const found = check(drawn.request)
      expect(found instanceof Promise ? await found : found, drawn.subject)
      answers++
      if (isTimed) look(from)
      if (turn % LANES === 0) await nextTurn()
    }
  }

  const probe = draw()
  if (probe === undefined) throw new Error('there is nothing to check')
  const found = check(probe.request)
  expect(await found, probe.subject)
  answers++
  await Promise.all(Array.from({ length: found instanceof Promise ? LANES : 1 }, lane))
  const span = first === undefined ? 0 : last.at - first.at
  if (first === undefined || span === 0) throw new Error('the credentials were used up before anything was counted')
  return {
    kind: 'burst',
    rate: ((last.answers - first.answers) / span) * 1000,
    ...histogram.summary(),
    answers,
  }
}

/** @throws {Error} when a good credential is refused, or taken for somebody else's. */
export function expect(found: Found, subject: string): void {
  if (found !== subject)
    throw new Error(
      `a good credential of ${subject} was ${found === undefined ? 'refused' : `taken for one of ${found}`}`,
    )
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
