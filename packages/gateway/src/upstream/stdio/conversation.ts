import type { Era } from '@portcullis/auth/protocol'
import type { UpstreamFailure } from '../upstream.ts'
import { LineLog } from './line-log.ts'
import type { Settings } from './options.ts'
import { type Asker, type Pending, PendingRequests, type Question, stopWaiting, waitAfresh } from './pending.ts'
import type { Program } from './program.ts'
import { NOT_READ, OWES_TOO_MUCH } from './refusals.ts'
import { type ChildMessage, type ChildNotification, type ChildResponse, readFromChild, toCaller } from './wire.ts'

const MAX_GARBAGE = 100
/** After the child has called a request off, its result may still follow (IT-29). */
const LAST_WORD_MS = 1000

/** Who hears what the conversation does not deal with by itself. */
export interface ConversationEars {
  /** A message that belongs to no request by number, or to one whose caller takes no stream. */
  unplaced(text: string, message: ChildMessage): void
  /** The first message: the child is up. */
  up(): void
  /** The last request has ended. */
  quiet(): void
}

/**
 * What one child and its callers say to each other. Requests get numbers of this room's own, unique for the child, in
 * place of their ids and progress tokens; whatever comes back under a number finds its request and gets the caller's
 * spelling again. Knows nothing of sessions or of who may ask.
 */
export class Conversation {
  readonly #program: Program
  readonly #era: Era
  readonly #settings: Settings
  readonly #ears: ConversationEars
  readonly #garbageLog: LineLog
  readonly #pending = new PendingRequests()
  #lastId = 0
  #garbage = 0
  #isUp = false

  constructor(program: Program, era: Era, settings: Settings, ears: ConversationEars) {
    const { log, name, now } = settings
    this.#program = program
    this.#era = era
    this.#settings = settings
    this.#ears = ears
    this.#garbageLog = new LineLog(log, 'warn', 'a stdio server wrote what is no message', { server: name }, now)
  }

  /** Whether the child has ever said anything. */
  get isUp(): boolean {
    return this.#isUp
  }

  get isQuiet(): boolean {
    return this.#pending.isEmpty
  }

  /** Whether somebody waits for a request that its caller calls by this id. */
  isInFlight(rawId: string): boolean {
    return this.#pending.calledBy(rawId)?.asker.isOpen ?? false
  }

