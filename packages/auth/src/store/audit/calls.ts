import { type AuditEvent, type AuditFilter, matches } from '../../events/index.ts'

/**
 * A batch is one event, whose `name` holds what each of its requests asks for: `tools/list, tools/call echo`. It is found
 * by each of them. Names are the caller's words and may hold `, ` themselves; such a batch may be found by a part of
 * one, too: rather an event too many than a call that hides among others.
 */
const BATCH = 'batch'
/** In UTF-16 units: so much of each was recorded. A longer one is found by its beginning. */
const MAX_CALL = 150

/** Methods that name something, of the eras that have batches. */
const NAMING = [
  'tools/call',
  'prompts/get',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/get',
  'tasks/result',
  'tasks/cancel',
]

/**
 * One of these is in the name of a batch, with `, ` put before and behind it, if one of its requests has the method and
 * the name that the filter asks for. Empty where that is nothing to find a batch by.
 */
export function callsSought({ method, name }: AuditFilter): readonly string[] {
  const isAny = method === undefined || method === BATCH
  const sought = (call: string, end = ', '): string => `, ${call.slice(0, MAX_CALL)}${end}`
  if (name === undefined) return isAny ? [] : [sought(method), sought(method, ' ')]
  return NAMING.filter((each) => isAny || each === method).map((each) => sought(`${each} ${name}`))
}

/** The question that a filter asks of each event; `limit` is not looked at. */
export function matcher(filter: AuditFilter): (event: AuditEvent) => boolean {
  const sought = callsSought(filter)
  const others = { ...filter, method: undefined, name: undefined }
  return (event) => {
    if (matches(event, filter)) return true
    if (sought.length === 0 || event.type !== 'request' || event.method !== BATCH) return false
    const calls = `, ${event.name}, `
    return sought.some((call) => calls.includes(call)) && matches(event, others)
  }
}
