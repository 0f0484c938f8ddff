import { ClientRefused } from '../engine/index.ts'
import type { Fetched, FetchFault, FetchRefused } from '../outbound/index.ts'

const JSON_TYPE = /^application\/(json|[a-z0-9!#$&^_.-]+\+json)$/

/** Faults that would tell a stranger what the issuer's own network knows, by its name servers or by what answers there. */
const UNSAID: readonly FetchFault[] = ['address', 'unreachable', 'slow']

/** One text for all of them, and one status: each might pass. */
export function refusalFor(error: FetchRefused): ClientRefused {
  const isUnsaid = UNSAID.includes(error.fault)
  const said = isUnsaid ? 'there was no answer' : error.message
  return new ClientRefused(`The client's document could not be fetched: ${said}.`, isUnsaid, error)
}

/** Only a 200 with JSON counts; a redirect is no document (draft -01 §4, requirements AS-29). */
export function faultOfAnswer({ status, headers }: Fetched): string | undefined {
  if (status !== 200) return `its server answered ${status}`
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!JSON_TYPE.test(type)) return 'it is not of the type application/json'
  const coding = headers['content-encoding'] ?? 'identity'
  return coding === 'identity' ? undefined : 'it is compressed, which was not asked for'
}

/** What servers say when they are out of order, or too busy to answer. */
export function isPassing({ status }: Fetched): boolean {
  return status >= 500 || status === 429 || status === 408
}

export function busy(seconds: number): ClientRefused {
  return new ClientRefused(`The client's document was asked for too often. Try again in ${seconds} seconds.`, true)
}
