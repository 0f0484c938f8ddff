import { randomText } from '@portcullis/auth/crypto'
import type { Incoming, RequestMessage } from '@portcullis/auth/protocol'
import type { Answer, Call } from '../upstream.ts'
import { takesStream } from './accept.ts'
import type { Children } from './children.ts'
import { Exchange } from './exchange.ts'
import type { Settings } from './options.ts'
import { refuse, SESSION_MISSING, SESSION_NOT_FOUND } from './refusals.ts'
import { Session } from './session.ts'

/** The legacy side of a stdio server: `initialize` opens a session with a child of its own; its end ends the child. */
export class Sessions {
  readonly #settings: Settings
  readonly #children: Children
  readonly #sessions = new Map<string, Session>()

  constructor(settings: Settings, children: Children) {
    this.#settings = settings
    this.#children = children
  }

  send(call: Call, answer: Answer): void {
    const { incoming, upstreamSession } = call
    const request = incoming?.messages.find((message) => message.kind === 'request')
    const session = upstreamSession === undefined ? undefined : this.#sessions.get(upstreamSession)
    if (session?.isOpen && session.principalKey === call.principalKey) this.#continue(session, call, answer)
    else if (upstreamSession !== undefined) refuse(answer, 'legacy', SESSION_NOT_FOUND)
    else if (incoming?.isBatch === false && request?.method === 'initialize') {
      this.#initialize(call, incoming, request, answer)
    } else refuse(answer, 'legacy', SESSION_MISSING, request?.id)
  }

  /** Fails what is in flight and closes the streams; the children end with `Children.close`. */
  close(): void {
    for (const session of [...this.#sessions.values()]) session.end('closing')
  }

  #continue(session: Session, call: Call, answer: Answer): void {
    switch (call.method) {
      case 'POST':
        if (call.incoming !== undefined) session.post(call.incoming, takesStream(call), answer)
        return
      case 'GET':
        // `Last-Event-ID` is not looked at: events have no ids here, so none can have been read from one.
        session.openStream(answer)
        return
      case 'DELETE':
        session.end('session_deleted')
        answer.start(200, [])
        answer.end()
    }
  }

  async #initialize(call: Call, incoming: Incoming, request: RequestMessage, answer: Answer): Promise<void> {
    const { principalKey } = call
    const id = randomText(32)
    let session: Session | undefined
    const exchange = new Exchange(answer, {
      settings: this.#settings,
      canStream: takesStream(call),
      headers: ['mcp-session-id', id],
      statusOf: () => 400,
      // Without this answer nobody can use the session.
      onEnd: (ending) => ending === 'answered' || session?.end(ending === 'left' ? 'caller_left' : 'handshake_failed'),
    })
    const child = await this.#children.start({ principalKey, era: 'legacy' })
    if ('reason' in child) exchange.fail(child, request.id)
    else if (!exchange.isOpen) child.end('caller_left')
    else {
      session = new Session(principalKey, child, this.#settings, () => this.#sessions.delete(id))
      this.#sessions.set(id, session)
      session.begin(incoming, request, exchange)
    }
  }
}
