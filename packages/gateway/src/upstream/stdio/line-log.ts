import { tame } from '../../text/index.ts'
import type { Log } from './options.ts'

const MAX_CHARACTERS = 4096
const WINDOW_MS = 1000

/**
 * Puts text that a child wrote into the gate's log: each line bounded, at most so many per second, and no character
 * in it that could steer a terminal or fake another line.
 */
export class LineLog {
  readonly #write: (text: string) => void
  readonly #suppressed: (count: number) => void
  readonly #now: () => number
  readonly #perSecond: number
  #windowStart = Number.NEGATIVE_INFINITY
  #written = 0
  #dropped = 0

  constructor(
    log: Log,
    level: 'info' | 'warn',
    message: string,
    fields: Readonly<Record<string, unknown>>,
    now: () => number,
    perSecond = 100,
  ) {
    this.#write = (text) => log(level, message, { ...fields, text })
    this.#suppressed = (lines) => log('warn', `${message}: too many lines, some were dropped`, { ...fields, lines })
    this.#now = now
    this.#perSecond = perSecond
  }

  line(bytes: Buffer): void {
    const now = this.#now()
    if (now - this.#windowStart >= WINDOW_MS) {
      this.flush()
      this.#windowStart = now
      this.#written = 0
    }
    if (this.#written >= this.#perSecond) {
      this.#dropped++
      return
    }
    this.#written++
    this.#write(tame(bytes.subarray(0, MAX_CHARACTERS).toString('utf8')))
  }

  /** Says how many lines were dropped, if any. */
  flush(): void {
    if (this.#dropped > 0) this.#suppressed(this.#dropped)
    this.#dropped = 0
  }
}
