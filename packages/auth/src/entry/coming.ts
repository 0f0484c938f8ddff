import { type RequestEvent, told, type WrittenOutcome } from '../events/index.ts'
import { type Guard, type Principal, principalKey, toEventPrincipal } from '../guard/index.ts'
import { errorReply, type Reply } from '../http/index.ts'
import type { Access, TaskLedger } from '../policy/index.ts'
import type { Era, Incoming } from '../protocol/index.ts'
import type { Chores } from './chores.ts'
import type { Settled } from './options.ts'
import { Passage } from './passage.ts'
import type { Recording } from './recording.ts'
import type { Visit } from './visit.ts'

/** Whether a request is let in; a refusal is an answer, whole and ready to be sent. */
export type Admission =
  | { readonly kind: 'refused'; readonly reply: Reply }
  | { readonly kind: 'admitted'; readonly passage: Passage }

/** What the way in needs of its guard. */
export interface Doorkeeping {
  readonly core: Guard
  readonly settled: Settled
  readonly record: Recording
  readonly chores: Chores
  readonly tasks: TaskLedger
}

const INCOMPLETE = errorReply(400, 'body_incomplete', 'The body broke off.')

/** Guards that were warned of it. */
const warned = new WeakSet<Settled>()

function warnOfWholeList(settled: Settled): void {
  if (warned.has(settled)) return
  warned.add(settled)
  settled.onWarning(
    'a caller saw the names of tools that it may not call: put guardTools(server, guard) around the server',
  )
}

type Sent = Partial<Pick<RequestEvent, 'era'>> & { readonly incoming?: Incoming | undefined }

/** A request of somebody who is known, until it is let in or answered. Either is recorded. */
export class Coming {
  readonly visit: Visit
  readonly principal: Principal
  readonly access: Access
  readonly owner: string
  readonly peer: string
  readonly #keeping: Doorkeeping
  readonly #at = Date.now()
  readonly #clock = performance.now()

  constructor(
    visit: Visit,
    peer: string,
    { principal, access }: Pick<Passage, 'principal' | 'access'>,
    keeping: Doorkeeping,
  ) {
    this.visit = visit
    this.peer = peer
    this.principal = principal
    this.access = access
    this.owner = principalKey(principal)
    this.#keeping = keeping
  }

  /** Answered without asking the server. */
  refuse(reply: Reply, reason: string, decision: RequestEvent['decision'] = 'refused', sent: Sent = {}): Admission {
    this.#record(sent, { decision, reason, outcome: 'gate', status: reply.status })
    return { kind: 'refused', reply: { status: reply.status, headers: reply.headers, body: reply.body } }
  }

  /** Gone before the body was whole: nobody hears the answer. */
  leave(): Admission {
    this.#record({}, { decision: 'refused', reason: 'body_incomplete', outcome: 'left', status: undefined })
    return { kind: 'refused', reply: INCOMPLETE }
  }

  /**
   * @param headers For its answer: [name, value, …].
   * @param isPart Whether its answer is a list of which the caller may see a part.
   */
  pass(era: Era, incoming: Incoming | undefined, headers: readonly string[] = [], isPart = false): Admission {
    const { settled, chores } = this.#keeping
    const { server, sessions, uri } = settled
    const passage = new Passage(
      { principal: this.principal, access: this.access, owner: this.owner, era, incoming, headers },
      {
        resource: uri,
        metadataUrl: server.resource?.metadataUrl,
        sessions,
        until: chores.until,
        ...(isPart && { onWholeList: () => warnOfWholeList(settled) }),
        onEnd: (ending) => this.#record({ era, incoming }, { decision: 'allowed', ...ending }),
      },
    )
    if (this.visit.method === 'DELETE') passage.closes(this.visit.header('mcp-session-id'))
    return { kind: 'admitted', passage }
  }

  /** Milliseconds since it was known who comes. */
  elapsed(): number {
    return performance.now() - this.#clock
  }

  #record(
    { era, incoming }: Sent,
    ending: {
      decision: RequestEvent['decision']
      reason?: string
      outcome: WrittenOutcome
      status: number | undefined
    },
  ): void {
    const { record, settled } = this.#keeping
    record.request(() => ({
      type: 'request',
      id: record.newId(this.#at),
      at: this.#at,
      server: settled.server.name,
      tenant: this.principal.tenant,
      principal: toEventPrincipal(this.principal),
      peer: this.peer,
      verb: this.visit.method as RequestEvent['verb'],
      era,
      ...(incoming && told(incoming)),
      ...ending,
      durationMs: Math.round(this.elapsed() * 1000) / 1000,
    }))
  }
}
