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
  /** @param rawId JSON text of the id that its caller gave the request, where an error may answer it. */
  fail(failure: UpstreamFailure, rawId?: string): void
  /** Only where `canStream`: no response will come, for the request was called off. The stream ends without one. */
  endStream(): void
}

export interface Question extends Spelling {
  readonly method: string
  readonly asker: Asker
  /** Whether its caller wants log messages (modern era: `_meta` says so; legacy: every request). */
  readonly wantsLogs: boolean
  /** Milliseconds without a sign of life after which nobody waits any longer. */
  readonly timeoutMs: number
}

/** A question that has been put to a child. */
export interface Pending extends Question {
  readonly id: number
  timer: NodeJS.Timeout | undefined
}

const MAX_PENDING = 1000
/** Of ids, progress tokens and methods, all together; the last request may exceed it. */
const MAX_CHARACTERS = 4 * 1024 * 1024

/**
 * The requests that one child owes an answer, in the order in which they were put. Those whose callers have left are
 * among them, so nothing of a request is kept but how its caller spells it.
 */
export class PendingRequests {
  // No `Map`: V8 links each table of one that is always refilled to the next, so that all that ever was in it outlives
  // the quick collections, which then take half of a busy gate's time.
  readonly #byId: Record<number, Pending> = Object.create(null)
  /** The latest request under each spelling of an id. */
  readonly #byRawId: Record<string, Pending> = Object.create(null)
  #count = 0
  #characters = 0

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Whether the child is to answer some before it is asked more. */
  get isFull(): boolean {
    return this.#count >= MAX_PENDING || this.#characters >= MAX_CHARACTERS
  }

  add(id: number, question: Question, onTimeout: (pending: Pending) => void): void {
    const { rawId, rawToken, method } = question
    const pending: Pending = {
      ...question,
      rawId: apart(rawId),
      rawToken: rawToken === undefined ? undefined : apart(rawToken),
      method: apart(method),
      id,
      timer: undefined,
    }
    waitAfresh(pending, question.timeoutMs, () => onTimeout(pending))
    this.#byId[id] = pending
    this.#byRawId[pending.rawId] = pending
    this.#count++
    this.#characters += sizeOf(pending)
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
    this.#characters -= sizeOf(pending)
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

/** The same text by itself: to V8, a longer piece of a text is a view that keeps all of it. */
function apart(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString()
}

function sizeOf({ rawId, rawToken = '', method }: Pending): number {
  return rawId.length + rawToken.length + method.length
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
