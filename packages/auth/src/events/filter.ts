import type { AuditEvent, Decision, Outcome } from './event.ts'
import { firstIdAt } from './id.ts'

/**
 * What is given must match exactly, a long word as far as it was recorded; what is absent does not matter. A batch is
 * one event: stores find it by `method` and `name` of each of its requests, alone or together, and by the method
 * `batch`. Counted refusals are found by `server` and `credentialId` of their samples, too.
 */
export interface AuditFilter {
  /** Milliseconds since the epoch: at or after. */
  readonly since?: number | undefined
  /** Milliseconds since the epoch: before. */
  readonly until?: number | undefined
  readonly server?: string | undefined
  readonly tenant?: string | undefined
  readonly clientId?: string | undefined
  readonly credentialId?: string | undefined
  readonly method?: string | undefined
  readonly name?: string | undefined
  readonly decision?: Decision | undefined
  readonly outcome?: Outcome | undefined
  /** `request`, `refusals` or an operation such as `key.revoked`. */
  readonly type?: AuditEvent['type'] | undefined
  /** 1 to 10 000; default 100. */
  readonly limit?: number | undefined
  /** Continue behind this id: with what is older. */
  readonly after?: string | undefined
}

const MAX_LIMIT = 10_000

/** So much of a word is recorded, in UTF-16 units. */
export const MAX_WORD = 256

/** How a word may stand in the record: as it is (so the names of a batch), or cut. */
export function spellingsOf(word: string): readonly [string, ...string[]] {
  return word.length > MAX_WORD ? [word, word.slice(0, MAX_WORD)] : [word]
}

/** @throws {TypeError} */
export function settleLimit({ limit = 100 }: AuditFilter): number {
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT)) {
    throw new TypeError(`"limit" must be a whole number from 1 to ${MAX_LIMIT}`)
  }
  return limit
}

/** What an event is found by. An event lacks what its kind does not have. */
export interface Marks {
  readonly server: string | undefined
  readonly tenant: string | undefined
  readonly clientId: string | undefined
  readonly credentialId: string | undefined
  readonly method: string | undefined
  readonly name: string | undefined
  readonly decision: string | undefined
  readonly outcome: string | undefined
}

export function marksOf(event: AuditEvent): Marks {
  switch (event.type) {
    case 'request': {
      const { server, tenant, principal, method, name, decision, outcome } = event
      const { clientId, credentialId } = principal ?? NOBODY
      return { server, tenant, clientId, credentialId, method, name, decision, outcome }
    }
    case 'refusals':
      return { ...NOTHING, server: event.server }
    default: {
      const { server, tenant, clientId, credentialId, grantId } = event
      return { ...NOTHING, server, tenant, clientId, credentialId: credentialId ?? grantId }
    }
  }
}

const NOBODY = { clientId: undefined, credentialId: undefined }
const NOTHING: Marks = {
  server: undefined,
  tenant: undefined,
  ...NOBODY,
  method: undefined,
  name: undefined,
  decision: undefined,
  outcome: undefined,
}

/** Whether the filter lets this event through; `limit` is not looked at. Time is the id's: both are made from `at`. */
export function matches(event: AuditEvent, filter: AuditFilter): boolean {
  const { since, until, after, type } = filter
  if (since !== undefined && event.id < firstIdAt(since)) return false
  if (until !== undefined && event.id >= firstIdAt(until)) return false
  if (after !== undefined && event.id >= after) return false
  if (type !== undefined && event.type !== type) return false
  const marks = marksOf(event)
  for (const mark in marks) {
    const wanted = filter[mark as keyof Marks]
    if (wanted === undefined) continue
    const found = [marks[mark as keyof Marks], ...sampled(event, mark)]
    const spellings = spellingsOf(wanted)
    if (!found.some((word) => word !== undefined && spellings.includes(word))) return false
  }
  return true
}

/** What counted refusals say of some of those they count: they are found by that, too. */
export const SAMPLED = ['server', 'credentialId'] as const

function sampled(event: AuditEvent, mark: string): readonly (string | undefined)[] {
  const known = event.type === 'refusals' ? SAMPLED.find((each) => each === mark) : undefined
  return known === undefined || event.type !== 'refusals' ? [] : event.samples.map((sample) => sample[known])
}
