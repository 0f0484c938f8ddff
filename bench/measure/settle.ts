import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMicroseconds } from '../process/index.ts'

const PATIENCE_MS = 180_000
const LOOK_MS = 500
/** Below this share of a core a process is at rest: timers and clocks. */
const REST = 0.06

/**
 * Waits until a process has done what it put off: records to be written, keys to be read. Otherwise it would do so on
 * the core of whoever is measured next. @throws {Error} when it is still busy after three minutes.
 */
export async function settle(name: string, pid: number): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while (performance.now() < until) {
    const before = cpuMicroseconds(pid)
    await sleep(LOOK_MS)
    if (cpuMicroseconds(pid) - before < REST * LOOK_MS * 1000) return
  }
  throw new Error(`${name} is still busy ${PATIENCE_MS / 1000} s after its last call`)
}
