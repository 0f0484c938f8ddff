import type { Incoming, RequestMessage } from '@portcullis/auth/protocol'
import type { Answer, Call } from '../upstream.ts'
import { takesStream } from './accept.ts'
import { Exchange } from './exchange.ts'
import type { ModernChild } from './modern-child.ts'
import type { ModernChildren, Opened } from './modern-children.ts'
import type { Settings } from './options.ts'
import { accepted, NOT_READ, POST_ONLY, REQUESTS_ONLY, type Refusal, refuse, SESSIONS_ONLY } from './refusals.ts'
import { toLine } from './wire.ts'

/** The modern side of a stdio server: one child per principal, shared by whatever clients that principal has. */
export class Principals {
  readonly #settings: Settings
  readonly #children: ModernChildren

  constructor(settings: Settings, children: ModernChildren) {
    this.#settings = settings
    this.#children = children
  }

  send(call: Call, answer: Answer): void {
    const { incoming, method } = call
    const message = incoming?.messages[0]
    if (method !== 'POST' || incoming === undefined) refuse(answer, 'modern', POST_ONLY)
    // A modern server is sent no responses (GW-54).
    else if (incoming.isBatch || message?.kind === 'response') refuse(answer, 'modern', REQUESTS_ONLY)
    else if (message?.kind === 'request') this.#request(call, incoming, message, answer)
    else if (message !== undefined) this.#notify(call.principalKey, incoming, message.method, answer)
  }

  #notify(principalKey: string, incoming: Incoming, method: string, answer: Answer): void {
    const open = this.#children.of(principalKey)
    // Calling off by id is dropped: several clients share the child, and each may call a request of its own by that
    // id. In this era a caller calls off by leaving (TM-30).
    const isForChild = open !== undefined && method !== 'notifications/cancelled'
    if (isForChild && !open.child.conversation.say(toLine(incoming, 0))) answer.fail(NOT_READ)
    else accepted(answer)
  }

  #request(call: Call, incoming: Incoming, request: RequestMessage, answer: Answer): void {
    let callOff = (): void => {}
    const exchange = new Exchange(answer, {
      settings: this.#settings,
      canStream: takesStream(call),
      statusOf,
      onEnd: (ending) => (ending === 'left' || ending === 'failed') && callOff(),
    })
    const ask = (open: ModernChild, refusal: Refusal | undefined): void => {
      if (!exchange.isOpen) return
      if (refusal !== undefined) exchange.refuse(refusal, request.id)
      else {
        const asked = open.ask(incoming, request, exchange)
        if (typeof asked !== 'number') exchange.fail(asked, request.id)
        else callOff = () => open.child.conversation.callOff(asked, 'The caller has left.')
      }
    }
    const check = (opened: Opened): void => {
      if (opened === 'legacy') exchange.refuse(SESSIONS_ONLY, request.id)
      else if ('reason' in opened) exchange.fail(opened, request.id)
      else {
        const refusal = opened.check(request, call)
        if (refusal instanceof Promise) refusal.then((late) => ask(opened, late))
        else ask(opened, refusal)
      }
    }
    const open = this.#children.of(call.principalKey)
    if (open !== undefined) check(open)
    else this.#children.openFor(call.principalKey).then(check)
  }
}

/**
 * The HTTP status of a JSON-RPC error (TM-05 to TM-07, TM-11). Invalid params are the caller's affair, so 200; a
 * request without the `_meta` of this era would be 400 too, and does not come this far.
 */
function statusOf(errorCode: number): number {
  if (errorCode === -32601) return 404
  return errorCode >= -32022 && errorCode <= -32020 ? 400 : 200
}
