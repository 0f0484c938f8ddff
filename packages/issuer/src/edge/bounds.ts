import { errorReply, type Reply } from '@portcullis/auth/http'
import { faultPage } from './pages.ts'

/**
 * How much a request may say. The engine's framework reads a query in time that grows with the square of its parameters:
 * 30 000 of them, which fit into 60 kB, hold a process up for half a minute. So they are counted before they are read.
 */
export const MAX_QUERY = 8192
export const MAX_PARAMETERS = 50
/** In the forms of our pages, which have a box for each scope and are read by nobody but us. */
export const MAX_FIELDS = 1000

/** Whether a query or form that was not read yet holds more parameters than that. */
export function hasMoreThan(limit: number, encoded: string): boolean {
  let count = 1
  for (let at = encoded.indexOf('&'); at !== -1; at = encoded.indexOf('&', at + 1)) {
    count += 1
    if (count > limit) return true
  }
  return false
}

export function isQueryTooMuch(search: string): boolean {
  return search.length > MAX_QUERY || hasMoreThan(MAX_PARAMETERS, search)
}

const TOO_MUCH = errorReply(400, 'invalid_request', 'The request has too many parameters, or too long ones.')

export function refuseTooMuch(isForPeople: boolean): Reply {
  return isForPeople ? faultPage(TOO_MUCH) : TOO_MUCH
}
