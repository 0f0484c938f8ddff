import type { Incoming, RequestMessage } from '@portcullis/auth/protocol'
import type { Answer } from '../upstream.ts'
import type { Child, ChildEars } from './child.ts'
import type { EndReason } from './end-reason.ts'
import { Exchange } from './exchange.ts'
import type { Settings } from './options.ts'
import { ALREADY_INITIALIZED, accepted, errorText, ID_IN_FLIGHT, NOT_READ, refuse, STREAM_TAKEN } from './refusals.ts'
import { Standing } from './standing.ts'
import {
  type ChildMessage,
  type ChildRequest,
  cancelledId,
  isAboutContents,
  numbered,
  rawIdOf,
  spellingOf,
  toLine,
} from './wire.ts'

/** One legacy session: a child of its own, the requests in flight, and the GET stream. */
export class Session implements ChildEars {
  readonly principalKey: string
  readonly #child: Child
  readonly #settings: Settings
  readonly #standing: Standing
  readonly #onEnd: () => void
  #isOver = false

  constructor(principalKey: string, child: Child, settings: Settings, onEnd: () => void) {
    this.principalKey = principalKey
    this.#child = child
    this.#settings = settings
    this.#onEnd = onEnd
    this.#standing = new Standing(settings, () => child.streamClosed())
    child.listen(this)
  }

  /** Not any more when its child has ended, or was told to make way for another. */
  get isOpen(): boolean {
    return !this.#isOver && !this.#child.isEnding
  }

  begin(incoming: Incoming, request: RequestMessage, exchange: Exchange): void {
    exchange.drawFrom(this.#child.program)
    this.#ask(incoming, 0, request, exchange, this.#settings.startTimeoutMs)
  }

  post(incoming: Incoming, canStream: boolean, answer: Answer): void {
    const requests = incoming.messages.filter((message) => message.kind === 'request')
    const handshake = requests.find(({ method }) => method === 'initialize')
    const repeated = findRepeated(this.#child, requests)
    if (handshake !== undefined) refuse(answer, 'legacy', ALREADY_INITIALIZED, handshake.id)
    else if (repeated !== undefined) refuse(answer, 'legacy', ID_IN_FLIGHT, repeated.id)
    else if (requests.length === 0) this.#take(incoming, answer)
    else this.#request(incoming, requests.length, canStream, answer)
  }

  openStream(answer: Answer): void {
    if (this.#standing.isOpen) {
      refuse(answer, 'legacy', STREAM_TAKEN)
      return
    }
    this.#child.streamOpened()
    this.#standing.open(answer)
  }

  end(reason: EndReason): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onEnd()
    this.#standing.end()
    this.#child.conversation.failAll({ reason: 'broken', detail: 'the session has ended' })
    this.#child.end(reason)
  }

  gone = (): void => this.end('exited')

  /**
   * What the child says of its own accord: to the one request that is in flight; else to the GET stream; else to the
   * latest request; else it waits for a GET stream. What changed in its contents concerns no request, so it is for
   * the GET stream. Always to one of them only (TL-19). A question that is lost on the way is answered here: the child
   * would wait for ever.
   */
  unplaced = (text: string, message: ChildMessage): void => {
    const { conversation } = this.#child
    const pending = isAboutContents(message)
      ? undefined
      : (conversation.onlyStream() ?? (this.#standing.isOpen ? undefined : conversation.latestStream()))
    if (pending === undefined) this.#standing.tell(text, () => message.kind === 'request' && this.#refuse(message))
    else conversation.tell(pending, text)
  }

  /** Answers a question of the child's that nobody has read. */
  #refuse(question: ChildRequest): void {
    this.#child.conversation.say(`${errorText(NOBODY_READS, rawIdOf(question))}\n`)
  }

  /** A body that asks nothing. */
  #take(incoming: Incoming, answer: Answer): void {
    for (const index of incoming.messages.keys()) {
      if (this.#say(incoming, index)) continue
      answer.fail(NOT_READ)
      return
    }
    accepted(answer)
  }

  #request(incoming: Incoming, expected: number, canStream: boolean, answer: Answer): void {
    const { isBatch } = incoming
    // Leaving is not calling off (TL-21): the child goes on, and its late answer is dropped.
    const options = { settings: this.#settings, canStream, isBatch, expected, statusOf: () => 200 }
    const exchange = new Exchange(answer, options)
    exchange.drawFrom(this.#child.program)
    for (const [index, message] of incoming.messages.entries()) {
      if (message.kind === 'request') this.#ask(incoming, index, message, exchange, this.#settings.answerTimeoutMs)
      else if (!this.#say(incoming, index)) exchange.fail(NOT_READ)
    }
  }

  /** @returns false when the child does not read. */
  #say(incoming: Incoming, index: number): boolean {
    const message = incoming.messages[index]
    const isCancellation = message?.kind === 'notification' && message.method === 'notifications/cancelled'
    if (isCancellation) return callOff(this.#child, incoming, index)
    return this.#child.conversation.say(toLine(incoming, index))
  }

  /** Fails the exchange where the request cannot be put. */
  #ask(incoming: Incoming, index: number, request: RequestMessage, asker: Exchange, timeoutMs: number): void {
    const { method } = request
    const question = { ...spellingOf(incoming, index, request), method, asker, wantsLogs: true, timeoutMs }
    const asked = this.#child.conversation.ask(question, (number) => numbered(incoming, index, number))
    if (typeof asked !== 'number') asker.fail(asked, request.id)
  }
}

const NOBODY_READS = { code: -32603, message: 'The client does not read what is asked of it.' }
const CALLED_OFF = { code: -32603, message: 'The request was called off.' }

/**
 * The child owes no answer any more, and the caller is to get none (2025-11-25 Cancellation: to SDKs it would be the
 * answer to an unknown request), so the POST ends as a stream without one. Who takes JSON only must be told something.
 */
function callOff({ conversation }: Child, incoming: Incoming, index: number): boolean {
  const rawId = cancelledId(incoming, index)
  const id = rawId === undefined ? undefined : conversation.numberOf(rawId)
  if (id === undefined) return true
  if (!conversation.say(toLine(incoming, index, { 'params.requestId': String(id) }))) return false
  const asker = conversation.abandon(id)
  if (asker?.canStream) asker.endStream()
  else asker?.respond(errorText(CALLED_OFF, rawId), CALLED_OFF.code)
  return true
}

function findRepeated({ conversation }: Child, requests: readonly RequestMessage[]): RequestMessage | undefined {
  const seen = new Set<string>()
  return requests.find(({ id }) => {
    const isRepeated = seen.has(id) || conversation.isInFlight(id)
    seen.add(id)
    return isRepeated
  })
}
