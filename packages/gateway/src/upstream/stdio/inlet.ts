import type { Writable } from 'node:stream'

/**
 * A child's stdin. What is said within one turn of the event loop leaves in one write; what a child does not read is
 * held up to a bound, which the last message may exceed.
 */
export class Inlet {
  readonly #stdin: Writable
  readonly #maxBytes: number
  #lines: string[] = []
  #bytes = 0

  /** @param onBroken The child has closed its stdin: it will never hear another word. */
  constructor(stdin: Writable, maxBytes: number, onBroken: () => void) {
    this.#stdin = stdin
    this.#maxBytes = maxBytes
    stdin.on('error', onBroken)
  }

  /** @returns false when too much waits already: nothing was taken. */
  write(line: string): boolean {
    if (this.#bytes + this.#stdin.writableLength >= this.#maxBytes) return false
    if (this.#lines.length === 0) setImmediate(() => this.#flush())
    this.#lines.push(line)
    this.#bytes += Buffer.byteLength(line)
    return true
  }

  end(): void {
    this.#flush()
    this.#stdin.end()
  }

  #flush(): void {
    if (this.#lines.length === 0) return
    const text = this.#lines.join('')
    this.#lines = []
    this.#bytes = 0
    if (!this.#stdin.writableEnded && !this.#stdin.destroyed) this.#stdin.write(Buffer.from(text))
  }
}
