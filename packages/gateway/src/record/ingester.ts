import type { AuditStore } from '@portcullis/auth/store'
import { openIntake } from './intake.ts'
import { type Writers, watchWriters } from './life.ts'
import type { RecordLog } from './log.ts'
import { giveUpGone, upkeep } from './upkeep.ts'

export interface IngesterOptions {
  readonly directory: string
  readonly store: AuditStore
  readonly log: RecordLog
  /** How long events are kept, in milliseconds. Default 90 days. */
  readonly retentionMs?: number
  /** How long a call may run before its outcome is given up, in milliseconds. Default one day. */
  readonly giveUpMs?: number
  /** Bytes that may wait in the spool while the gate is busy; beyond, they are taken in all the same. Default 256 MiB. */
  readonly backlogBytes?: number
  readonly writers?: Writers
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

export interface Ingester {
  /** Takes in all there is now, however busy the gate: for tests and commands. */
  drain(): Promise<void>
  /** Stops after the batch at hand. What is not taken in stays in the spool. */
  close(): Promise<void>
  /** For metrics: bytes that waited when last looked, and damaged lines that were skipped. */
  readonly state: { readonly backlogBytes: number; readonly brokenLines: number }
}

const DAY_MS = 86_400_000
/** Above this share of time spent working, the loop belongs to the callers. */
const BUSY = 0.7
/** Unless so much waits: half a minute of a saturated gate. At four times as much there are no pauses any more. */
const BACKLOG_BYTES = 256 * 2 ** 20
/** Batches grow and shrink to take about so long. */
const BATCH_MS = 1.2
const MIN_LINES = 10
const MAX_LINES = 200
/** Between two batches; when there was nothing; when the loop was busy, and between two looks at all that waits. Milliseconds. */
const PAUSE_MS = 5
const IDLE_MS = 250
const BUSY_MS = 100
const UPKEEP_MS = 60_000
const MAX_RETRY_MS = 30_000

/** Fills the store from the spool, in small steps between the calls. */
export function startIngester(options: IngesterOptions): Ingester {
  const { directory, store, log, writers = watchWriters() } = options
  const { retentionMs = 90 * DAY_MS, giveUpMs = DAY_MS, backlogBytes: bound = BACKLOG_BYTES, now = Date.now } = options
  const intake = openIntake({ directory, store, writers, log })
  const isBusy = watchLoop()
  const keepUp = upkeep({ directory, store, retentionMs, giveUpMs, now })
  let maxLines = 50
  let backlogBytes = 0
  let lookAt = 0
  let upkeepAt = 0
  let failures = 0
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const takeBatch = async (): Promise<boolean> => {
    const start = performance.now()
    const more = await intake.step(maxLines)
    if (more) maxLines = nextSize(maxLines, performance.now() - start)
    return more
  }

  /** @returns milliseconds to the next one. */
  const round = async (): Promise<number> => {
    if (performance.now() >= lookAt) {
      backlogBytes = await intake.backlog()
      lookAt = performance.now() + BUSY_MS
    }
    if (isBusy() && backlogBytes < bound) return BUSY_MS
    if (performance.now() >= upkeepAt) {
      const more = await keepUp()
      upkeepAt = performance.now() + (more ? 2 * PAUSE_MS : UPKEEP_MS)
      return PAUSE_MS
    }
    // The more waits beyond the bound, the shorter the pauses; at four times the bound there are none.
    if (await takeBatch()) return PAUSE_MS * clamp((4 - backlogBytes / bound) / 3, 0, 1)
    await giveUpGone(directory, store)
    return IDLE_MS
  }

  const patient = async (): Promise<number> => {
    try {
      const delay = await round()
      if (failures > 0) log.info({ failures }, 'the audit store takes events again')
      failures = 0
      return delay
    } catch (error) {
      if (failures++ === 0) {
        log.error({ error: (error as Error).message }, 'the audit store takes no events; they wait in the spool')
      }
      return Math.min(IDLE_MS * 2 ** failures, MAX_RETRY_MS)
    }
  }

  let turn: Promise<unknown> = Promise.resolve()
  /** One at a time, whoever asks. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => {})
    return done
  }

  const schedule = (delay: number): void => {
    if (isClosed) return
    timer = setTimeout(() => inTurn(patient).then(schedule), delay).unref()
  }
  schedule(PAUSE_MS)

  return {
    get state() {
      return { backlogBytes, brokenLines: intake.broken }
    },
    drain: () =>
      inTurn(async () => {
        while (await takeBatch()) await new Promise(setImmediate)
        while (await keepUp()) await new Promise(setImmediate)
        backlogBytes = await intake.backlog()
      }),
    async close() {
      isClosed = true
      clearTimeout(timer)
      await turn
    },
  }
}

/** @returns whether the event loop has been busy since it was last asked. */
function watchLoop(): () => boolean {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return utilization > BUSY
  }
}

/** Lines for the next batch, after one of so many took so long. */
function nextSize(lines: number, tookMs: number): number {
  return Math.round(clamp(lines * clamp(BATCH_MS / tookMs, 0.5, 1.5), MIN_LINES, MAX_LINES))
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
