import { once } from 'node:events'
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request as startRequest } from 'node:http'
import { request as startTlsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { until } from './processes.ts'

export type HeaderFields = Record<string, string | readonly string[]>

export interface Question {
  readonly method?: string
  readonly headers?: HeaderFields
  readonly body?: string | Uint8Array
  /** Default: a connection of its own. */
  readonly agent?: Agent
  /** PEM of the authority that is trusted, for https. */
  readonly ca?: string
  /** Milliseconds without an answer. */
  readonly timeout?: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly bytes: Buffer
  readonly text: string
  /** Milliseconds from the request to the last byte. */
  readonly ms: number
  /** @throws when it is none. */
  json(): Record<string, unknown>
}

/** One request on a connection of its own, and its whole answer. */
export async function send(url: string, question: Question = {}): Promise<Answer> {
  const startedAt = performance.now()
  const response = await start(url, question)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const text = bytes.toString('utf8')
  return {
    status: response.statusCode as number,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    bytes,
    text,
    ms: performance.now() - startedAt,
    json: () => JSON.parse(text) as Record<string, unknown>,
  }
}

/** Everything of an answer that a caller can see, apart from the date. */
export function visible({ status, rawHeaders, text }: Answer): object {
  const fields: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (!/^date$/i.test(rawHeaders[at] as string)) fields.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`)
  }
  return { status, fields, text }
}

async function start(url: string, question: Question): Promise<IncomingMessage> {
  const { method = 'POST', headers = {}, body, agent = false, ca, timeout = 20_000 } = question
  const begin = url.startsWith('https:') ? startTlsRequest : startRequest
  const request = begin(url, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers },
    agent,
    ...(ca === undefined ? {} : { ca }),
    signal: AbortSignal.timeout(timeout),
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  // Who has the answer's head is not hurried any more.
  request.on('error', () => {})
  return response
}

/** An event stream as it arrives. */
export class EventStream {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Messages so far, in their order. */
  readonly messages: Record<string, unknown>[] = []
  /** Ids of the events that had one. */
  readonly ids: string[] = []
  /** When each message came (performance.now). */
  readonly times: number[] = []
  raw = ''
  /** When it ended or broke; undefined while it is open. */
  endedAt: number | undefined
  /** Whether the end was a proper one. */
  isWhole = false
  readonly #response: IncomingMessage
  #rest = ''

  private constructor(response: IncomingMessage) {
    this.status = response.statusCode as number
    this.headers = response.headers
    this.#response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.#take(text))
    response.on('error', () => {})
    response.on('close', () => {
      this.isWhole = response.complete
      this.endedAt = performance.now()
    })
  }

  static async open(url: string, question: Question = {}): Promise<EventStream> {
    const headers = { accept: 'application/json, text/event-stream', ...question.headers }
    return new EventStream(await start(url, { ...question, headers }))
  }

  get isOpen(): boolean {
    return this.endedAt === undefined
  }

  close(): void {
    this.#response.destroy()
  }

  pause(): void {
    this.#response.pause()
  }

  /** The first message for which `holds`, waited for. */
  message(
    what: string,
    holds: (message: Record<string, unknown>) => boolean,
    timeout?: number,
  ): Promise<Record<string, unknown>> {
    return until(what, () => this.messages.find(holds), timeout)
  }

  ended(timeout = 5000): Promise<number> {
    return until('the stream ends', () => this.endedAt, timeout)
  }

  #take(text: string): void {
    this.raw += text
    this.#rest += text
    const events = this.#rest.split(/\r?\n\r?\n/)
    this.#rest = events.pop() ?? ''
    for (const event of events) {
      const data: string[] = []
      for (const line of event.split(/\r?\n/)) {
        if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
        if (line.startsWith('id:')) this.ids.push(line.slice(3).trim())
      }
      const whole = data.join('\n')
      if (whole.trim() === '') continue
      this.messages.push(parsed(whole))
      this.times.push(performance.now())
    }
  }
}

/** What is no JSON stands as what it is. */
function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { unreadable: text }
  }
}

/** A connection whose bytes the scenario writes itself. */
export class Wire {
  readonly socket: Socket
  text = ''
  isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.isClosed = true
    })
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new Wire(socket)
  }

  write(text: string | Uint8Array): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
  }

  /** The status lines that have come. */
  get statuses(): number[] {
    return [...this.text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map((match) => Number(match[1]))
  }

  async closed(timeout = 5000): Promise<void> {
    await until('the connection closes', () => this.isClosed, timeout)
  }

  async status(timeout = 5000): Promise<number> {
    return until('a status line comes', () => this.statuses.at(-1), timeout)
  }

  close(): void {
    this.socket.destroy()
  }
}
