import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Intent, type RequestEvent, told } from '@portcullis/auth/events'
import { type GuardedServer, type Principal, toEventPrincipal } from '@portcullis/auth/guard'
import type { Reply } from '@portcullis/auth/http'
import type { Access } from '@portcullis/auth/policy'
import type { Era, Incoming } from '@portcullis/auth/protocol'
import type { Session } from '../sessions/index.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { unrecordedReply } from './failures.ts'
import type { Fields } from './fields.ts'
import type { RunningProxy } from './options.ts'
import { sendReply } from './send.ts'

/** A server as the proxy sees it. */
export interface ProxiedServer extends GuardedServer {
  readonly upstream: Upstream
  /** Whether the upstream remembers its sessions longer than this process lives. */
  readonly hasLastingSessions: boolean
  readonly furtherMethods: ReadonlySet<string>
  readonly forwardFields: readonly string[]
}

/** What the front door knows of a request before anybody asked who it is from. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly server: ProxiedServer
  /** The secret of an unlisted URL. */
  readonly secret: string | undefined
  /** The caller's address. */
  readonly peer: string
  /** Fields for every answer (CORS). */
  readonly fields: readonly string[]
  /** Little room is left for connections: a stranger's ends with its refusal. */
  readonly isCrowded: boolean
}

/** Known: who calls. */
export interface Admitted {
  readonly fields: Fields
  readonly principal: Principal
  readonly access: Access
  /** One word for who calls: what sessions, children and conversations are bound to. */
  readonly principalKey: string
}

/** Known also: what was sent, and in which era. */
export interface Arrived extends Admitted {
  readonly verb: 'POST' | 'GET' | 'DELETE'
  readonly era: Era
  readonly incoming: Incoming | undefined
}

/** Known also: in which session, where there is one. */
export interface Bound extends Arrived {
  readonly session: Session | undefined
}

/** A step that has answered by itself returns this. */
export const ANSWERED = undefined

/** One request, and what each step of its way needs: answering it, and keeping its record. */
export class Passage {
  readonly visit: Visit
  readonly proxy: RunningProxy
  /** When it arrived, in milliseconds since the epoch. */
  readonly startedAt = Date.now()
  private readonly clock = performance.now()

  constructor(visit: Visit, proxy: RunningProxy) {
    this.visit = visit
    this.proxy = proxy
  }

  /** Milliseconds since it arrived. */
  elapsed(): number {
    return Math.round((performance.now() - this.clock) * 1000) / 1000
  }

  send(reply: Reply): void {
    sendReply(this.visit.request, this.visit.response, reply, this.visit.fields)
  }

  /** For what is done in the turn of the record, where nobody else would catch a fault of ours: it ends this request, never the gate. */
  safely(work: () => void): void {
    try {
      work()
    } catch (mistake) {
      this.proxy.log.error({ server: this.visit.server.name, err: mistake }, 'a request could not be answered')
      this.visit.response.destroy()
    }
  }

  /** Answers a known caller without asking the upstream, and records that in one line. */
  refuse(
    known: Admitted & Partial<Bound>,
    reply: Reply,
    reason: string,
    decision: RequestEvent['decision'] = 'refused',
  ): typeof ANSWERED {
    const { recorder } = this.proxy
    const intent = this.intent(recorder.newId(this.startedAt), known, decision, reason)
    const event: RequestEvent = { ...intent, outcome: 'gate', status: reply.status, durationMs: this.elapsed() }
    recorder.complete(event, (error) =>
      this.safely(() => this.send(error === undefined ? reply : unrecordedReply(undefined))),
    )
    return ANSWERED
  }

  /** What the record says of it before its outcome: public ids and names, never arguments or secrets. */
  intent(id: string, known: Admitted & Partial<Bound>, decision: Intent['decision'], reason?: string): Intent {
    const { server, peer, request } = this.visit
    const { principal, incoming, session, era } = known
    const { tenant } = principal
    return {
      type: 'request',
      id,
      at: this.startedAt,
      server: server.name,
      tenant,
      principal: toEventPrincipal(principal),
      peer,
      verb: request.method as Intent['verb'],
      era,
      ...(incoming && told(incoming)),
      session: session?.shortHash,
      decision,
      reason,
    }
  }
}
