import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditStore } from '@portcullis/auth/store'
import type { Writers } from './life.ts'
import type { RecordLog } from './log.ts'
import { newBuffer, readChunk, signOf } from './reading.ts'
import { listSegments, type Segment } from './segment.ts'

export interface Intake {
  /**
   * Takes one batch of at most `maxLines` from the spool into the store, and lets go of segments that are through.
   * @returns whether there may be more.
   */
  step(maxLines: number): Promise<boolean>
  /** Bytes that wait in the spool. */
  backlog(): Promise<number>
  /** Lines that were skipped because they were damaged or none of ours. */
  readonly broken: number
}

/**
 * The way from the spool into the store. Keeps nothing between two steps but a place in the queue of writers: how
 * far each segment has been taken in stands in the store, so any number of gates may do this at once, and die.
 *
 * A writer's segments are taken in one after the other, so that no ending overtakes its intent.
 */
export function openIntake(options: {
  readonly directory: string
  readonly store: AuditStore
  readonly writers: Writers
  readonly log: RecordLog
}): Intake {
  const { directory, store, writers, log } = options
  const buffer = newBuffer()
  let turn = 0
  let broken = 0

  const takeFrom = async (
    own: readonly Segment[],
    offsets: ReadonlyMap<string, number>,
    maxLines: number,
  ): Promise<boolean> => {
    for (const [index, segment] of own.entries()) {
      const seen = signOf(directory, segment.name)
      if (seen === undefined) continue
      // Asked before reading: what a writer wrote before it went is read below.
      const isFinal = index < own.length - 1 || writers.isGone(segment, seen.sign)
      const from = offsets.get(segment.name) ?? 0
      if (!isFinal && seen.size <= from) return false
      const chunk = readChunk(join(directory, segment.name), from, maxLines, buffer)
      if (chunk === undefined) continue
      if (chunk.to > from) {
        const { records, to } = chunk
        const isOurs = await store.ingest(records, { segment: segment.name, from, to })
        if (isOurs && chunk.broken > 0) report(segment, from, chunk.broken)
        return true
      }
      if (!isFinal) return false
      await letGo(segment, seen.size - from)
    }
    return false
  }

  const report = (segment: Segment, from: number, count: number): void => {
    broken += count
    log.error({ segment: segment.name, from, lines: count }, 'damaged lines of the record were skipped')
  }

  const letGo = async (segment: Segment, torn: number): Promise<void> => {
    if (torn > 0) log.warn({ segment: segment.name, bytes: torn }, 'the last line was torn when its gate died')
    await store.sync()
    try {
      unlinkSync(join(directory, segment.name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }

  return {
    get broken() {
      return broken
    },
    async step(maxLines) {
      const all = [...listSegments(directory).values()]
      const offsets = await store.offsets()
      // Each writer comes first in its turn, so that a busy one does not hold up the others.
      turn++
      for (let index = 0; index < all.length; index++) {
        const own = all[(index + turn) % all.length] as readonly Segment[]
        if (await takeFrom(own, offsets, maxLines)) return true
      }
      return false
    },
    async backlog() {
      const offsets = await store.offsets()
      let bytes = 0
      for (const own of listSegments(directory).values()) {
        for (const { name } of own) bytes += (signOf(directory, name)?.size ?? 0) - (offsets.get(name) ?? 0)
      }
      return Math.max(bytes, 0)
    },
  }
}
