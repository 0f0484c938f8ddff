import type { AuditStore } from '@portcullis/auth/store'
import { type Ingester, startIngester } from './ingester.ts'
import { seemsToRun } from './life.ts'
import type { RecordLog } from './log.ts'
import { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts'
import { listSegments } from './segment.ts'
import { openSpool, type Written } from './spool.ts'

export interface KeepOptions {
  readonly directory: string
  readonly segmentBytes: number
  readonly retentionMs: number
  /** Filled from the spool; absent where it would be forgotten with the process: the spool alone keeps the record then. */
  readonly store: AuditStore | undefined
  /** False: calls go on when nothing can be written. */
  readonly isRequired: boolean
  readonly mirror: RecorderOptions['mirror']
  readonly log: RecordLog
}

export interface Kept {
  readonly recorder: Recorder
  /** Why the record cannot be written now; undefined when it can. */
  fault(): string | undefined
  close(): Promise<void>
}

/** While nothing can be written, how often it is tried, in milliseconds: callers may have been sent elsewhere. */
const RETRY_MS = 2000

/** The record of a running gate: a recorder, what fills the store behind it, and an eye on whether it can be written. */
export function keepRecord(options: KeepOptions): Kept {
  const { directory, segmentBytes, retentionMs, store, isRequired, mirror, log } = options
  tellOfOthers(directory, log)
  const spool = openSpool({ directory, segmentBytes, onWrite: (error) => noteOutcome(error) })
  const plain = createRecorder({ spool, log, mirror })
  const ingester: Ingester | undefined =
    store === undefined ? undefined : startIngester({ directory, store, log, retentionMs })
  let fault: string | undefined
  let retry: NodeJS.Timeout | undefined

  const noteFault = (error: Error): void => {
    if (fault !== undefined) return
    fault = (error as NodeJS.ErrnoException).code ?? error.message
    const consequence = isRequired ? 'calls are refused until it can be written' : 'calls go on without it'
    log.error({ error: fault, directory }, `the record cannot be written: ${consequence}`)
    retry = setInterval(() => plain.operation({ type: 'record.resumed', actor: 'gate' }, nothing), RETRY_MS).unref()
  }
  const noteOutcome: Written = (error) => {
    if (error !== undefined) return noteFault(error)
    if (fault === undefined) return
    fault = undefined
    clearInterval(retry)
    log.info({ directory }, 'the record can be written again')
  }

  return {
    recorder: isRequired ? plain : heedless(plain),
    fault: () => (isRequired ? fault : undefined),
    async close() {
      clearInterval(retry)
      plain.operation({ type: 'gate.stopped', actor: 'gate' })
      plain.close()
      await ingester?.close()
    },
  }
}

/** Two gates get along, but each knows only its own programs and tasks: seldom what somebody meant to start. */
function tellOfOthers(directory: string, log: RecordLog): void {
  const pids = [...listSegments(directory).values()].flatMap((segments) => {
    const last = segments.at(-1)
    return last !== undefined && seemsToRun(last) ? [last.pid] : []
  })
  if (pids.length > 0)
    log.info({ directory, pids }, 'another process keeps its record here; if it is a gate, one is enough')
}

/** Nobody who waits for the record hears that it could not be written. */
function heedless(plain: Recorder): Recorder {
  const without =
    (then: Written): Written =>
    () =>
      then()
  return {
    ...plain,
    intent: (intent, then) => plain.intent(intent, without(then)),
    outcome: (id, ending, then) => plain.outcome(id, ending, without(then)),
    complete: (event, then) => plain.complete(event, without(then)),
  }
}

function nothing(): void {}
