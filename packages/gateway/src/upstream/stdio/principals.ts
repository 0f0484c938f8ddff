import type { Incoming, RequestMessage } from '@portcullis/auth/protocol'
import type { Answer, Call } from '../upstream.ts'
import type { ModernChildren } from './modern-children.ts'
import { ModernRequest } from './modern-request.ts'
import type { Settings } from './options.ts'
import { accepted, NOT_READ, POST_ONLY, REQUESTS_ONLY, refuse } from './refusals.ts'
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
    const asking = new ModernRequest({ call, incoming, request }, answer, this.#settings)
    const open = this.#children.of(call.principalKey)
    if (open !== undefined) asking.put(open)
    else this.#children.openFor(call.principalKey).then((opened) => asking.put(opened))
  }
}
