import {
  type AuditEvent,
  countStrangers,
  type Ending,
  eventIds,
  type Intent,
  type OperationEvent,
  type RequestEvent,
  type Stranger,
  type Tally,
} from '@portcullis/auth/events'
import { endingLine, eventLine, intentLine } from './lines.ts'
import type { RecordLog } from './log.ts'
import type { Spool, Written } from './spool.ts'

/**
 * Writes the record. Each `Written` waits for the kernel only: what has been acknowledged survives the death of the
 * gate, not the loss of power.
 */
export interface Recorder {
  /** A new event id for the moment `at` (milliseconds since the epoch). */
  newId(at: number): string
  /** Before a call goes upstream. On an error the call must not go: answer 503. */
  intent(intent: Intent, then: Written): void
  /** Before the last byte of its answer goes out. */
  outcome(id: string, ending: Ending, then: Written): void
  /** In one line, for a request that the gate answers by itself. */
  complete(event: RequestEvent, then: Written): void
  /** Stamped with id and time here. */
  operation(event: Omit<OperationEvent, 'id' | 'at'>, then?: Written): void
  /** Counted and sampled, never one line per request. */
  refusal(stranger: Stranger): void
  /** Writes what is still in hand, synchronously. Nothing may be recorded afterwards. */
  close(): void
}

export interface RecorderOptions {
  readonly spool: Spool
  readonly log: RecordLog
  /** Shown every finished event: for standard error. What it does or throws changes nothing. */
  readonly mirror?: ((event: AuditEvent) => void) | undefined
  /** Milliseconds between two rounds of counted refusals. Default 10 000. */
  readonly refusalsMs?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** Closes the spool when it is closed. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { spool, log, refusalsMs = 10_000, now = Date.now } = options
  const newId = eventIds(spool.process)
  const strangers = countStrangers()
  const mirror = options.mirror === undefined ? undefined : mirrorTo(options.mirror)

  const writeRefusals = (): void => {
    for (const tally of strangers.take()) {
      const at = now()
      const event = { type: 'refusals', id: newId(at), at, ...tally } as const
      spool.append(eventLine(event), (error) => {
        if (error === undefined) mirror?.show(event)
        else keep(tally, error)
      })
    }
  }
  const keep = (tally: Tally, error: Error): void => {
    strangers.putBack(tally)
    log.warn({ error: error.message }, 'counted refusals could not be written; they go into the next round')
  }
  const rounds = setInterval(writeRefusals, refusalsMs).unref()

  return {
    newId,
    intent(intent, then) {
      if (mirror === undefined) return spool.append(intentLine(intent), then)
      mirror.open(intent)
      spool.append(intentLine(intent), (error) => {
        if (error !== undefined) mirror.drop(intent.id)
        then(error)
      })
    },
    outcome(id, ending, then) {
      mirror?.end(id, ending)
      spool.append(endingLine(id, ending), then)
    },
    complete(event, then) {
      mirror?.show(event)
      spool.append(eventLine(event), then)
    },
    operation(facts, then) {
      const at = now()
      const event: OperationEvent = { ...facts, id: newId(at), at }
      mirror?.show(event)
      spool.append(
        eventLine(event),
        then ??
          ((error) => error && log.error({ type: event.type, error: error.message }, 'an event was not recorded')),
      )
    },
    refusal(stranger) {
      strangers.count(stranger, now())
    },
    close() {
      clearInterval(rounds)
      writeRefusals()
      spool.close()
    },
  }
}

/** Calls that a mirror waits for at most: beyond, their ends are shown by nobody. The record itself has no bound. */
const MAX_MIRRORED = 10_000

function mirrorTo(show: (event: AuditEvent) => void) {
  const running = new Map<string, Intent>()
  const safely = (event: AuditEvent): void => {
    try {
      show(event)
    } catch {
      // A mirror is a courtesy: a closed pipe must not stop a call.
    }
  }
  return {
    show: safely,
    open(intent: Intent): void {
      if (running.size < MAX_MIRRORED) running.set(intent.id, intent)
    },
    drop(id: string): void {
      running.delete(id)
    },
    end(id: string, ending: Ending): void {
      const intent = running.get(id)
      if (intent === undefined) return
      running.delete(id)
      safely({ ...intent, ...ending, reason: ending.reason ?? intent.reason })
    },
  }
}
