import type { AuditStore } from '@portcullis/auth/store'
import { listSegments } from './segment.ts'

export interface UpkeepOptions {
  readonly directory: string
  readonly store: AuditStore
  /** How long events are kept, in milliseconds. */
  readonly retentionMs: number
  /** How long a call may run before its outcome is given up, in milliseconds. Should it end after all, it counts. */
  readonly giveUpMs: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const PRUNED_AT_ONCE = 200

/**
 * What has to be done with the store now and then: endings that nobody will write, events beyond their retention,
 * offsets of segments that are no more.
 * @returns one round; it returns true when it was cut short and should come again soon.
 */
export function upkeep({ directory, store, retentionMs, giveUpMs, now }: UpkeepOptions): () => Promise<boolean> {
  let missing: ReadonlySet<string> = new Set()

  const forgetSegments = async (): Promise<void> => {
    const known = await store.offsets()
    const present = new Set([...listSegments(directory).values()].flat().map(({ name }) => name))
    const absent = [...known.keys()].filter((name) => !present.has(name))
    // Only at the second time: another gate may be about to take in what it has read of one.
    const forgotten = absent.filter((name) => missing.has(name))
    if (forgotten.length > 0) await store.forget(forgotten)
    missing = new Set(absent)
  }

  return async () => {
    await giveUpGone(directory, store)
    await store.giveUp({ before: now() - giveUpMs })
    await forgetSegments()
    return (await store.prune(now() - retentionMs, PRUNED_AT_ONCE)) === PRUNED_AT_ONCE
  }
}

/** A gate that lives has a segment. Whose last one is gone, will write no more endings. */
export async function giveUpGone(directory: string, store: AuditStore): Promise<void> {
  // In this order: whose events are in the store has had a segment before we look for it.
  const open = await store.openProcesses()
  if (open.length === 0) return
  const present = listSegments(directory)
  for (const process of open) if (!present.has(process)) await store.giveUp({ process })
}
