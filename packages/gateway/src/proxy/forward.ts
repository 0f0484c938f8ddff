import type { Call } from '../upstream/upstream.ts'
import { AnswerFilter } from './answer-filter.ts'
import { CallerAnswer } from './caller-answer.ts'
import { conversationOf } from './conversation-of.ts'
import type { Permission } from './decide.ts'
import { tooManySessionsReply } from './failures.ts'
import { type Bound, idOf, type Passage } from './passage.ts'

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
  server.upstream.send(callOf(passage, bound), answerOf(passage, bound, permission, eventId))
}

function callOf({ visit }: Passage, { era, verb, fields, principal, principalKey, incoming, session }: Bound): Call {
  return {
    era,
    method: verb,
    headers: fields.forwarded,
    // Nobody shares a child with strangers: on a public server each address counts as somebody.
    principalKey: principal.kind === 'anonymous' ? `${principalKey} ${visit.peer}` : principalKey,
    ...(incoming === undefined ? undefined : { incoming }),
    ...(session === undefined ? undefined : { upstreamSession: session.upstreamSession }),
  }
}

function answerOf(passage: Passage, bound: Bound, permission: Permission, eventId: string): CallerAnswer {
  const { request, response, server, fields } = passage.visit
  const { sessions, recorder, guard, log, limits, tasks, standing } = passage.proxy
  const { principal, principalKey, session, access, era, incoming } = bound
  const id = idOf(incoming)
  let unwatch: (() => void) | undefined
  let unlist: (() => void) | undefined
  const answer = new CallerAnswer({
    request,
    response,
    id,
    filter: new AnswerFilter({
      conversation: era === 'legacy' ? () => conversationOf(passage, bound) : undefined,
      seesTool: access.seesEverything ? undefined : access.sees,
      ownsTask: (taskId) => tasks.isOwn(server.name, taskId, principalKey),
      onTask: (taskId) => tasks.note(server.name, taskId, principalKey),
      // What a resumed stream says again may be a list.
      shortensList: permission.shortensList || bound.fields.header('last-event-id') !== undefined,
    }),
    maxBytes: limits.eventBytes,
    fields,
    onSession: (upstreamSession) => {
      // A server that repeats its session's id on later answers means the session that is there.
      if (session !== undefined) return ['mcp-session-id', session.id]
      const minted = sessions.mint(server.name, principalKey, upstreamSession, server.hasLastingSessions)
      return minted === undefined ? tooManySessionsReply(id) : ['mcp-session-id', minted.id]
    },
    onStatus: (status) => {
      // Ended by its caller, or no longer known upstream; an upstream that does not end sessions (405) keeps it.
      const isOver = status === 404 || (bound.verb === 'DELETE' && status < 300)
      if (isOver && session !== undefined) sessions.end(session)
    },
    onStream: (cut) => {
      unwatch = guard.watch.until(principal, cut)
      if (isStanding(bound)) unlist = standing.add(() => answer.closeStream('gate_closing'))
    },
    record: (ending, then) => {
      unwatch?.()
      unlist?.()
      if (session !== undefined) session.open--
      recorder.outcome(eventId, { ...ending, durationMs: passage.elapsed() }, then)
    },
    log: (failure) => log.warn({ server: server.name, event: eventId, ...failure }, 'upstream failed'),
  })
  return answer
}

/** A stream that waits for whatever may happen, where others wait for one answer. */
function isStanding({ verb, incoming }: Bound): boolean {
  const [message] = incoming?.messages ?? []
  return verb === 'GET' || (message?.kind === 'request' && message.method === 'subscriptions/listen')
}
