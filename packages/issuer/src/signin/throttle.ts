/**
 * How often somebody may try. Counts what is typed, whether or not an account has that name, so that it tells nobody
 * anything. Nothing here can shut the owner of an account out: each bound holds for one network or one browser, and a
 * browser that the owner has used before is not held to those of its network.
 *
 * Kept in memory, for each process its own; a restart forgets it. All times in seconds.
 */
export const BOUNDS = {
  /** One name from one network: so many may fail before there is a wait, which doubles with each one after. */
  pair: { free: 5, firstWait: 30, longestWait: 900, forgottenAfter: 3600 },
  /** A browser that its owner has signed in with before. */
  device: { free: 10, firstWait: 30, longestWait: 900, forgottenAfter: 3600 },
  /** Different names that may fail from one network: an office shares an address, and so do people behind a carrier. */
  namesOfNetwork: { most: 20, within: 900 },
  /** Once a name has failed from so many networks, the next ones have `free` tries each. */
  networksOfName: { most: 20, within: 3600, free: 1 },
  /** How many names at networks and devices are remembered; the oldest make way. */
  remembered: 20_000,
  /** How many networks with their names, and names with their networks. With the above, some 20 MB at the worst. */
  rememberedGroups: 4_000,
} as const

export interface Attempted {
  /** In its canonical spelling. */
  readonly name: string
  readonly network: string
  /** Of a browser that this name has signed in with before. */
  readonly device?: string
}

interface Failures {
  readonly count: number
  readonly at: number
}

export class Throttle {
  private readonly now: () => number
  private readonly pairs = new Map<string, Failures>()
  private readonly namesOf = new Map<string, Map<string, number>>()
  private readonly networksOf = new Map<string, Map<string, number>>()

  constructor(now: () => number) {
    this.now = now
  }

  /** How long to wait before the next try; 0: none. */
  waitOf(attempted: Attempted): number {
    const { name, network, device } = attempted
    if (device !== undefined && this.waitOfPair(deviceKey(device), BOUNDS.device) === 0) return 0
    return Math.max(this.waitOfNetwork(network, name), this.waitOfPair(pairKey(attempted), this.pairBound(attempted)))
  }

  /** To be called before a password is checked, so that those who try many at once are counted, too. */
  attempted({ name, network, device }: Attempted): void {
    const key = device === undefined ? pairKey({ name, network }) : deviceKey(device)
    const failures = this.pairs.get(key)
    const isOld = failures === undefined || failures.at + BOUNDS.pair.forgottenAfter <= this.now()
    remember(this.pairs, key, { count: isOld ? 1 : failures.count + 1, at: this.now() }, BOUNDS.remembered)
    // A browser that is known says nothing about its network.
    if (device !== undefined) return
    this.note(this.namesOf, network, name, BOUNDS.namesOfNetwork.most)
    this.note(this.networksOf, name, network, BOUNDS.networksOfName.most + 1)
  }

  /** Nothing was tried after all. */
  undo({ name, network, device }: Attempted): void {
    const key = device === undefined ? pairKey({ name, network }) : deviceKey(device)
    const failures = this.pairs.get(key)
    if (failures !== undefined) this.pairs.set(key, { ...failures, count: failures.count - 1 })
  }

  /** It was no failure. */
  succeeded({ name, network, device }: Attempted): void {
    this.pairs.delete(pairKey({ name, network }))
    if (device !== undefined) this.pairs.delete(deviceKey(device))
    this.namesOf.get(network)?.delete(name)
    this.networksOf.get(name)?.delete(network)
  }

  private pairBound({ name, network }: Attempted) {
    const { most, within, free } = BOUNDS.networksOfName
    const networks = this.networksOf.get(name)
    const others = count(networks, this.now() - within) - (networks?.has(network) ? 1 : 0)
    return others >= most ? { ...BOUNDS.pair, free } : BOUNDS.pair
  }

  private waitOfPair(key: string, { free, firstWait, longestWait }: typeof BOUNDS.pair | typeof BOUNDS.device | Bound) {
    const failures = this.pairs.get(key)
    if (failures === undefined || failures.count < free) return 0
    const wait = Math.min(longestWait, firstWait * 2 ** Math.min(failures.count - free, 10))
    return Math.max(0, failures.at + wait - this.now())
  }

  private waitOfNetwork(network: string, name: string): number {
    const { most, within } = BOUNDS.namesOfNetwork
    const names = this.namesOf.get(network)
    if (names === undefined || names.has(name) || count(names, this.now() - within) < most) return 0
    return Math.max(1, Math.min(...names.values()) + within - this.now())
  }

  /** Remembers at most `most` different members of each: more say no more. */
  private note(groups: Map<string, Map<string, number>>, of: string, member: string, most: number): void {
    const members = groups.get(of) ?? new Map<string, number>()
    remember(groups, of, members, BOUNDS.rememberedGroups)
    members.delete(member)
    members.set(member, this.now())
    const [oldest] = members.keys()
    if (members.size > most && oldest !== undefined) members.delete(oldest)
  }
}

interface Bound {
  readonly free: number
  readonly firstWait: number
  readonly longestWait: number
}

const pairKey = ({ name, network }: Attempted): string => `pair ${network} ${name}`
const deviceKey = (device: string): string => `device ${device}`

function count(members: ReadonlyMap<string, number> | undefined, since: number): number {
  return [...(members?.values() ?? [])].filter((at) => at > since).length
}

function remember<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
