import type { Answer } from '../upstream.ts'
import { EventStream } from './event-stream.ts'
import type { Settings } from './options.ts'

const MAX_MESSAGES = 100
const MAX_CHARACTERS = 8 * 1024 * 1024

interface Waiting {
  readonly text: string
  readonly onLost: () => void
}

/**
 * What a session's server says outside of any request: to the GET stream, one at a time. While none is open, or its
 * reader is slow, messages wait, a bounded number of them; beyond it the oldest are lost.
 */
export class Standing {
  readonly #settings: Pick<Settings, 'name' | 'keepAliveMs' | 'log'>
  readonly #onClosed: () => void
  #stream: EventStream | undefined
  #waiting: Waiting[] = []
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

  /** @param onLost Called when nobody will ever read it, while the session goes on. */
  tell(text: string, onLost: () => void): void {
    if (this.#stream !== undefined && !this.#stream.isFull) this.#stream.event(text)
    else this.#queue({ text, onLost })
  }

  end(): void {
    this.#stream?.end()
    this.#closed(this.#stream)
  }

  #queue(message: Waiting): void {
    this.#waiting.push(message)
    this.#characters += message.text.length
    while (this.#waiting.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS) {
      this.#shift()?.onLost()
      if (this.#lost++ === 0) this.#report('messages are lost: nobody reads the stream of a session')
    }
  }

  #flush(): void {
    while (this.#stream !== undefined && !this.#stream.isFull) {
      const next = this.#shift()
      if (next === undefined) break
      this.#stream.event(next.text)
    }
    if (this.#lost > 0) this.#report('messages of a session were lost')
    this.#lost = 0
  }

  #shift(): Waiting | undefined {
    const next = this.#waiting.shift()
    this.#characters -= next?.text.length ?? 0
    return next
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
