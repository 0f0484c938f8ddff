import { Meter } from '../limits/index.ts'
import { networksOf } from '../web/index.ts'
import { domainOf } from './domain.ts'

/** How many documents are fetched at once of clients that nobody has used yet. */
const STRANGERS = 32
/** So many more where each comes from a network that has nothing else under way. */
const NEWCOMERS = 32
/** How many more for clients that are known: what strangers ask for never takes these. */
const KNOWN = 32
/** How many of them for one network (IPv4 /24, IPv6 /48), and of one domain. */
const PER_NETWORK = 4
const PER_DOMAIN = 8
/** How many a network may ask for in a minute, beside those that are fetched again. */
const FETCHES = 60
const MINUTE = 60
/** In seconds, for who finds no place: fetches end after 2.5. */
const WAIT = 3

export interface Place {
  /** Seconds until it is worth trying again; 0: the place is taken. */
  readonly wait: number
  leave(): void
}

export interface Wish {
  readonly host: string
  /** Whether a person or the operator let the client in before. */
  readonly isKnown: boolean
  /** Whether it was good before, and is fetched again. */
  readonly isRemembered: boolean
  /** Address of who asks; the unknown are one network. */
  readonly peer: string | undefined
}

/** Who may have a document fetched now, so that nobody's fetches keep those of others out. */
export class Slots {
  private readonly fetches = new Meter(FETCHES, MINUTE)
  private readonly taken = new Map<string, number>()

  take({ host, isKnown, isRemembered, peer }: Wish, now: number): Place {
    if (isKnown) return this.count('known') < KNOWN ? this.occupy(['known']) : refusal(WAIT)
    const network = `network ${networksOf(peer ?? '').at(-1)}`
    const domain = `domain ${domainOf(host)}`
    const total = STRANGERS + (this.count(network) === 0 ? NEWCOMERS : 0)
    if (this.count('strangers') >= total) return refusal(WAIT)
    if (this.count(network) >= PER_NETWORK || this.count(domain) >= PER_DOMAIN) return refusal(WAIT)
    const wait = isRemembered ? 0 : this.fetches.take(network, now)
    return wait > 0 ? refusal(wait) : this.occupy(['strangers', network, domain])
  }

  private count(key: string): number {
    return this.taken.get(key) ?? 0
  }

  private occupy(keys: readonly string[]): Place {
    for (const key of keys) this.taken.set(key, this.count(key) + 1)
    const leave = () => {
      for (const key of keys) {
        const left = this.count(key) - 1
        if (left > 0) this.taken.set(key, left)
        else this.taken.delete(key)
      }
    }
    return { wait: 0, leave }
  }
}

function refusal(wait: number): Place {
  return { wait, leave: () => {} }
}
