import { type Engine, engineRequest } from '../engine/index.ts'
import { type Allowance, Meters } from '../limits/index.ts'
import { networksOf, type Visit } from '../web/index.ts'

/** Requests to the authorization endpoint, returns from our pages among them, of one network, person or browser. */
export const ALLOWANCE: Allowance = { minute: 60, hour: 600 }
/** Whoever has a whole IPv6 /48 has 65 536 networks of the size that counts: all of them have so many times as many. */
const WIDEST_TURNS = 4

export interface TurnsNeeds {
  readonly sessions: Pick<Engine['sessions'], 'find'>
  /** Of a browser that somebody has signed in with before. */
  readonly deviceOf: (visit: Visit) => string | undefined
  /** Default: `ALLOWANCE`. */
  readonly allowance?: Allowance | undefined
  readonly now: () => number
}

export interface Turn {
  /** 0 when there was one; else the seconds until there is. */
  readonly wait: number
  /** Whether it was asked for by somebody who is signed in, or was in this browser. */
  readonly isKnown: boolean
}

/**
 * How often authorization may be asked for: nobody has to be known for that, and each request is kept for a while. Who is
 * signed in, or was in this browser, is counted apart, so that nobody waits for the strangers at their address.
 */
export class Turns {
  private readonly needs: TurnsNeeds
  private readonly known: Meters
  private readonly networks: Meters
  private readonly widest: Meters

  constructor(needs: TurnsNeeds) {
    const { allowance = ALLOWANCE } = needs
    this.needs = needs
    this.known = new Meters(allowance)
    this.networks = new Meters(allowance)
    this.widest = new Meters({ minute: allowance.minute * WIDEST_TURNS, hour: allowance.hour * WIDEST_TURNS })
  }

  /** Takes one, if there is one. */
  async take(visit: Visit): Promise<Turn> {
    const known = await this.knownOf(visit)
    const counted = known === undefined ? this.ofNetworks(visit.peer) : ([[this.known, known]] as const)
    const now = this.needs.now()
    const wait = Math.max(...counted.map(([meters, key]) => meters.wait(key, now)))
    if (wait === 0) for (const [meters, key] of counted) meters.count(key, now)
    return { wait, isKnown: known !== undefined }
  }

  /** Takes none. */
  async isKnown(visit: Visit): Promise<boolean> {
    if (visit.headers.cookie === undefined) return false
    // First what costs least to look at.
    return this.needs.deviceOf(visit) !== undefined || (await this.knownOf(visit)) !== undefined
  }

  private ofNetworks(peer: string): readonly (readonly [Meters, string])[] {
    const networks = networksOf(peer)
    return [
      [this.networks, networks[0]],
      [this.widest, networks.at(-1) ?? ''],
    ]
  }

  private async knownOf(visit: Visit): Promise<string | undefined> {
    if (visit.headers.cookie === undefined) return undefined
    const session = await this.needs.sessions.find(engineRequest(visit))
    if (session !== undefined) return `account ${session.accountId}`
    const device = this.needs.deviceOf(visit)
    return device === undefined ? undefined : `device ${device}`
  }
}
