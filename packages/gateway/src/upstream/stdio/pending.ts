import type { UpstreamFailure } from '../upstream.ts'
import type { ChildResponse, Spelling } from './wire.ts'

/** Whoever waits for the answer to one request. */
export interface Asker {
  /** Whether anybody still waits. */
  readonly isOpen: boolean
  /** Whether something can be said before the response. */
  readonly canStream: boolean
  tell(text: string): void
  /** @param response What the child said; absent where this room answers for it. */
  respond(text: string, errorCode: number | undefined, response?: ChildResponse): void
  fail(failure: UpstreamFailure): void
  /** Ends a stream that gets no response: the child has called the request off. */
  endStream(): void
}

export interface Question extends Spelling {
  readonly method: string
  readonly asker: Asker
  /** Whether its caller wants log messages (modern era: `_meta` says so; legacy: every request). */
  readonly wantsLogs: boolean
  /** Milliseconds without a sign of life after which nobody waits any longer. */
  readonly timeoutMs: number
  /** The request as one line that bears this number. */
  line(id: number): string
}

/** A question that has been put to a child. */
export interface Pending extends Question {
  readonly id: number
  timer: NodeJS.Timeout | undefined
}

/** The requests that one child owes an answer, in the order in which they were put. */
export class PendingRequests {
  // No `Map`: V8 links each table of one that is always refilled to the next, so that all that ever was in it outlives
  // the quick collections, which then take half of a busy gate's time.
  readonly #byId: Record<number, Pending> = Object.create(null)
  /** The latest request under each spelling of an id. */
  readonly #byRawId: Record<string, Pending> = Object.create(null)
  #count = 0

  get isEmpty(): boolean {
    return this.#count === 0
  }

  add(id: number, question: Question, onTimeout: (pending: Pending) => void): void {
    const pending: Pending = { ...question, id, timer: undefined }
    waitAfresh(pending, question.timeoutMs, () => onTimeout(pending))
    this.#byId[id] = pending
    this.#byRawId[question.rawId] = pending
    this.#count++
  }

  get(id: number): Pending | undefined {
    return this.#byId[id]
  }

  calledBy(rawId: string): Pending | undefined {
    return this.#byRawId[rawId]
  }

  remove(pending: Pending): void {
    stopWaiting(pending)
    if (this.#byId[pending.id] !== pending) return
    this.#count--
    delete this.#byId[pending.id]
    if (this.#byRawId[pending.rawId] === pending) delete this.#byRawId[pending.rawId]
  }

  all(): Pending[] {
    return Object.values(this.#byId)
  }

  /** The one that a message naming none must belong to, because its caller is the only one who waits. */
  onlyStream(): Pending | undefined {
    let only: Pending | undefined
    for (const pending of Object.values(this.#byId)) {
      if (!pending.asker.isOpen) continue
      if (only !== undefined && only.asker !== pending.asker) return undefined
      only = pending
    }
    return only?.asker.canStream ? only : undefined
  }

  /** The latest one whose caller takes a stream and, where that is asked, wants log messages. */
  latestStream(mustWantLogs: boolean): Pending | undefined {
    let latest: Pending | undefined
    for (const pending of Object.values(this.#byId)) {
      if (pending.asker.canStream && (pending.wantsLogs || !mustWantLogs)) latest = pending
    }
    return latest
  }
}

export function waitAfresh(pending: Pending, ms: number, onTimeout: () => void): void {
  stopWaiting(pending)
  pending.timer = setTimeout(onTimeout, ms).unref()
}

/** It may take as long as it likes from now on. */
export function stopWaiting(pending: Pending): void {
  clearTimeout(pending.timer)
  // Forgotten too: `refresh` would bring a stopped timer back.
  pending.timer = undefined
}
