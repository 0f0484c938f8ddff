import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Segment } from './segment.ts'

/**
 * Whether the writer of a segment is gone. A wrong "gone" would lose events (its segments are deleted), so it takes
 * proof: the process id is free on this very machine and in this very process namespace, or the writer, who touches
 * its segment every `BEAT_MS`, was watched for `WATCH_MS` without a sign of life. The watching goes by our own steady
 * clock: file times are only compared with each other. A writer who finds that it has been asleep for
 * `STALE_MS` or longer opens a fresh segment before it writes on.
 */
export const BEAT_MS = 10_000
export const STALE_MS = 30_000
export const WATCH_MS = 60_000

/** Process parts of the spools that are open in this process. */
export const openHere = new Set<string>()

let place: string | undefined
/** Names the machine, its start and the process namespace: containers share file systems, but not process ids. */
export function thisPlace(): string {
  const facts = [
    hostname(),
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ]
  place ??= createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 8)
  return place
}

/** Where there is no /proc, the host's name has to do. */
function attempt(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

export interface Writers {
  /** @param sign What changes while the writer lives: its last segment's size and time of change. */
  isGone(last: Segment, sign: string): boolean
}

/** @param clock A steady clock in milliseconds. */
export function watchWriters({ clock = () => performance.now(), watchMs = WATCH_MS } = {}): Writers {
  const seen = new Map<string, { readonly sign: string; readonly since: number }>()
  return {
    isGone(last, sign) {
      if (openHere.has(last.process)) return false
      if (last.place === thisPlace() && !isRunning(last.pid)) return true
      const now = clock()
      const before = seen.get(last.process)
      if (before?.sign !== sign) {
        seen.set(last.process, { sign, since: now })
        return false
      }
      return now - before.since >= watchMs
    },
  }
}

/** Whether a writer runs beside this process, as far as its process id tells: another may have it by now. */
export function seemsToRun({ place, pid }: Segment): boolean {
  return place === thisPlace() && isRunning(pid)
}

function isRunning(pid: number): boolean {
  // Our own id and not open here: it was the id of somebody before us.
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
