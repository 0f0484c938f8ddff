import type { RefusalSample, RefusalsEvent } from './event.ts'
import { networkOf } from './network.ts'

/** A caller that was turned away before anybody knew who it was. */
export interface Stranger {
  readonly peer: string
  readonly reason: string
  readonly because?: string | undefined
  readonly server?: string | undefined
  /** The public id that it claimed, where the credential was well-formed. */
  readonly credentialId?: string | undefined
}

/** Pairs of network and server that are counted apart in one round; those beyond share one count. */
export const MAX_COUNTS = 1024
/** Reasons that are counted apart in one count: they are ours, so this bounds a mistake of ours. */
const MAX_REASONS = 32
const MAX_SAMPLES = 5
export const OTHER = 'other'

/** What a round of counting says of one network at one server. */
export type Tally = Omit<RefusalsEvent, 'type' | 'id' | 'at'>

interface Count {
  readonly network: string
  readonly server: string | undefined
  fromAt: number
  toAt: number
  readonly counts: Map<string, number>
  samples: readonly RefusalSample[]
}

export interface Strangers {
  count(stranger: Stranger, at: number): void
  /** What was counted since the last round, one per network and server. */
  take(): readonly Tally[]
  /** What could not be written goes into the next round. */
  putBack(tally: Tally): void
}

/** Counts refusals per network and server in bounded memory, whatever comes. */
export function countStrangers(): Strangers {
  let round = new Map<string, Count>()

  const countOf = (network: string, server: string | undefined, at: number): Count => {
    const key = keyOf(network, server)
    const known = round.get(key)
    if (known !== undefined) return known
    if (round.size >= MAX_COUNTS && key !== BEYOND) return countOf(OTHER, undefined, at)
    const count: Count = { network, server, fromAt: at, toAt: at, counts: new Map(), samples: [] }
    round.set(key, count)
    return count
  }

  return {
    count({ peer, reason, because, server, credentialId }, at) {
      const count = countOf(networkOf(peer) ?? OTHER, server, at)
      count.toAt = at
      add(count, reason, 1)
      const { samples } = count
      if (samples.length < MAX_SAMPLES || !samples.some((sample) => sample.reason === reason)) {
        count.samples = choose([...samples, { at, reason, because, credentialId, server }])
      }
    },
    take() {
      const taken = [...round.values()].map(({ counts, ...rest }) => ({ ...rest, counts: Object.fromEntries(counts) }))
      round = new Map()
      return taken
    },
    putBack(tally) {
      const count = countOf(tally.network, tally.server, tally.fromAt)
      count.fromAt = Math.min(count.fromAt, tally.fromAt)
      count.toAt = Math.max(count.toAt, tally.toAt)
      for (const [reason, number] of Object.entries(tally.counts)) add(count, reason, number)
      // The older ones first: how it began tells most.
      count.samples = choose([...tally.samples, ...count.samples])
    },
  }
}

function keyOf(network: string, server: string | undefined): string {
  return server === undefined ? network : `${network} ${server}`
}

/** What comes when as many are counted apart as can be: of any network, at any server. */
const BEYOND = keyOf(OTHER, undefined)

/** The first of each reason, and then whoever came first: a flood of one kind hides no other. In their order. */
function choose(samples: readonly RefusalSample[]): readonly RefusalSample[] {
  if (samples.length <= MAX_SAMPLES) return samples
  const isFirst = ({ reason }: RefusalSample, at: number) => samples.findIndex((one) => one.reason === reason) === at
  const others = samples.filter((sample, at) => !isFirst(sample, at))
  const chosen = new Set([...samples.filter(isFirst), ...others].slice(0, MAX_SAMPLES))
  return samples.filter((sample) => chosen.has(sample))
}

function add({ counts }: Count, reason: string, number: number): void {
  const known = counts.get(reason)
  if (known !== undefined) counts.set(reason, known + number)
  else if (counts.size < MAX_REASONS) counts.set(reason, number)
  else counts.set(OTHER, (counts.get(OTHER) ?? 0) + number)
}
