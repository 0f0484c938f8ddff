/** So many may fail before there is a wait, which doubles with each one after, up to the longest. All times in seconds. */
export interface Bound {
  readonly free: number
  readonly firstWait: number
  readonly longestWait: number
  /** How long after the last failure they count for nothing any more. */
  readonly forgottenAfter: number
}

/**
 * How often somebody may try. Counts what is typed, whether or not an account has that name, so that it tells nobody
 * anything. Nothing here can shut the owner of an account out: a browser that the owner has used before is held to
 * nothing but the failures of such browsers.
 *
 * Kept in memory, for each process its own; a restart forgets it.
 */
export const BOUNDS = {
  /** One name from one network. */
  pair: { free: 5, firstWait: 30, longestWait: 900, forgottenAfter: 3600 },
  /**
   * A caller is in several networks: IPv4 /24; IPv6 /64, /56 and /48, of which a single customer may have any. So many
   * times the bounds hold for each, from the smallest to the largest.
   */
  widths: [1, 2, 4],
  /** A browser that its owner has signed in with before. */
  device: { free: 10, firstWait: 30, longestWait: 900, forgottenAfter: 3600 },
  /** All browsers of one name together: who has signed in often may have kept many, and not know the password any more. */
  devices: { free: 50, firstWait: 30, longestWait: 900, forgottenAfter: 3600 },
  /**
   * One name from everywhere, without browsers that are known: after these, one try in half a minute, some 3000 a day
   * (NIST SP 800-63B asks for an end after 100).
   */
  name: { free: 100, firstWait: 30, longestWait: 30, forgottenAfter: 3600 },
  /** Different names that may fail from one network: an office shares an address, and so do people behind a carrier. */
  namesOfNetwork: { most: 20, within: 900 },
  /** Once a name has failed from so many networks, the next ones have `free` tries each. */
  networksOfName: { most: 20, within: 3600, free: 1 },
  /** How many names, with their networks or alone, and devices are remembered; the oldest make way. */
  remembered: 40_000,
  /** How many networks with their names, and names with their networks. With the above, some 40 MB at the worst. */
  rememberedGroups: 3_000,
} as const satisfies Record<string, unknown>

/** How many times the bounds of the smallest network those of a larger one are. @param step 0: the smallest. */
export function widthOf(step: number): number {
  return BOUNDS.widths[Math.min(step, BOUNDS.widths.length - 1)] as number
}
