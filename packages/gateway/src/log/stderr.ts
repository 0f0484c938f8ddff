import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { destination } from 'pino'

/** What waits for a reader that does not read, in bytes; lines beyond it are dropped. */
const WAITING_BYTES = 1024 * 1024
/** How long the last lines may take to be read, in milliseconds. */
const LAST_MS = 250

export interface LineWriter {
  write(line: string): void
  /** Waits for what is still on its way, but not long; nothing is written afterwards. */
  close(): Promise<void>
}

export function openStderr(): LineWriter {
  const kind = fstatSync(2)
  return kind.isFIFO() || kind.isSocket() ? toPipe() : toFile()
}

/**
 * By the event loop. A write of `fs` would hold a thread for as long as nobody reads, and a process in which a thread
 * is held cannot end.
 */
function toPipe(): LineWriter {
  const socket = new Socket({ fd: 2, readable: false, writable: true }).unref()
  // A reader that has gone away (EPIPE) must not end the gate.
  socket.on('error', () => {})
  return {
    write: (line) => {
      if (socket.writable && socket.writableLength + line.length <= WAITING_BYTES) socket.write(line)
    },
    async close() {
      const limit = performance.now() + LAST_MS
      while (socket.writable && socket.writableLength > 0 && performance.now() < limit) await pause(5)
      socket.destroy()
    },
  }
}

/** Files and terminals always take what is written. */
function toFile(): LineWriter {
  const file = destination({ fd: 2, sync: false, maxLength: WAITING_BYTES })
  file.on('error', () => {})
  return {
    write: (line) => void file.write(line),
    close: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      file.flush(() => resolve())
      return Promise.race([promise, pause(LAST_MS)])
    },
  }
}
