import type { AuditEvent, AuditRecord, EndingRecord } from './event.ts'

/** The event with its ending, or as it is when it has one already: whoever comes late does not rewrite the record. */
export function complete(event: AuditEvent, ending: EndingRecord): AuditEvent {
  if (event.type !== 'request' || (event.outcome !== 'open' && event.outcome !== 'unknown')) return event
  const { outcome, status, durationMs, reason } = ending
  return {
    ...event,
    outcome,
    ...(reason === undefined ? undefined : { reason }),
    ...(status === undefined ? undefined : { status }),
    ...(durationMs === undefined ? undefined : { durationMs }),
  }
}

/** Brings endings to those of their events that are in the same batch; the others are left over. */
export function joinBatch(batch: readonly AuditRecord[]): {
  readonly events: Iterable<AuditEvent>
  readonly endings: readonly EndingRecord[]
} {
  const events = new Map<string, AuditEvent>()
  const endings: EndingRecord[] = []
  for (const record of batch) {
    if (record.type !== 'ending') {
      if (!events.has(record.id)) events.set(record.id, record)
      continue
    }
    const event = events.get(record.id)
    if (event === undefined) endings.push(record)
    else events.set(record.id, complete(event, record))
  }
  return { events: events.values(), endings }
}
