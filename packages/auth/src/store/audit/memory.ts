import { type AuditEvent, complete, firstIdAt, joinBatch, processOfId, settleLimit } from '../../events/index.ts'
import { matcher } from './calls.ts'
import type { AuditStore } from './port.ts'

/** Events in memory: for tests, and for a gate whose record need not outlive it. */
export function memoryAudit(): AuditStore {
  const events = new Map<string, AuditEvent>()
  const offsets = new Map<string, number>()

  return {
    ingest(batch, { segment, from, to }) {
      if ((offsets.get(segment) ?? 0) !== from) return false
      const joined = joinBatch(batch)
      for (const event of joined.events) if (!events.has(event.id)) events.set(event.id, event)
      for (const ending of joined.endings) {
        const event = events.get(ending.id)
        if (event !== undefined) events.set(ending.id, complete(event, ending))
      }
      offsets.set(segment, to)
      return true
    },
    offsets: () => new Map(offsets),
    sync() {},
    query(filter) {
      const limit = settleLimit(filter)
      const found = [...events.values()].filter(matcher(filter))
      return found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit)
    },
    matcher,
    find: (ids) => ids.map((id) => events.get(id)).filter((event) => event !== undefined),
    openProcesses() {
      const processes = new Set<string>()
      for (const event of events.values()) if (isOpen(event)) processes.add(processOfId(event.id))
      return [...processes]
    },
    giveUp(which) {
      let count = 0
      for (const event of events.values()) {
        if (!isOpen(event)) continue
        const meant = 'process' in which ? processOfId(event.id) === which.process : event.id < firstIdAt(which.before)
        if (!meant) continue
        events.set(event.id, complete(event, { type: 'ending', id: event.id, outcome: 'unknown' }))
        count++
      }
      return count
    },
    prune(before, limit = 1000) {
      const bound = firstIdAt(before)
      const old = [...events.keys()].filter((id) => id < bound).sort()
      for (const id of old.slice(0, limit)) events.delete(id)
      return Math.min(old.length, limit)
    },
    forget(segments) {
      for (const segment of segments) offsets.delete(segment)
    },
  }
}

function isOpen(event: AuditEvent): boolean {
  return event.type === 'request' && event.outcome === 'open'
}
