import { createParser, type EventSourceMessage } from 'eventsource-parser'

/** What comes out of an event stream while its bytes go through. */
export interface EventListener {
  onEvent(event: EventSourceMessage): void
  /** `: comment` and `retry: n` lines, ready to be sent on. */
  onLine(line: string): void
  /** An event that is too large or cannot be read, or bytes that are not UTF-8. Nothing is read afterwards. */
  onFault(detail: string): void
}

/** Reads an event stream (WHATWG HTML §9.2) chunk by chunk, holding at most one unfinished event. */
export class EventReader {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private readonly parser
  private readonly listener: EventListener
  private isBroken = false

  /** @param maxCharacters How much of one unfinished event is held. */
  constructor(maxCharacters: number, listener: EventListener) {
    this.listener = listener
    this.parser = createParser({
      maxBufferSize: maxCharacters,
      onEvent: (event) => listener.onEvent(event),
      onComment: (comment) => listener.onLine(`: ${comment}\n\n`),
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
    try {
      this.parser.feed(text)
    } catch {
      this.break('an event cannot be read')
    }
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
