import { hash } from 'node:crypto'
import type { Bound } from './bounds.ts'

/** A key of a size of its own, whatever it is made of: what strangers type is not kept. */
export function keyOf(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64url')
}

/** What failed at a key, and what is being tried there. */
export class Failures {
  private readonly kept = new Map<string, { readonly count: number; readonly at: number }>()
  /** No more than requests are under way. */
  private readonly trying = new Map<string, number>()
  private readonly most: number
  private readonly now: () => number

  /** @param most How many keys are remembered; the oldest make way. */
  constructor(most: number, now: () => number) {
    this.most = most
    this.now = now
  }

  /** How long to wait, in seconds; 0: not at all. What is being tried counts as failed. */
  waitAt(key: string, { free, firstWait, longestWait, forgottenAfter }: Bound): number {
    const kept = this.kept.get(key)
    const failed = kept === undefined || kept.at + forgottenAfter <= this.now() ? undefined : kept
    const trying = this.trying.get(key) ?? 0
    const count = (failed?.count ?? 0) + trying
    if (count < free) return 0
    const wait = Math.min(longestWait, firstWait * 2 ** Math.min(count - free, 10))
    const since = trying > 0 ? this.now() : (failed?.at ?? 0)
    return Math.max(0, since + wait - this.now())
  }

  begin(key: string): void {
    this.trying.set(key, (this.trying.get(key) ?? 0) + 1)
  }

  end(key: string): void {
    const left = (this.trying.get(key) ?? 1) - 1
    if (left > 0) this.trying.set(key, left)
    else this.trying.delete(key)
  }

  fail(key: string, { forgottenAfter }: Bound): void {
    const kept = this.kept.get(key)
    const isOld = kept === undefined || kept.at + forgottenAfter <= this.now()
    remember(this.kept, key, { count: isOld ? 1 : kept.count + 1, at: this.now() }, this.most)
  }

  forget(key: string): void {
    this.kept.delete(key)
  }
}

/** Members of groups, and when each was last seen. */
export class Groups {
  private readonly kept = new Map<string, Map<string, number>>()
  private readonly most: number
  private readonly now: () => number

  constructor(most: number, now: () => number) {
    this.most = most
    this.now = now
  }

  /** When the members that were seen of late were seen, without one. */
  seen(group: string, within: number, without: string): readonly number[] {
    const since = this.now() - within
    return [...(this.kept.get(group) ?? [])]
      .filter(([member, at]) => member !== without && at > since)
      .map(([, at]) => at)
  }

  has(group: string, member: string): boolean {
    return this.kept.get(group)?.has(member) ?? false
  }

  /** Remembers at most `most` different members: more say no more. */
  add(group: string, member: string, most: number): void {
    const members = this.kept.get(group) ?? new Map<string, number>()
    remember(this.kept, group, members, this.most)
    remember(members, member, this.now(), most)
  }

  drop(group: string, member: string): void {
    const members = this.kept.get(group)
    members?.delete(member)
    if (members?.size === 0) this.kept.delete(group)
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > most && oldest !== undefined) map.delete(oldest)
}
