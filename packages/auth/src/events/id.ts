/**
 * Event ids: nine digits of time (milliseconds, base 36), six of the process, four of a counter. Sorted as text they
 * stand in order of time; the process part keeps those of several gates apart and leads from an event to its writer.
 */
const TIME = 9
const PROCESS = 6
const COUNTER = 4
const COUNTS = 36 ** COUNTER

export const EVENT_ID = /^[0-9a-z]{19}$/
export const PROCESS_PART = /^[0-9a-z]{6}$/

/**
 * @param process Six random characters of 0-9a-z, drawn once per process.
 * @returns A maker of ids for events of the moment `at` (milliseconds since the epoch).
 */
export function eventIds(process: string): (at: number) => string {
  if (!PROCESS_PART.test(process)) throw new TypeError('"process" must be six characters of 0-9a-z')
  let count = 0
  let last = -1
  let prefix = ''
  return (at) => {
    if (at !== last) {
      prefix = firstIdAt(at) + process
      last = at
    }
    // Runs on over milliseconds, so a clock that is set back makes no id twice.
    count = (count + 1) % COUNTS
    const digits = count.toString(36)
    return prefix + '0000'.slice(digits.length) + digits
  }
}

/** The time part alone: sorts before every id of that millisecond, behind all earlier ones. */
export function firstIdAt(at: number): string {
  const digits = Math.min(Math.max(Math.floor(at), 0), 36 ** TIME - 1).toString(36)
  return digits.padStart(TIME, '0')
}

/** Milliseconds since the epoch. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, TIME), 36)
}

export function processOfId(id: string): string {
  return id.slice(TIME, TIME + PROCESS)
}
