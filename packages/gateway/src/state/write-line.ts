import type { DatabaseSync } from 'node:sqlite'
import type { MaybePromise } from '@portcullis/auth/store'
import { isBusy } from './database.ts'

/** How long a write stands on the event loop while another process writes, in milliseconds. Most are done by then. */
const STANDING_MS = 50
/** Between two further tries, which do not stand there at all; milliseconds. */
const AGAIN_MS = 25
/** How long a write is tried in all; who holds the database for longer is stuck. Milliseconds. */
const PATIENCE_MS = 10_000
/** What has waited is written in turns as short as this, in milliseconds. */
const TURN_MS = 10

export interface WriteLine {
  /**
   * Does the work now; while another process holds the database, later and in the order it was asked for.
   * @throws what the work throws, and that the database is locked when it was so for ten seconds.
   */
  write<T>(work: () => MaybePromise<T>): MaybePromise<T>
  /** Tries what still waits once more, and gives up what cannot be written. */
  close(): void
}

interface Waiting {
  readonly work: () => unknown
  readonly until: number
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The writes of a connection that serves. SQLite stands on the event loop while it waits for a lock, and every caller
 * with it, so it may do that for a moment only; then the write waits here, and the others behind it.
 */
export function openWriteLine(db: DatabaseSync): WriteLine {
  const waiting: Waiting[] = []
  let timer: NodeJS.Timeout | undefined
  const stand = (ms: number): void => db.exec(`pragma busy_timeout = ${ms}`)
  stand(STANDING_MS)

  /** @returns whether the first in the line is done with, well or not. */
  const tryFirst = (first: Waiting): boolean => {
    try {
      first.resolve(first.work())
    } catch (error) {
      if (isBusy(error) && performance.now() < first.until) return false
      first.reject(error)
    }
    waiting.shift()
    return true
  }

  const takeTurn = (): void => {
    const until = performance.now() + TURN_MS
    let isHeld = false
    stand(0)
    for (let first = waiting[0]; first !== undefined && !isHeld && performance.now() < until; first = waiting[0]) {
      isHeld = !tryFirst(first)
    }
    stand(STANDING_MS)
    timer = waiting.length === 0 ? undefined : setTimeout(takeTurn, isHeld ? AGAIN_MS : 0)
  }

  return {
    write<T>(work: () => MaybePromise<T>): MaybePromise<T> {
      if (waiting.length === 0) {
        try {
          return work()
        } catch (error) {
          if (!isBusy(error)) throw error
        }
      }
      const { promise, resolve, reject } = Promise.withResolvers<T>()
      const until = performance.now() + PATIENCE_MS
      waiting.push({ work, until, resolve: resolve as Waiting['resolve'], reject })
      timer ??= setTimeout(takeTurn, AGAIN_MS)
      return promise
    },
    close() {
      clearTimeout(timer)
      let fault: unknown
      for (const { work, resolve, reject } of waiting.splice(0)) {
        try {
          if (fault === undefined) resolve(work())
        } catch (error) {
          // Nobody lets the next one in either, and each would stand here in vain.
          if (isBusy(error)) fault = error
          reject(error)
        }
        if (fault !== undefined) reject(fault)
      }
    },
  }
}
