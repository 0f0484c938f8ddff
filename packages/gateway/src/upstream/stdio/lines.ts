const NEWLINE = 10
const RETURN = 13
/** A buffer that one long line has blown up is not kept for the short ones. */
const KEPT_BYTES = 1024 * 1024

/**
 * Cuts a byte stream into lines, so that a character split over two chunks is whole again. Holds at most `max` bytes:
 * of a longer line `onExcess` gets the beginning, once, and the rest is skipped. What stands behind the last newline
 * is no line, unless `end` says so.
 */
export class LineCutter {
  readonly #max: number
  readonly #onLine: (line: Buffer) => void
  readonly #onExcess: (beginning: Buffer) => void
  #held = Buffer.alloc(0)
  #length = 0
  #skipping = false

  /** @param onLine Gets the line without its end; the bytes are valid during the call only. */
  constructor(max: number, onLine: (line: Buffer) => void, onExcess: (beginning: Buffer) => void) {
    this.#max = max
    this.#onLine = onLine
    this.#onExcess = onExcess
  }

  push(chunk: Buffer): void {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#endLine(chunk.subarray(from, at))
      from = at + 1
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from))
  }

  /** No more will come: what no newline has ended counts as a line after all. */
  end(): void {
    if (this.#length > 0) this.#endLine(Buffer.alloc(0))
  }

  #endLine(part: Buffer): void {
    if (!this.#skipping && this.#length === 0 && part.length <= this.#max) this.#onLine(withoutReturn(part))
    else this.#endHeld(part)
  }

  #endHeld(part: Buffer): void {
    this.#hold(part)
    const line = this.#held.subarray(0, this.#length)
    const wasSkipped = this.#skipping
    this.#length = 0
    this.#skipping = false
    if (!wasSkipped) this.#onLine(withoutReturn(line))
    if (this.#held.length > KEPT_BYTES) this.#held = Buffer.alloc(0)
  }

  #hold(part: Buffer): void {
    if (this.#skipping) return
    const fitting = part.subarray(0, this.#max - this.#length)
    const needed = this.#length + fitting.length
    if (needed > this.#held.length) {
      // Doubled, so that a line that comes byte by byte is not copied byte by byte.
      const larger = Buffer.alloc(Math.max(needed, Math.min(this.#held.length * 2, this.#max)))
      this.#held.copy(larger, 0, 0, this.#length)
      this.#held = larger
    }
    fitting.copy(this.#held, this.#length)
    this.#length = needed
    if (fitting.length === part.length) return
    this.#skipping = true
    this.#length = 0
    this.#onExcess(this.#held.subarray(0, needed))
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line[line.length - 1] === RETURN ? line.subarray(0, -1) : line
}
