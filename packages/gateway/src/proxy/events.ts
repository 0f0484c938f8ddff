import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** What comes out of an event stream while its bytes go through. */
export interface EventListener {
  onEvent(event: EventSourceMessage): void
  /** `: comment` and `retry: n` lines, ready to be sent on. */
  onLine(line: string): void
  /** An event that is too large or cannot be read, or bytes that are not UTF-8. Nothing is read afterwards. */
  onFault(detail: string): void
}

/** What an event may be spelled in beyond its data: names of fields, line ends, comments between two events. */
const SLACK = 1024 * 1024

/** Reads an event stream (WHATWG HTML §9.2) chunk by chunk, holding at most one unfinished event. */
export class EventReader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private readonly parser
  private readonly listener: EventListener
  private readonly maxCharacters: number
  /** Characters since the last event. What the parser holds of them takes more room in many lines than in one. */
  private unfinished = 0
  private isBroken = false

  /** @param maxCharacters How much of one unfinished event is held. */
  constructor(maxCharacters: number, listener: EventListener) {
    this.listener = listener
    this.maxCharacters = maxCharacters
    this.parser = createParser({
      maxBufferSize: maxCharacters,
      onEvent: (event) => {
        this.unfinished = 0
        listener.onEvent(event)
      },
      onComment: (comment) => {
        this.unfinished -= comment.length
        listener.onLine(`: ${comment}\n\n`)
      },
      onRetry: (retry) => listener.onLine(`retry: ${retry}\n\n`),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') this.break('an event is too large')
      },
    })
  }

  feed(chunk: Uint8Array): void {
    if (this.isBroken) return
    let text: string
    try {
      text = this.decoder.decode(chunk, { stream: true })
    } catch {
      return this.break('the event stream is not UTF-8')
    }
    this.unfinished += text.length
    try {
      this.parser.feed(text)
    } catch {
      this.break('an event cannot be read')
    }
    if (this.unfinished > this.maxCharacters + SLACK) this.break('an event is too large')
  }

  private break(detail: string): void {
    if (this.isBroken) return
    this.isBroken = true
    this.listener.onFault(detail)
  }
}

/** An event as text, with `data` in place of its own. */
export function formatEvent(event: EventSourceMessage, data: string): string {
  const id = event.id === undefined ? '' : `id: ${event.id}\n`
  const type = event.event === undefined ? '' : `event: ${event.event}\n`
  // Data may hold line breaks between JSON tokens; each line needs its own field.
  return `${type}${id}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`
}
