import type { Call } from '../upstream.ts'

/** Whether the caller says that it takes an event stream for an answer. One that does not gets JSON, which all read. */
export function takesStream({ headers }: Call): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === 'accept' && /text\/event-stream/i.test(headers[index + 1] ?? '')) return true
  }
  return false
}
