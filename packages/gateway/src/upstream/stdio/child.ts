import type { Era } from '@portcullis/auth/protocol'
import type { UpstreamFailure } from '../upstream.ts'
import type { Occupant } from './budget.ts'
import { Conversation } from './conversation.ts'
import { type EndReason, endByItself, reportEnd } from './end-reason.ts'
import type { Settings } from './options.ts'
import { type Departure, Program } from './program.ts'
import type { ChildMessage } from './wire.ts'

/** Whoever a child was started for. */
export interface ChildEars {
  /** A message that belongs to no request by number. */
  unplaced(text: string, message: ChildMessage): void
  /** The child is gone; the requests it owed an answer have failed. */
  gone(): void
}

/** How a child's life goes, for whoever started it. */
export interface ChildFate {
  up(): void
  /**
   * It went, having said nothing, and nobody had told it to.
   *
   * @param ran Whether there ever was a process.
   * @returns whether that is a failure.
   */
  stillborn(ran: boolean): boolean
  /** Everything it started is gone too. */
  vanished(): void
}

/** One running server: its program, what is said with it, and its end when nobody needs it. */
export class Child implements Occupant {
  readonly program: Program
  readonly conversation: Conversation
  readonly #settings: Settings
  #ears: ChildEars | undefined
  #openStreams = 0
  /** Undefined until its first request has ended: what was just started is needed. */
  #restingSince: number | undefined
  #isExpendable = false
  #isEnding = false
  #idleTimer: NodeJS.Timeout

  constructor(settings: Settings, era: Era, fate: ChildFate) {
    this.#settings = settings
    this.program = new Program(settings, {
      line: (bytes) => this.conversation.hear(bytes),
      excess: () => this.#outgrow(),
      gone: (departure) => this.#bury(departure, fate),
    })
    this.conversation = new Conversation(this.program, era, settings, {
      unplaced: (text, message) => this.#ears?.unplaced(text, message),
      up: fate.up,
      quiet: () => this.touch(),
    })
    this.#idleTimer = setTimeout(() => this.#endIfIdle(), settings.idleMs).unref()
  }

  /** For whoever started it, before the first word is said. */
  listen(ears: ChildEars): void {
    this.#ears = ears
  }

  idleSince(): number | undefined {
    if (this.#isEnding) return Number.NEGATIVE_INFINITY
    if (this.#isExpendable) return this.#restingSince
    return this.conversation.isQuiet && this.#openStreams === 0 ? this.#restingSince : undefined
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  /** It was needed until now. */
  touch(): void {
    this.#restingSince = this.#settings.now()
  }

  /** Lets it make way for another although it owes an answer: nobody waits for that. */
  makeExpendable(): void {
    this.#isExpendable = true
    this.touch()
  }

  /** A stream that keeps it needed. */
  streamOpened(): void {
    this.#openStreams++
  }

  streamClosed(): void {
    this.#openStreams--
    this.touch()
  }

  end(reason: EndReason): Promise<void> {
    this.#isEnding = true
    clearTimeout(this.#idleTimer)
    return this.program.end(reason)
  }

  #endIfIdle(): void {
    const { idleMs, now } = this.#settings
    const since = this.idleSince()
    const left = since === undefined ? idleMs : since + idleMs - now()
    if (left > 0) this.#idleTimer = setTimeout(() => this.#endIfIdle(), left).unref()
    else this.end('idle')
  }

  #outgrow(): void {
    const { log, name, maxLineBytes } = this.#settings
    log('error', 'a stdio server wrote a message beyond the bound and is ended', { server: name, maxLineBytes })
    this.program.condemn('oversized_message')
  }

  #bury({ detail, ran, byItself }: Departure, fate: ChildFate): void {
    const { conversation, program } = this
    const hasFailed = !conversation.isUp && !this.#isEnding && fate.stillborn(ran)
    const end = byItself && endByItself(byItself, conversation.isUp, !hasFailed)
    if (end !== undefined) reportEnd(this.#settings, program.pid, end)
    this.end('exited').then(fate.vanished)
    const failure: UpstreamFailure = {
      reason: conversation.isUp ? 'broken' : 'unreachable',
      detail: `the server ${detail}`,
    }
    conversation.failAll(failure)
    this.#ears?.gone()
  }
}
