import { join } from 'node:path'
import {
  type AuditEvent,
  type AuditFilter,
  complete,
  type EndingRecord,
  type Outcome,
  processOfId,
  settleLimit,
} from '@portcullis/auth/events'
import type { AuditStore } from '@portcullis/auth/store'
import { type Writers, watchWriters } from './life.ts'
import { newBuffer, readChunk, signOf } from './reading.ts'
import { listSegments } from './segment.ts'

export interface RecordSources {
  readonly directory: string
  readonly store: AuditStore
  readonly writers?: Writers
}

/**
 * The record as it stands: what the store holds and what still waits in the spool, each event once, newest first.
 * A call that runs is `open`; one whose gate is gone is `unknown`.
 *
 * @throws {TypeError} when `limit` is out of bounds.
 */
export async function queryRecord(filter: AuditFilter, sources: RecordSources): Promise<readonly AuditEvent[]> {
  const { directory, store, writers = watchWriters() } = sources
  const limit = settleLimit(filter)
  const matches = store.matcher(filter)
  // The tail first: what is taken in meanwhile is then found twice, not lost.
  const tail = await readTail(filter, directory, store)
  const found = new Map<string, AuditEvent>()
  /** @returns how many of these match as they stand now. */
  const add = (events: Iterable<AuditEvent>): number => {
    // Who lives is asked last: whose event we have found has begun a segment before.
    const judge = judgeBy(directory, writers)
    let count = 0
    for (const event of events) {
      const settled = judge(settle(event, tail))
      if (!matches(settled)) continue
      found.set(settled.id, settled)
      count++
    }
    return count
  }

  add(tail.events.values())
  for (const outcome of storedOutcomes(filter.outcome)) {
    let { after } = filter
    // What the store calls open may have ended, so a page may yield less than it holds.
    for (let count = 0; count < limit; ) {
      const page = await store.query({ ...filter, outcome, limit, after })
      count += add(page)
      after = page.at(-1)?.id
      if (page.length < limit) break
    }
  }
  if (filter.outcome !== undefined && tail.endings.size > 0) add(await store.find([...tail.endings.keys()]))
  return [...found.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit)
}

/** The outcomes in the store of what may turn out to have this one; the tail's endings are looked up apart. */
function storedOutcomes(outcome: Outcome | undefined): readonly (Outcome | undefined)[] {
  return outcome === 'unknown' || outcome === 'open' ? ['open', 'unknown'] : [outcome]
}

interface Tail {
  /** What matches, whatever its outcome. */
  readonly events: ReadonlyMap<string, AuditEvent>
  /** Endings of events that are not in the tail. */
  readonly endings: ReadonlyMap<string, EndingRecord>
}

async function readTail(filter: AuditFilter, directory: string, store: AuditStore): Promise<Tail> {
  const events = new Map<string, AuditEvent>()
  const endings = new Map<string, EndingRecord>()
  const others = new Set<string>()
  const matches = store.matcher({ ...filter, outcome: undefined })
  for await (const record of tailRecords(directory, store)) {
    if (record.type !== 'ending') {
      if (matches(record)) events.set(record.id, record)
      else others.add(record.id)
      continue
    }
    const event = events.get(record.id)
    if (event !== undefined) events.set(record.id, complete(event, record))
    else if (!others.delete(record.id)) endings.set(record.id, record)
  }
  return { events, endings }
}

async function* tailRecords(directory: string, store: AuditStore) {
  const writers = listSegments(directory)
  const offsets = await store.offsets()
  const buffer = newBuffer()
  for (const { name } of [...writers.values()].flat()) {
    let from = offsets.get(name) ?? 0
    for (;;) {
      const chunk = readChunk(join(directory, name), from, Number.POSITIVE_INFINITY, buffer)
      // A segment that is no more, or a line that is not: both are for the store to tell.
      if (chunk === undefined || chunk.to === from) break
      yield* chunk.records
      from = chunk.to
      await new Promise(setImmediate)
    }
  }
}

/** The event as the tail and the store together tell it. */
function settle(event: AuditEvent, { events, endings }: Tail): AuditEvent {
  const isStoredOpen = event.type === 'request' && (event.outcome === 'open' || event.outcome === 'unknown')
  if (!isStoredOpen) return event
  const ending = endings.get(event.id)
  return ending === undefined ? (events.get(event.id) ?? event) : complete(event, ending)
}

function judgeBy(directory: string, writers: Writers): (event: AuditEvent) => AuditEvent {
  const living = new Set<string>()
  for (const [process, own] of listSegments(directory)) {
    const last = own.at(-1)
    const seen = last && signOf(directory, last.name)
    if (seen !== undefined && last !== undefined && !writers.isGone(last, seen.sign)) living.add(process)
  }
  return (event) =>
    event.type === 'request' && event.outcome === 'open' && !living.has(processOfId(event.id))
      ? complete(event, { type: 'ending', id: event.id, outcome: 'unknown' })
      : event
}