  /**
   * @param line The request as one line that bears this number. It is said, not kept: its caller may leave long before
   *   the child answers.
   * @returns The request's number, or why it was not sent.
   */
  ask(question: Question, line: (id: number) => string): number | UpstreamFailure {
    if (this.#pending.isFull) return OWES_TOO_MUCH
    const id = this.#lastId + 1
    if (!this.#program.say(line(id))) return NOT_READ
    this.#lastId = id
    this.#pending.add(id, question, (pending) => this.#timeOut(pending))
    return id
  }

  /** A notification or response, one line. @returns false when the child does not read: it was not sent. */
  say(line: string): boolean {
    return this.#program.say(line)
  }

  /** Which request the caller means by this id, to call it off; not the handshake, which cannot be. */
  numberOf(rawId: string): number | undefined {
    const pending = this.#pending.calledBy(rawId)
    return pending?.method === 'initialize' ? undefined : pending?.id
  }

  /** Stops waiting for a request. What the child still says about it is dropped. @returns who waited. */
  abandon(id: number): Asker | undefined {
    const pending = this.#pending.get(id)
    if (pending !== undefined) this.#settle(pending)
    return pending?.asker
  }

  /** Stops waiting for a request, and tells the child so. */
  callOff(id: number, reason: string): void {
    if (this.abandon(id) === undefined) return
    const params = { requestId: id, reason }
    this.say(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params })}\n`)
  }

  /** No answer will come any more. */
  failAll(failure: UpstreamFailure): void {
    for (const pending of this.#pending.all()) {
      this.#settle(pending)
      failOne(pending, failure)
    }
  }

  onlyStream(): Pending | undefined {
    return this.#pending.onlyStream()
  }

  latestStream(mustWantLogs = false): Pending | undefined {
    return this.#pending.latestStream(mustWantLogs)
  }

  /** Puts a message on a request's stream, which is a sign of life. */
  tell(pending: Pending, text: string): void {
    pending.timer?.refresh()
    pending.asker.tell(text)
  }

  /** One line of the child's. */
  hear(bytes: Buffer): void {
    if (bytes.length === 0) return
    const message = readFromChild(bytes)
    if (message.kind === 'garbage') {
      this.#hearGarbage(bytes)
      return
    }
    this.#garbage = 0
    if (!this.#isUp) {
      this.#isUp = true
      this.#ears.up()
    }
    if (message.kind === 'response') this.#hearResponse(message)
    else if (message.kind === 'ambiguous') this.#hearAmbiguous(message.id)
    else if (message.kind === 'request') this.#ears.unplaced(message.text, message)
    else this.#hearNotification(message)
  }

  #hearResponse(message: ChildResponse): void {
    const pending = message.id === undefined ? undefined : this.#pending.get(message.id)
    if (pending !== undefined) this.#settle(pending)
    if (pending === undefined || !pending.asker.isOpen) this.#dropResponse(message.id)
    else pending.asker.respond(toCaller(message, pending.id, pending), message.errorCode, message)
  }

  #dropResponse(id: number | undefined): void {
    const { log, name } = this.#settings
    if (id !== undefined && id >= 1 && id <= this.#lastId) log('debug', 'a late answer was dropped', { server: name })
    else log('warn', 'a stdio server answered what nobody asked', { server: name })
  }

  #hearAmbiguous(id: number | undefined): void {
    const { log, name } = this.#settings
    log('warn', 'a stdio server wrote a message that can be read in two ways', { server: name })
    const pending = id === undefined ? undefined : this.#pending.get(id)
    if (pending === undefined) return
    this.#settle(pending)
    failOne(pending, { reason: 'broken', detail: 'the answer can be read in two ways' })
  }

  #hearGarbage(bytes: Buffer): void {
    this.#garbageLog.line(bytes)
    if (++this.#garbage <= MAX_GARBAGE) return
    this.#garbageLog.flush()
    this.#settings.log('error', 'a stdio server writes no messages and is ended', { server: this.#settings.name })
    this.#program.condemn('not_mcp')
  }

  #hearNotification(message: ChildNotification): void {
    const { progressToken, subscriptionId, cancelled, text } = message
    // A legacy server calls off requests of its own, by its own numbers.
    const id = progressToken ?? (this.#era === 'modern' ? (subscriptionId ?? cancelled) : undefined)
    const pending = id === undefined ? undefined : this.#pending.get(id)
    const isWanted = pending?.asker.isOpen && (progressToken === undefined || pending.rawToken !== undefined)
    if (id === undefined) this.#ears.unplaced(text, message)
    else if (isWanted) this.#tellAbout(pending, message)
    else this.#settings.log('debug', 'a message that nobody waits for was dropped', { server: this.#settings.name })
  }

  #tellAbout(pending: Pending, message: ChildNotification): void {
    const text = toCaller(message, pending.id, pending)
    if (!pending.asker.canStream) {
      this.#ears.unplaced(text, message)
      return
    }
    this.tell(pending, text)
    if (message.method === 'notifications/cancelled') {
      waitAfresh(pending, LAST_WORD_MS, () => this.abandon(pending.id)?.endStream())
    } else if (pending.method === 'subscriptions/listen') {
      // From its acknowledgement on it may be quiet for as long as nothing changes.
      stopWaiting(pending)
    }
  }

  #timeOut(pending: Pending): void {
    const { id, method, timeoutMs } = pending
    if (method === 'initialize') this.abandon(id)
    else this.callOff(id, 'The request took too long.')
    failOne(pending, { reason: 'timeout', detail: `no sign of life for ${timeoutMs} ms after "${method}"` })
  }

  #settle(pending: Pending): void {
    this.#pending.remove(pending)
    if (this.#pending.isEmpty) this.#ears.quiet()
  }
}

/** A subscription has no answer that would be missed: its stream is cut, and its owner subscribes anew. */
function failOne({ method, asker, rawId }: Pending, failure: UpstreamFailure): void {
  asker.fail(failure, method === 'subscriptions/listen' ? undefined : rawId)
}
