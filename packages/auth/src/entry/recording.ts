import { randomId } from '../crypto/index.ts'
import { type AuditEvent, countStrangers, cutWord, eventIds, type RequestEvent } from '../events/index.ts'
import type { Settled } from './options.ts'
import { wordsOf } from './warnings.ts'

/** How long counted refusals wait at least until they are told, in milliseconds. */
const ROUND_MS = 5000

/** Tells of what happened, in the events that the gateway records. */
export interface Recording {
  readonly newId: (at: number) => string
  /** Not made where nobody listens. */
  request(event: () => RequestEvent): void
  /** Somebody was turned away before anybody knew who it was: counted per network, told later. */
  refusal(
    peer: string,
    refusal: { readonly reason: string; readonly because?: string; readonly credentialId?: string },
  ): void
  /** Tells what was counted, if it is time. @returns whether something still waits. */
  tell(isLast?: boolean): boolean
}

export function recording({ server, onEvent: listener, onWarning }: Settled): Recording {
  if (listener === undefined) return SILENT
  const warn = (error: unknown) => onWarning(`onEvent has thrown: ${wordsOf(error)}`)
  // Whoever listens has no say in what becomes of a request.
  const onEvent = (event: AuditEvent): void => {
    try {
      // Typed as giving nothing; an async function gives a promise, and one that fails would end the process.
      const told: unknown = listener(event)
      if (told instanceof Promise) told.catch(warn)
    } catch (error) {
      warn(error)
    }
  }
  let ids: ((at: number) => string) | undefined
  const newId = (at: number): string => {
    // Not at construction: there are runtimes that have no randomness before their first request.
    ids ??= eventIds(randomId(6))
    return ids(at)
  }
  const strangers = countStrangers()
  let toldAt = 0
  return {
    newId,
    request(event) {
      onEvent(trimmed(event()))
    },
    refusal(peer, { reason, because, credentialId }) {
      if (toldAt === 0) toldAt = Date.now()
      strangers.count({ peer, reason, because, server: server.name, credentialId }, Date.now())
    },
    tell(isLast = false) {
      const at = Date.now()
      if (toldAt === 0) return false
      if (!isLast && at - toldAt < ROUND_MS) return true
      toldAt = 0
      for (const tally of strangers.take()) onEvent({ type: 'refusals', id: newId(at), at, ...tally })
      return false
    },
  }
}

const SILENT: Recording = { newId: () => '', request() {}, refusal() {}, tell: () => false }

/** The caller's words as the gateway records them: cut, and of a secret in them only its public id. */
function trimmed({ method, name, ...event }: RequestEvent): RequestEvent {
  return { ...event, method: method && cutWord(method), name: name && cutWord(name) }
}
