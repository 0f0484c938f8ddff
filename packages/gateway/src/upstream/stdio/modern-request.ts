import type { Incoming, MirroredParam, RequestMessage } from '@portcullis/auth/protocol'
import type { Answer, Call } from '../upstream.ts'
import { takesStream } from './accept.ts'
import { type Ending, Exchange } from './exchange.ts'
import { headersRefusal, type ModernChild } from './modern-child.ts'
import type { Opened } from './modern-children.ts'
import type { Settings } from './options.ts'
import { SESSIONS_ONLY } from './refusals.ts'

/** What a caller has sent. */
interface Asked {
  readonly call: Call
  readonly incoming: Incoming
  readonly request: RequestMessage
}

/**
 * One request of the modern era on its way to its child, which may take long to come up. What was sent is kept until
 * the child has been asked, or its caller has left.
 */
export class ModernRequest {
  readonly #exchange: Exchange
  #asked: Asked | undefined
  #callOff = (): void => {}

  constructor(asked: Asked, answer: Answer, settings: Settings) {
    this.#asked = asked
    const onEnd = (ending: Ending): void => this.#end(ending)
    this.#exchange = new Exchange(answer, { settings, canStream: takesStream(asked.call), statusOf, onEnd })
  }

  /** Asks the child, or tells the caller why not. */
  put(opened: Opened): void {
    if (this.#asked === undefined) return
    const { request } = this.#asked
    if (opened === 'legacy') return this.#exchange.refuse(SESSIONS_ONLY, request.id)
    if ('reason' in opened) return this.#exchange.fail(opened, request.id)
    const refusal = opened.versionRefusal(request)
    if (refusal !== undefined) return this.#exchange.refuse(refusal, request.id)
    const params = opened.paramsOf(request)
    if (params instanceof Promise) params.then((late) => this.#ask(opened, late))
    else this.#ask(opened, params)
  }

  #ask(open: ModernChild, params: readonly MirroredParam[]): void {
    if (this.#asked === undefined) return
    const { call, incoming, request } = this.#asked
    const refusal = headersRefusal(params, request, call)
    if (refusal !== undefined) return this.#exchange.refuse(refusal, request.id)
    this.#asked = undefined
    const asked = open.ask(incoming, request, this.#exchange)
    if (typeof asked === 'number') this.#callOff = callsOff(open, asked)
    else this.#exchange.fail(asked, request.id)
  }

  #end(ending: Ending): void {
    this.#asked = undefined
    if (ending === 'left' || ending === 'failed') this.#callOff()
  }
}

/** A function that holds on to nothing else. */
function callsOff({ child }: ModernChild, number: number): () => void {
  return () => child.conversation.callOff(number, 'The caller has left.')
}

/**
 * The HTTP status of a JSON-RPC error (TM-05 to TM-07, TM-11). Invalid params are the caller's affair, so 200; a
 * request without the `_meta` of this era would be 400 too, and does not come this far.
 */
function statusOf(errorCode: number): number {
  if (errorCode === -32601) return 404
  return errorCode >= -32022 && errorCode <= -32020 ? 400 : 200
}
