import type { RefusalSample, RefusalsEvent } from '@portcullis/auth/events'
import { networkOf } from './network.ts'

/** A caller that was turned away before anybody knew who it was. */
export interface Stranger {
  readonly peer: string
  readonly reason: string
  readonly server?: string | undefined
  /** The public id that it claimed, where the credential was well-formed. */
  readonly credentialId?: string | undefined
}

/** Networks that are counted apart in one round; those beyond share one count. */
export const MAX_NETWORKS = 1024
/** Reasons that are counted apart for one network: they are ours, so this bounds a mistake of ours. */
const MAX_REASONS = 32
const MAX_SAMPLES = 5
export const OTHER = 'other'

/** What a round of counting says of one network. */
export type Tally = Omit<RefusalsEvent, 'type' | 'id' | 'at'>

interface Count {
  readonly network: string
  server: string | undefined
  fromAt: number
  toAt: number
  readonly counts: Map<string, number>
  readonly samples: RefusalSample[]
}

export interface Strangers {
  count(stranger: Stranger, at: number): void
  /** What was counted since the last round, one per network. */
  take(): readonly Tally[]
  /** What could not be written goes into the next round. */
  putBack(tally: Tally): void
}

/** Counts refusals per network in bounded memory, whatever comes. */
export function countStrangers(): Strangers {
  let round = new Map<string, Count>()

  const countOf = (wanted: string, server: string | undefined, at: number): Count => {
    const network = round.size < MAX_NETWORKS || round.has(wanted) ? wanted : OTHER
    let count = round.get(network)
    if (count === undefined) {
      count = { network, server, fromAt: at, toAt: at, counts: new Map(), samples: [] }
      round.set(network, count)
    }
    return count
  }

  return {
    count({ peer, reason, server, credentialId }, at) {
      const count = countOf(networkOf(peer) ?? OTHER, server, at)
      count.toAt = at
      if (count.server !== server) count.server = undefined
      add(count, reason, 1)
      if (count.samples.length < MAX_SAMPLES) count.samples.push({ at, reason, credentialId, server })
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
      if (count.server !== tally.server) count.server = undefined
      for (const [reason, number] of Object.entries(tally.counts)) add(count, reason, number)
      // The older ones first: how it began tells most.
      count.samples.unshift(...tally.samples)
      count.samples.length = Math.min(count.samples.length, MAX_SAMPLES)
    },
  }
}

function add({ counts }: Count, reason: string, number: number): void {
  const known = counts.get(reason)
  if (known !== undefined) counts.set(reason, known + number)
  else if (counts.size < MAX_REASONS) counts.set(reason, number)
  else counts.set(OTHER, (counts.get(OTHER) ?? 0) + number)
}
