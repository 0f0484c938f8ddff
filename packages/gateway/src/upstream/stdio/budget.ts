import type { EndReason } from './end-reason.ts'

/** A running child, as the budget sees it. */
export interface Occupant {
  /** Since when (milliseconds of its server's clock) nobody needs it; undefined while somebody does. */
  idleSince(): number | undefined
  /** Ends it; resolves when its processes are gone. May be called again: the first reason counts. */
  end(reason: EndReason): Promise<void>
}

/** Room for one child. */
export class Place {
  readonly owner: string
  /** Resolves when the child that had to go for this one is gone. */
  readonly cleared: Promise<void>
  occupant: Occupant | undefined
  readonly #places: Set<Place>

  constructor(owner: string, cleared: Promise<void>, places: Set<Place>) {
    this.owner = owner
    this.cleared = cleared
    this.#places = places
    places.add(this)
  }

  /** For a child that is gone, or never came. */
  release(): void {
    this.#places.delete(this)
  }
}

/**
 * How many children a gate may have, over all of its stdio servers. The roof makes one and hands it to each.
 *
 * Where there is no room, the child that has been idle for longest makes way; one that is busy never does. Its
 * successor starts when it is gone, so there are never more processes than places.
 */
export class ChildBudget {
  readonly #maxTotal: number
  readonly #places = new Set<Place>()

  constructor(maxTotal = 16) {
    if (!(Number.isInteger(maxTotal) && maxTotal > 0)) throw new TypeError('"maxTotal" must be a positive integer')
    this.#maxTotal = maxTotal
  }

  /** @returns undefined when all children of the owner, or all of the gate, are busy. */
  claim(owner: string, maxPerOwner: number): Place | undefined {
    const own = [...this.#places].filter((place) => place.owner === owner)
    if (own.length >= maxPerOwner) return this.#replace(own, owner)
    if (this.#places.size >= this.#maxTotal) return this.#replace([...this.#places], owner)
    return new Place(owner, Promise.resolve(), this.#places)
  }

  #replace(candidates: readonly Place[], owner: string): Place | undefined {
    let oldest: Place | undefined
    let since = Number.POSITIVE_INFINITY
    for (const place of candidates) {
      const idleSince = place.occupant?.idleSince()
      if (idleSince === undefined || idleSince >= since) continue
      oldest = place
      since = idleSince
    }
    if (oldest?.occupant === undefined) return undefined
    oldest.release()
    return new Place(owner, oldest.occupant.end('evicted'), this.#places)
  }
}
