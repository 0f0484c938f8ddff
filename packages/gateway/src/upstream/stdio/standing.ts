import type { Answer } from '../upstream.ts'
import { EventStream } from './event-stream.ts'
import type { Settings } from './options.ts'

const MAX_MESSAGES = 100
const MAX_CHARACTERS = 8 * 1024 * 1024

/**
 * What a session's server says outside of any request: to the GET stream, one at a time. While none is open, or its
 * reader is slow, messages wait, a bounded number of them; beyond it the oldest are lost.
 */
export class Standing {
  readonly #settings: Pick<Settings, 'name' | 'keepAliveMs' | 'log'>
  readonly #onClosed: () => void
  #stream: EventStream | undefined
  #waiting: string[] = []
  #characters = 0
  #lost = 0

  constructor(settings: Pick<Settings, 'name' | 'keepAliveMs' | 'log'>, onClosed: () => void) {
    this.#settings = settings
    this.#onClosed = onClosed
  }

  get isOpen(): boolean {
    return this.#stream !== undefined
  }

  /** Only while no other is open. */
  open(answer: Answer): void {
    const stream = new EventStream(answer, [], this.#settings.keepAliveMs, () => this.#flush())
    this.#stream = stream
    answer.onLeave(() => this.#closed(stream))
    this.#flush()
  }

  tell(text: string): void {
    if (this.#stream !== undefined && !this.#stream.isFull) this.#stream.event(text)
    else this.#queue(text)
  }

  end(): void {
    this.#stream?.end()
    this.#closed(this.#stream)
  }

  #queue(text: string): void {
    this.#waiting.push(text)
    this.#characters += text.length
    while (this.#waiting.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#waiting.shift()?.length ?? 0
      if (this.#lost++ === 0) this.#report('messages are lost: nobody reads the stream of a session')
    }
  }

  #flush(): void {
    while (this.#stream !== undefined && !this.#stream.isFull) {
      const text = this.#waiting.shift()
      if (text === undefined) break
      this.#characters -= text.length
      this.#stream.event(text)
    }
    if (this.#lost > 0) this.#report('messages of a session were lost')
    this.#lost = 0
  }

  #report(message: string): void {
    this.#settings.log('warn', message, { server: this.#settings.name, lost: this.#lost })
  }

  #closed(stream: EventStream | undefined): void {
    if (stream === undefined || stream !== this.#stream) return
    stream.stop()
    this.#stream = undefined
    this.#onClosed()
  }
}
