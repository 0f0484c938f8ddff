import { setTimeout as sleep } from 'node:timers/promises'
import { foreignMicroseconds } from '../process/index.ts'

/** Of a core, that others may use during a burst: what an idle system uses for itself, and the error of its clocks. */
const QUIET = 0.1
const TRIES = 3
const PAUSE_MS = 1000

export interface Observed {
  /** The share of a core that others took meanwhile. */
  readonly foreign: number
}

export async function observe<T>(work: () => Promise<T>): Promise<T & Observed> {
  const [before, from] = [foreignMicroseconds(), performance.now()]
  const found = await work()
  return { ...found, foreign: (foreignMicroseconds() - before) / 1000 / (performance.now() - from) }
}

/**
 * Takes a sample again while others were busy on our cores, a few times, and keeps the quietest. Looks at the
 * neighbours only, never at what was measured: a figure is not repeated because it is bad.
 */
export async function quietest<T extends Observed>(take: () => Promise<T>): Promise<T> {
  let best = await take()
  for (let tries = 1; tries < TRIES && best.foreign > QUIET; tries++) {
    await sleep(PAUSE_MS)
    const next = await take()
    if (next.foreign < best.foreign) best = next
  }
  return best
}
