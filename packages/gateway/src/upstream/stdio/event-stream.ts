import type { Answer, UpstreamFailure } from '../upstream.ts'

const HEADERS = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
]
const KEEP_ALIVE = Buffer.from(': keep-alive\n\n')

/**
 * An answer as a stream of server-sent events, kept open by comments. Events carry no ids: nothing is stored, so
 * nothing can be replayed to a `Last-Event-ID`.
 */
export class EventStream {
  readonly #answer: Answer
  readonly #keepAlive: NodeJS.Timeout
  #isFull = false

  /** @param onDrained The caller has read what `isFull` was about. */
  constructor(answer: Answer, headers: readonly string[], keepAliveMs: number, onDrained: () => void) {
    this.#answer = answer
    answer.onDrain(() => {
      this.#isFull = false
      onDrained()
    })
    answer.start(200, [...HEADERS, ...headers])
    this.#keepAlive = setInterval(() => this.comment(), keepAliveMs).unref()
  }

  /** The caller reads slower than events come. */
  get isFull(): boolean {
    return this.#isFull
  }

  event(text: string): void {
    this.#write(bytesOf(text))
  }

  comment(): void {
    if (!this.#isFull) this.#write(KEEP_ALIVE)
  }

  end(): void {
    this.stop()
    this.#answer.end()
  }

  /** Ends in good order all the same, with an event that says so. */
  fail(failure: UpstreamFailure, text: string): void {
    this.stop()
    this.#answer.fail(failure, bytesOf(text))
  }

  /** Without an end: the caller has left, or the answer has failed. */
  stop(): void {
    clearInterval(this.#keepAlive)
  }

  #write(bytes: Uint8Array): void {
    if (!this.#answer.write(bytes)) this.#isFull = true
  }
}

function bytesOf(text: string): Uint8Array {
  // A bare return between two tokens is legal JSON, and would end the event's line.
  const data = text.includes('\r') ? text.replaceAll('\r', ' ') : text
  return Buffer.from(`event: message\ndata: ${data}\n\n`)
}
