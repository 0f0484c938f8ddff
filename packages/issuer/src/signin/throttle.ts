import { BOUNDS, type Bound, widthOf } from './bounds.ts'
import { Failures, Groups, keyOf } from './failures.ts'

export interface Attempted {
  /** In its canonical spelling. */
  readonly name: string
  /** Those that the caller is in, from the smallest to the largest. */
  readonly networks: readonly string[]
  /** Of a browser that this name has signed in with before. */
  readonly device?: string
}

/** One try, counted until its end is told: exactly one of these. */
export interface Try {
  /** Whether the browser is known, and held to nothing but the failures of such browsers. */
  readonly isKnown: boolean
  failed(): void
  succeeded(): void
  /** Nothing was tried after all. */
  undo(): void
}

/** Where failures are counted, and how many may be there. */
interface Place {
  readonly key: string
  readonly bound: Bound
}

/** Holds people to the bounds. Keeps nothing of what was typed: all keys are digests. */
export class Throttle {
  private readonly failures: Failures
  private readonly namesOf: Groups
  private readonly networksOf: Groups
  private readonly now: () => number

  constructor(now: () => number) {
    this.failures = new Failures(BOUNDS.remembered, now)
    this.namesOf = new Groups(BOUNDS.rememberedGroups, now)
    this.networksOf = new Groups(BOUNDS.rememberedGroups, now)
    this.now = now
  }

  /** How long to wait before the next try; 0: none. */
  waitOf(attempted: Attempted): number {
    if (this.knownPlaces(attempted) !== undefined) return 0
    const { name, networks } = attempted
    return Math.max(
      ...this.places(attempted).map(({ key, bound }) => this.failures.waitAt(key, bound)),
      ...networks.map((network, step) => this.waitOfNetwork(network, name, step)),
    )
  }

  /** To be called before a password is checked, so that those who try many at once are counted, too. */
  begin(attempted: Attempted): Try {
    const known = this.knownPlaces(attempted)
    const places = known ?? this.places(attempted)
    for (const { key } of places) this.failures.begin(key)
    const end = (): void => {
      for (const { key } of places) this.failures.end(key)
    }
    return {
      isKnown: known !== undefined,
      undo: end,
      failed: () => {
        end()
        for (const { key, bound } of places) this.failures.fail(key, bound)
        // A browser that is known says nothing about its network.
        if (known === undefined) this.note(attempted)
      },
      succeeded: () => {
        end()
        this.forget(attempted)
      },
    }
  }

  /** Where a browser is counted that is known. Undefined where such have failed too often: then it is like every other. */
  private knownPlaces({ device, name }: Attempted): readonly Place[] | undefined {
    if (device === undefined) return undefined
    const places = [
      { key: keyOf('device', device), bound: BOUNDS.device },
      { key: keyOf('devices', name), bound: BOUNDS.devices },
    ]
    return places.every(({ key, bound }) => this.failures.waitAt(key, bound) === 0) ? places : undefined
  }

  private places(attempted: Attempted): readonly Place[] {
    const { name, networks } = attempted
    const { most, within, free } = BOUNDS.networksOfName
    const others = this.networksOf.seen(keyOf(name), within, keyOf(networkNamed(attempted)))
    const pair = others.length >= most ? { ...BOUNDS.pair, free } : BOUNDS.pair
    return [
      { key: keyOf('name', name), bound: BOUNDS.name },
      ...networks.map((network, step) => ({
        key: keyOf('pair', network, name),
        bound: { ...pair, free: pair.free * widthOf(step) },
      })),
    ]
  }

  private waitOfNetwork(network: string, name: string, step: number): number {
    const { most, within } = BOUNDS.namesOfNetwork
    const group = keyOf(network)
    if (this.namesOf.has(group, keyOf(name))) return 0
    const seen = this.namesOf.seen(group, within, '')
    return seen.length < most * widthOf(step) ? 0 : Math.max(1, Math.min(...seen) + within - this.now())
  }

  private note(attempted: Attempted): void {
    const { name, networks } = attempted
    for (const [step, network] of networks.entries()) {
      this.namesOf.add(keyOf(network), keyOf(name), BOUNDS.namesOfNetwork.most * widthOf(step))
    }
    this.networksOf.add(keyOf(name), keyOf(networkNamed(attempted)), BOUNDS.networksOfName.most + 1)
  }

  /** What the person mistyped before. Failures from larger networks and from everywhere may be somebody else's. */
  private forget(attempted: Attempted): void {
    const { name, networks, device } = attempted
    this.failures.forget(keyOf('pair', networks[0] ?? '', name))
    if (device !== undefined) this.failures.forget(keyOf('device', device))
    for (const network of networks) this.namesOf.drop(keyOf(network), keyOf(name))
    this.networksOf.drop(keyOf(name), keyOf(networkNamed(attempted)))
  }
}

/** The one that counts where networks are counted: else one customer would be as many as they like. */
function networkNamed({ networks }: Attempted): string {
  return networks.at(-1) ?? ''
}
