import type { Answer, UpstreamFailure } from '../upstream.ts'
import { EventStream } from './event-stream.ts'
import type { Settings } from './options.ts'
import { errorText, failureError, JSON_HEADERS, type Refusal } from './refusals.ts'

/** How an exchange ended. `refused`: the one response it waited for was an error. */
export type Ending = 'answered' | 'refused' | 'failed' | 'left'

/** Where the answer's words come from: it stops talking while anybody holds it. */
export interface Source {
  hold(holder: object): void
  letGo(holder: object): void
}

export interface ExchangeOptions {
  readonly settings: Pick<Settings, 'name' | 'log' | 'silenceMs' | 'keepAliveMs' | 'stallMs'>
  /** Whether the caller takes an event stream for an answer. */
  readonly canStream: boolean
  /** Whether it came as a batch of 2025-03-26: each response becomes an event of its own. */
  readonly isBatch?: boolean
  /** How many responses there will be. Default 1. */
  readonly expected?: number
  /** For an answer that is not an error's. */
  readonly headers?: readonly string[]
  /** The HTTP status of a JSON-RPC error that is the whole answer. */
  statusOf(errorCode: number): number
  onEnd?(ending: Ending): void
}

/** Takes what is still said when nobody waits. */
const NOBODY: Answer = { start() {}, write: () => false, end() {}, fail() {}, onDrain() {}, onLeave() {} }

/**
 * The answer to a POST that asks something: JSON when the response comes first, a stream of events once anything
 * comes before it, or after a while of silence.
 */
export class Exchange {
  #answer: Answer
  readonly #options: ExchangeOptions
  #responses: string[] = []
  readonly #silence: NodeJS.Timeout | undefined
  #source: Source | undefined
  #stream: EventStream | undefined
  #stall: NodeJS.Timeout | undefined
  #missing: number
  /** The first, of a stream that has begun. */
  #failure: UpstreamFailure | undefined
  #isOpen = true

  constructor(answer: Answer, options: ExchangeOptions) {
    this.#answer = answer
    this.#options = options
    this.#missing = options.expected ?? 1
    answer.onLeave(() => this.#finish('left'))
    if (this.canStream) this.#silence = setTimeout(() => this.#open().comment(), options.settings.silenceMs).unref()
  }

  /** Whether anybody still waits. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether something can be said before the response. */
  get canStream(): boolean {
    return this.#isOpen && this.#options.canStream
  }

  /** Names the one who is to stop while the caller reads slowly. */
  drawFrom(source: Source): void {
    this.#source = source
  }

  /** Something that comes before the response; only where `canStream`. */
  tell(text: string): void {
    if (this.canStream) this.#say(this.#open(), text)
  }

  /** One response of the child's. */
  respond(text: string, errorCode: number | undefined): void {
    this.#respond(text, errorCode, errorCode === undefined ? 200 : this.#options.statusOf(errorCode))
  }

  /** A refusal of this room's own, once waiting has begun. */
  refuse(refusal: Refusal, rawId: string): void {
    this.#respond(errorText(refusal, rawId), refusal.code, refusal.status)
  }

  /** One response fewer to wait for: it was called off. After the last one the stream ends, though it were empty. */
  endStream(): void {
    if (!this.#isOpen || --this.#missing > 0) return
    this.#open().end()
    this.#finish('answered')
  }

  /**
   * No response will come. Before the answer has begun, that is the whole of it. A stream that has begun gets the error
   * as an event and ends as if the child had said so: a stream that is only cut leaves most clients waiting.
   *
   * @param rawId JSON text of the request's id; without it a stream is cut.
   */
  fail(failure: UpstreamFailure, rawId?: string): void {
    if (!this.#isOpen) return
    if (this.#stream === undefined || rawId === undefined) return this.#cut(failure)
    // What of a batch still gets its answer does not undo it.
    this.#failure ??= failure
    const error = failureError(failure)
    this.#respond(errorText(error, rawId), error.code, 200)
  }

  #cut(failure: UpstreamFailure): void {
    const answer = this.#answer
    // First, for a failed answer may say that its caller has left.
    this.#finish('failed')
    answer.fail(failure)
  }

  #respond(text: string, errorCode: number | undefined, status: number): void {
    if (!this.#isOpen) return
    const { isBatch = false, canStream, headers = [] } = this.#options
    this.#missing--
    if (this.#missing === 0 && this.#failure !== undefined) return this.#endFailed(this.#failure, text)
    if (this.#stream !== undefined || (isBatch && canStream)) this.#say(this.#open(), text)
    else this.#responses.push(text)
    if (this.#missing > 0) return
    if (this.#stream !== undefined) this.#stream.end()
    else {
      const isError = errorCode !== undefined && !isBatch
      this.#answer.start(isError ? status : 200, isError ? JSON_HEADERS : [...JSON_HEADERS, ...headers])
      this.#answer.end(Buffer.from(isBatch ? `[${this.#responses.join(',')}]` : text))
    }
    this.#finish(errorCode === undefined ? 'answered' : 'refused')
  }

  #endFailed(failure: UpstreamFailure, text: string): void {
    const stream = this.#open()
    this.#finish('failed')
    stream.fail(failure, text)
  }

  #open(): EventStream {
    clearTimeout(this.#silence)
    const { headers = [], settings } = this.#options
    const stream = this.#stream ?? new EventStream(this.#answer, headers, settings.keepAliveMs, () => this.#flow())
    if (this.#isOpen) this.#stream = stream
    else stream.stop() // its very start may have found that nobody waits
    return stream
  }

  #say(stream: EventStream, text: string): void {
    stream.event(text)
    // The write itself may have found that nobody waits: then nobody would let go again.
    if (!this.#isOpen || !stream.isFull || this.#stall !== undefined) return
    this.#source?.hold(this)
    // One caller must not keep a child from all others for ever.
    const { stallMs } = this.#options.settings
    const failure = { reason: 'timeout', detail: `the caller read nothing for ${stallMs} ms` } as const
    this.#stall = setTimeout(() => this.#cut(failure), stallMs).unref()
  }

  #flow(): void {
    if (this.#stall === undefined) return
    clearTimeout(this.#stall)
    this.#stall = undefined
    this.#source?.letGo(this)
  }

  #finish(ending: Ending): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearTimeout(this.#silence)
    this.#stream?.stop()
    this.#flow()
    // A child that owes an answer keeps the exchange; who has left, and what was asked, are not to be kept with it.
    this.#answer = NOBODY
    this.#stream = undefined
    this.#responses = []
    this.#options.onEnd?.(ending)
  }
}
