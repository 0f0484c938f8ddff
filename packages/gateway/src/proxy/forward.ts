import type { Ending } from '@portcullis/auth/events'
import type { Reply } from '@portcullis/auth/http'
import type { ListRules } from '@portcullis/auth/policy'
import { idOf } from '@portcullis/auth/protocol'
import type { Conversation } from '../sessions/index.ts'
import type { Call, UpstreamFailure } from '../upstream/upstream.ts'
import { AnswerFilter, type FilteredCaller } from './answer-filter.ts'
import { CallerAnswer, type Course } from './caller-answer.ts'
import { conversationOf } from './conversation-of.ts'
import type { Permission } from './decide.ts'
import { tooManySessionsReply } from './failures.ts'
import { withoutParams } from './fields.ts'
import { LastingCall } from './lasting.ts'
import type { Bound, Passage } from './passage.ts'

/** Sends a call upstream and its answer back. The intent is on record; the answer sees to the outcome. */
export function forward(passage: Passage, bound: Bound, permission: Permission, eventId: string): void {
  const { response, server } = passage.visit
  const { recorder } = passage.proxy
  if (response.destroyed) {
    recorder.outcome(eventId, { outcome: 'left', durationMs: passage.elapsed() }, () => {})
    return
  }
  const { session } = bound
  if (session !== undefined) session.open++
  const answer = answerOf(passage, bound, permission, eventId)
  try {
    server.upstream.send(callOf(passage, bound), answer)
  } catch (mistake) {
    // The call has begun, so its end is put on record, too.
    passage.proxy.log.error({ server: server.name, event: eventId, err: mistake }, 'a call could not be sent on')
    answer.fail({ reason: 'broken', detail: 'a fault of the gate' })
  }
}

function callOf({ visit }: Passage, { era, verb, fields, principal, principalKey, incoming, session }: Bound): Call {
  return {
    era,
    method: verb,
    headers: era === 'legacy' ? withoutParams(fields.forwarded, visit.server.forwardFields) : fields.forwarded,
    // Nobody shares a child with strangers: on a public server each address counts as somebody.
    principalKey: principal.kind === 'anonymous' ? `${principalKey} ${visit.peer}` : principalKey,
    ...(incoming === undefined ? undefined : { incoming }),
    ...(session === undefined ? undefined : { upstreamSession: session.upstreamSession }),
  }
}

function answerOf(passage: Passage, bound: Bound, permission: Permission, eventId: string): CallerAnswer {
  const { request, response, fields } = passage.visit
  const call = new ForwardedCall(passage, bound, eventId)
  const answer = new CallerAnswer({
    request,
    response,
    id: idOf(bound.incoming),
    filter: new AnswerFilter({
      isLimited: !bound.access.seesEverything,
      // What a resumed stream says again may be a list.
      shortensList: permission.shortensList || bound.fields.header('last-event-id') !== undefined,
      caller: call,
    }),
    maxBytes: passage.proxy.limits.eventBytes,
    fields,
    course: call,
  })
  call.begin(answer)
  return answer
}

/** One call upstream: what its answer is measured by, and what it brings about here. */
class ForwardedCall extends LastingCall implements Course, FilteredCaller {
  private readonly passage: Passage
  private readonly bound: Bound
  private readonly eventId: string
  private unwatch: (() => void) | undefined
  private unlist: (() => void) | undefined
  private answer: CallerAnswer | undefined

  constructor(passage: Passage, bound: Bound, eventId: string) {
    super()
    this.passage = passage
    this.bound = bound
    this.eventId = eventId
  }

  /** From here on the call ends with its credential, if it lasts. */
  begin(answer: CallerAnswer): void {
    this.answer = answer
    this.passage.proxy.lasting.add(this)
  }

  watch(): void {
    const { guard } = this.passage.proxy
    this.unwatch ??= guard.watch.until(this.bound.principal, () => this.answer?.abandon('left', 'credential_ended'))
  }

  onSession(upstreamSession: string): readonly string[] | Reply {
    const { session, principalKey, incoming } = this.bound
    // A server that repeats its session's id on later answers means the session that is there.
    if (session !== undefined) return ['mcp-session-id', session.id]
    const { name, hasLastingSessions } = this.passage.visit.server
    const minted = this.passage.proxy.sessions.mint(name, principalKey, upstreamSession, hasLastingSessions)
    return minted === undefined ? tooManySessionsReply(idOf(incoming)) : ['mcp-session-id', minted.id]
  }

  onStatus(status: number): void {
    const { session, verb } = this.bound
    // Ended by its caller, or no longer known upstream; an upstream that does not end sessions (405) keeps it.
    const isOver = status === 404 || (verb === 'DELETE' && status < 300)
    if (isOver && session !== undefined) this.passage.proxy.sessions.end(session)
  }

  onStream(stream: Parameters<Course['onStream']>[0]): void {
    const { lasting, standing } = this.passage.proxy
    lasting.remove(this)
    this.watch()
    if (isStanding(this.bound)) this.unlist = standing.add(() => stream.closeStream('gate_closing'))
  }

  record(ending: Omit<Ending, 'durationMs'>, then: (error?: Error) => void): void {
    this.passage.proxy.lasting.remove(this)
    this.unwatch?.()
    this.unlist?.()
    if (this.bound.session !== undefined) this.bound.session.open--
    const { passage } = this
    passage.proxy.recorder.outcome(this.eventId, { ...ending, durationMs: passage.elapsed() }, (error) =>
      passage.safely(() => then(error)),
    )
  }

  log(failure: UpstreamFailure): void {
    const { visit, proxy } = this.passage
    proxy.log.warn({ server: visit.server.name, event: this.eventId, ...failure }, 'upstream failed')
  }

  listRules(): ListRules {
    const { access, principalKey } = this.bound
    const { tasks } = this.passage.proxy
    const { name } = this.passage.visit.server
    return {
      seesTool: access.seesEverything ? undefined : access.sees,
      ownsTask: (taskId) => tasks.isOwn(name, taskId, principalKey),
    }
  }

  conversation(): Conversation | undefined {
    return this.bound.era === 'legacy' ? conversationOf(this.passage, this.bound) : undefined
  }

  onTask(taskId: string): void {
    this.passage.proxy.tasks.note(this.passage.visit.server.name, taskId, this.bound.principalKey)
  }
}

/** A stream that waits for whatever may happen, where others wait for one answer. */
function isStanding({ verb, incoming }: Bound): boolean {
  const [message] = incoming?.messages ?? []
  return verb === 'GET' || (message?.kind === 'request' && message.method === 'subscriptions/listen')
}
