import { type Engine, engineRequest } from '../engine/index.ts'
import { type Allowance, Meters } from '../limits/index.ts'
import { networksOf, type Visit } from '../web/index.ts'

/** Requests to the authorization endpoint, returns from our pages among them, of one network, person or browser. */
export const ALLOWANCE: Allowance = { minute: 60, hour: 600 }
/** Whoever has a whole IPv6 /48 has 65 536 networks of the size that counts: all of them have so many times as many. */
const WIDEST_TURNS = 4
const DEVICE = 'device '

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
  /** One word for who is signed in, or was in this browser; undefined for strangers. */
  readonly who: string | undefined
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
  private readonly devices: Meters

  constructor(needs: TurnsNeeds) {
    const { allowance = ALLOWANCE } = needs
    this.needs = needs
    this.known = new Meters(allowance)
    this.networks = new Meters(allowance)
    const wide = { minute: allowance.minute * WIDEST_TURNS, hour: allowance.hour * WIDEST_TURNS }
    this.widest = new Meters(wide)
    this.devices = new Meters(wide)
  }

  /** Takes one, if there is one. */
  async take(visit: Visit): Promise<Turn> {
    const who = await this.knownOf(visit)
    const counted = this.countedFor(visit, who)
    const now = this.needs.now()
    const wait = Math.max(...counted.map(([meters, key]) => meters.wait(key, now)))
    if (wait === 0) for (const [meters, key] of counted) meters.count(key, now)
    return { wait, who }
  }

  /** Takes none. @returns as `Turn.who`. */
  async whoIs(visit: Visit): Promise<string | undefined> {
    // First what costs least to look at.
    return this.deviceOf(visit) ?? (await this.knownOf(visit))
  }

  private countedFor({ peer }: Visit, who: string | undefined): readonly (readonly [Meters, string])[] {
    const networks = networksOf(peer)
    const widest = networks.at(-1) ?? ''
    if (who === undefined) {
      return [
        [this.networks, networks[0]],
        [this.widest, widest],
      ]
    }
    // Each sign-in makes a mark of its own, so those of one network together have no more than so much.
    return who.startsWith(DEVICE)
      ? [
          [this.known, who],
          [this.devices, widest],
        ]
      : [[this.known, who]]
  }

  private deviceOf(visit: Visit): string | undefined {
    const device = visit.headers.cookie === undefined ? undefined : this.needs.deviceOf(visit)
    return device === undefined ? undefined : DEVICE + device
  }

  private async knownOf(visit: Visit): Promise<string | undefined> {
    if (visit.headers.cookie === undefined) return undefined
    const session = await this.needs.sessions.find(engineRequest(visit))
    if (session !== undefined) return `account ${session.accountId}`
    return this.deviceOf(visit)
  }
}
