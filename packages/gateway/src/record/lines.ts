import {
  type AuditEvent,
  type AuditRecord,
  cutWord,
  DECISIONS,
  type Ending,
  EVENT_ID,
  type Intent,
  OUTCOMES,
  type RequestEvent,
} from '@portcullis/auth/events'
import { isObject } from '@portcullis/auth/protocol'
import { tame } from '../text/index.ts'
import { quote } from './words.ts'

/** The names of a batch, each cut where they are put together: none of fifty may push another off the line. */
const MAX_NAMES = 8192

/** Built by hand, member by member: on the way of every call. */
export function intentLine(intent: Intent): string {
  return `${front(intent)}}`
}

export function endingLine(id: string, { outcome, status, durationMs, reason }: Ending): string {
  return `{"type":"ending","id":"${id}","outcome":"${outcome}"${tail(status, durationMs)}${reason === undefined ? '' : `,"reason":${quote(reason)}`}}`
}

/** One line for one finished event. */
export function eventLine(event: AuditEvent): string {
  if (event.type === 'request') {
    return `${front(event)},"outcome":"${event.outcome}"${tail(event.status, event.durationMs)}}`
  }
  return tame(JSON.stringify(event, (_, value) => (typeof value === 'string' ? cutWord(value) : value)))
}

function front(event: Intent | RequestEvent): string {
  const { principal } = event
  return (
    `{"type":"request","id":"${event.id}","at":${event.at},"server":${quote(event.server)}` +
    (event.tenant === undefined ? '' : `,"tenant":${quote(event.tenant)}`) +
    (principal === undefined
      ? ''
      : `,"principal":{"kind":${quote(principal.kind)},"subject":${quote(principal.subject)}` +
        `,"clientId":${quote(principal.clientId)},"credentialId":${quote(principal.credentialId)}}`) +
    `,"peer":${quote(event.peer)},"verb":"${event.verb}"` +
    (event.era === undefined ? '' : `,"era":"${event.era}"`) +
    (event.method === undefined ? '' : `,"method":${quote(event.method)}`) +
    (event.name === undefined ? '' : `,"name":${quote(event.name, event.method === 'batch' ? MAX_NAMES : undefined)}`) +
    (event.session === undefined ? '' : `,"session":${quote(event.session)}`) +
    `,"decision":"${event.decision}"` +
    (event.reason === undefined ? '' : `,"reason":${quote(event.reason)}`)
  )
}

function tail(status: number | undefined, durationMs: number | undefined): string {
  const took = durationMs === undefined ? '' : `,"durationMs":${toHundredths(durationMs)}`
  return status === undefined ? took : `,"status":${status}${took}`
}

/** By whole numbers, which are spelled sooner than a broken one. */
function toHundredths(ms: number): string {
  // What is no time is none: a line that is no JSON would be lost.
  const all = ms > 0 && ms < 1e12 ? Math.round(ms * 100) : 0
  const rest = all % 100
  return `${(all - rest) / 100}.${rest < 10 ? '0' : ''}${rest}`
}

/** Operations by their form, not by our list: a gate of a later version may write into the same directory. */
const OPERATION = /^[a-z_]+\.[a-z_]+$/

/** A line of the spool; undefined when it is none of ours or was damaged. An intent is an event that is `open`. */
export function readLine(line: string): AuditRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (!isObject(value) || !isText(value.id) || !EVENT_ID.test(value.id)) return undefined
  switch (value.type) {
    case 'ending':
      return isOneOf(OUTCOMES, value.outcome) && isMaybeText(value.reason)
        ? (value as unknown as AuditRecord)
        : undefined
    case 'request':
      return readRequest(value)
    case 'refusals':
      return typeof value.at === 'number' && isMaybeText(value.server) && hasSamples(value)
        ? (value as unknown as AuditRecord)
        : undefined
    default: {
      const isKnown = isText(value.type) && OPERATION.test(value.type) && typeof value.at === 'number'
      const marks = [value.server, value.tenant, value.clientId, value.credentialId]
      return isKnown && marks.every(isMaybeText) ? (value as unknown as AuditRecord) : undefined
    }
  }
}

function readRequest(value: Record<string, unknown>): AuditRecord | undefined {
  const { principal, outcome = 'open' } = value
  if (typeof value.at !== 'number' || !isText(value.server)) return undefined
  if (!isOneOf(DECISIONS, value.decision) || !isOneOf(OUTCOMES, outcome)) return undefined
  if (![value.tenant, value.method, value.name].every(isMaybeText)) return undefined
  if (
    principal !== undefined &&
    !(isObject(principal) && isText(principal.clientId) && isText(principal.credentialId))
  ) {
    return undefined
  }
  return { ...value, outcome } as unknown as AuditRecord
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isMaybeText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value)
}

/** What a query looks into. */
function hasSamples({ samples }: Record<string, unknown>): boolean {
  return Array.isArray(samples) && samples.every(isObject)
}
