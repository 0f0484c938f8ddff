import type { Burst } from '../load/job.ts'
import type { Peer } from '../peers/index.ts'
import { cpuMicroseconds } from '../process/index.ts'
import { median, type PeerFigures, round } from '../report/index.ts'
import { type Observed, observe, quietest } from './quiet.ts'
import { settle } from './settle.ts'

/** One burst against one peer. */
export interface Sample extends Burst, Observed {
  /** The peer's CPU time per call, with what it put off until after the burst. */
  readonly cpuMicroseconds: number
}

/** By peer, one sample per round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>

/** In seconds: until a peer's code is compiled, and until a burst that follows another peer's has settled. */
const FIRST_WARM_UP = 6
const WARM_UP = 1

/**
 * In each round every peer once, in an order that moves on by one from round to round: what disturbs the machine for a
 * while disturbs all of them, and nobody always follows the same neighbour.
 */
export async function runRounds<P extends Pick<Peer, 'name' | 'pid'>>(
  rounds: number,
  peers: readonly P[],
  burst: (peer: P, warmUp: number) => Promise<Burst>,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>(peers.map(({ name }) => [name, []]))
  for (let turn = 0; turn < rounds; turn++) {
    for (let place = 0; place < peers.length; place++) {
      const peer = peers[(turn + place) % peers.length] as P
      const warmUp = turn === 0 ? FIRST_WARM_UP : WARM_UP
      const sample = await quietest(() => takeSample(peer, () => burst(peer, warmUp)))
      samples.get(peer.name)?.push(sample)
    }
  }
  return samples
}

async function takeSample({ name, pid }: Pick<Peer, 'name' | 'pid'>, burst: () => Promise<Burst>): Promise<Sample> {
  const before = cpuMicroseconds(pid)
  const found = await observe(burst).catch((error: Error) => {
    throw new Error(`${name}: ${error.message}`)
  })
  await settle(name, pid)
  return { ...found, cpuMicroseconds: (cpuMicroseconds(pid) - before) / found.answers }
}

/** The median over the rounds of `compare`, asked within each round, for each of the other peers. */
export function ratiosTo(
  samples: Samples,
  name: string,
  compare: (own: Sample, other: Sample) => number = (own, other) => own.rate / other.rate,
): Record<string, number> {
  const own = samples.get(name) ?? []
  return Object.fromEntries(
    [...samples]
      .filter(([peer]) => peer !== name)
      .map(([peer, others]) => [peer, median(own.map((sample, turn) => compare(sample, others[turn] ?? sample)))]),
  )
}

/** How disturbed a comparison was: the share of a core that others took, of the median bursts of those compared. */
export function foreignIn(samples: Samples, ...names: readonly string[]): number {
  return Math.max(...names.map((name) => median((samples.get(name) ?? []).map((run) => run.foreign))))
}

export function figuresOf(samples: Samples): Record<string, PeerFigures> {
  return Object.fromEntries(
    [...samples].map(([name, runs]) => [
      name,
      {
        perSecond: round(median(runs.map(({ rate }) => rate))),
        p50Ms: round(median(runs.map(({ p50 }) => p50 / 1000))),
        p99Ms: round(median(runs.map(({ p99 }) => p99 / 1000))),
        cpuMicroseconds: round(median(runs.map((run) => run.cpuMicroseconds))),
        foreign: round(median(runs.map((run) => run.foreign))),
      },
    ]),
  )
}
