import type { Guard, Principal } from '../guard/index.ts'
import type { Recording } from './recording.ts'
import { wordsOf } from './warnings.ts'

/** How often streams are held against what changed, in milliseconds: a revoked key's end within 250. */
const WATCH_MS = 200
/** How often last uses are written, in milliseconds. */
const USES_MS = 5000

/** What is done beside requests. Timers run only while something waits, and keep no process alive. */
export interface Chores {
  /** With each request: sets off what is due, and waits for nothing. */
  onRequest(): void
  /** Calls `end` when the principal's credential ends. @returns stops watching. */
  until(principal: Principal, end: () => void): () => void
  close(): Promise<void>
}

export function startChores(core: Guard, record: Recording, onWarning: (text: string) => void): Chores {
  let watching: ReturnType<typeof setInterval> | undefined
  let later: ReturnType<typeof setTimeout> | undefined
  let isClosed = false

  const look = (): void => {
    if (core.watch.size === 0) {
      clearInterval(watching)
      watching = undefined
      return
    }
    core.watch.look().catch((error: unknown) => onWarning(`a stream could not be ended: ${wordsOf(error)}`))
  }

  const writeUses = async (): Promise<void> => {
    try {
      await core.directory.writeUses()
    } catch (error) {
      onWarning(`last uses of keys are not kept: ${wordsOf(error)}`)
    }
  }

  /** Once more where something still waits to be told: who has left sets off nothing any more. */
  const soon = (): void => {
    if (later !== undefined || isClosed) return
    later = letGo(
      setTimeout(() => {
        later = undefined
        if (record.tell()) soon()
        void writeUses()
      }, USES_MS),
    )
  }

  return {
    onRequest() {
      record.tell()
      soon()
    },
    until(principal, end) {
      const stop = core.watch.until(principal, end)
      watching ??= letGo(setInterval(look, WATCH_MS))
      return stop
    },
    async close() {
      isClosed = true
      clearInterval(watching)
      clearTimeout(later)
      record.tell(true)
      await writeUses()
    },
  }
}

/** A timer must not keep a process from ending; elsewhere than on Node it is a number. */
function letGo<Timer>(timer: Timer): Timer {
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}
