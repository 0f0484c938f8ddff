import { type Bucket, hasRoom, standing, usedOf } from './bucket.ts'
import type { Limiter, Take, Taken } from './limiter.ts'

/** How much memory counts may take. */
export interface MemoryLimits {
  /** Keys that are counted apart, of all owners. Default 100 000, some 50 MB. */
  readonly keys?: number
  /** Keys of one owner that are counted apart. Default 500. */
  readonly keysOfOwner?: number
}

interface Kept extends Bucket {
  readonly owner: string
  /** When nothing of it is used any more, in seconds since the epoch: then nothing is lost with it. */
  emptyAt: number
}

/** Old keys that each new one looks at, to make room. */
const LOOKED_AT = 4

/**
 * Counts in the memory of this process, for as long as it lives. Bounded, and no key that still counts is ever given up:
 * whoever could have one forgotten by using many others would have its limit back. Instead all further keys of an owner
 * that has too many share one count, and where there are too many of all, those of all owners. A key that was in such a
 * count goes on from there.
 */
export function memoryLimiter({ keys = 100_000, keysOfOwner = 500 }: MemoryLimits = {}): Limiter {
  for (const [name, bound] of Object.entries({ keys, keysOfOwner })) {
    if (!Number.isSafeInteger(bound) || bound < 1) throw new TypeError(`"${name}" must be a whole number from 1`)
  }
  return new MemoryLimiter(keys, keysOfOwner)
}

class MemoryLimiter implements Limiter {
  readonly #kept = new Map<string, Kept>()
  readonly #owners = new Map<string, number>()
  readonly #keys: number
  readonly #keysOfOwner: number
  /** Goes round through what is kept, a few at a time. */
  #round = this.#kept.entries()

  constructor(keys: number, keysOfOwner: number) {
    this.#keys = keys
    this.#keysOfOwner = keysOfOwner
  }

  take(takes: readonly Take[], now: number): readonly Taken[] {
    const names = takes.map((take) => this.#nameOf(take, now))
    const asked = new Map<string, number>()
    for (const [at, { cost }] of takes.entries()) {
      const name = names[at] as string
      asked.set(name, (asked.get(name) ?? 0) + cost)
    }
    const costOf = (at: number) => asked.get(names[at] as string) as number
    const used = takes.map((take, at) => this.#used(names[at] as string, take, now))
    const isAllowed = takes.every((take, at) => hasRoom(used[at] as number, costOf(at), take))
    if (!isAllowed) return takes.map((take, at) => standing(used[at] as number, costOf(at), take))
    return takes.map((take, at) => {
      const total = (used[at] as number) + costOf(at)
      this.#keep(names[at] as string, take, total, now)
      return standing(total, 0, take)
    })
  }

  /** Under which name a key is counted: its own, or that of those for whom there is no room. */
  #nameOf({ rule, owner, key }: Take, now: number): string {
    const own = `${rule} ${key}`
    if (this.#kept.has(own)) return own
    this.#makeRoom(now)
    if ((this.#owners.get(owner) ?? 0) >= this.#keysOfOwner) return furtherOf(rule, owner)
    return this.#kept.size >= this.#keys ? furtherOf(rule, '') : own
  }

  #used(name: string, take: Take, now: number): number {
    const bucket = this.#kept.get(name)
    if (bucket !== undefined) {
      // After a clock was ahead it goes on from what was used, and not only when the clock is there again.
      if (bucket.at > now) note(bucket, take, bucket.used, now)
      return usedOf(bucket, take, now)
    }
    const shared = [furtherOf(take.rule, take.owner), furtherOf(take.rule, '')].map((other) => this.#kept.get(other))
    return Math.max(...shared.map((other) => usedOf(other, take, now)))
  }

  #keep(name: string, take: Take, used: number, now: number): void {
    let bucket = this.#kept.get(name)
    if (bucket === undefined) {
      const { owner } = take
      bucket = { owner, used: 0, at: 0, emptyAt: 0 }
      this.#kept.set(name, bucket)
      this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + 1)
    }
    note(bucket, take, used, now)
  }

  #makeRoom(now: number): void {
    for (let looked = 0; looked < LOOKED_AT; looked++) {
      const next = this.#round.next()
      if (next.done) {
        this.#round = this.#kept.entries()
        return
      }
      const [name, { emptyAt, owner }] = next.value
      if (emptyAt <= now) this.#forget(name, owner)
    }
  }

  #forget(name: string, owner: string): void {
    this.#kept.delete(name)
    const left = (this.#owners.get(owner) ?? 1) - 1
    if (left === 0) this.#owners.delete(owner)
    else this.#owners.set(owner, left)
  }
}

function note(bucket: Kept, { limit, windowSeconds }: Take, used: number, now: number): void {
  bucket.used = used
  bucket.at = now
  bucket.emptyAt = now + (used * windowSeconds) / limit
}

/** A line's end is in no rule's name, so this is no key's. */
function furtherOf(rule: string, owner: string): string {
  return `${rule}\n${owner}`
}
