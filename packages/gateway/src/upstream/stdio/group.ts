import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

const isWindows = process.platform === 'win32'

/** Whether `spawn` should make the child lead a process group, which is then signalled as one. */
export const leadsGroup = !isWindows

/** Leaders whose groups may still hold processes. */
const living = new Set<number>()

/**
 * Children lead groups of their own, so that what `npx` and the like start ends with them. A terminal's Ctrl-C does
 * not reach such a group: the gate ends its children when it closes, and this is for the ways out that close nothing
 * (`process.exit`, an uncaught error). Where even this does not run (SIGKILL), the children see their stdin end.
 */
function endAllOnExit(): void {
  for (const leader of living) signalGroup(leader, 'SIGKILL')
}

export function watchGroup(leader: number): void {
  if (living.size === 0) process.on('exit', endAllOnExit)
  living.add(leader)
}

function forgetGroup(leader: number): void {
  living.delete(leader)
  if (living.size === 0) process.off('exit', endAllOnExit)
}

/** Signals everything the child has started; 0 only asks. @returns false when nothing of the group is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    if (!isWindows) process.kill(-leader, signal)
    else if (signal === 0) process.kill(leader, 0)
    // Windows has no groups and no SIGTERM: the tree is ended as it is.
    else spawn('taskkill', ['/pid', String(leader), '/t', '/f'], { stdio: 'ignore', windowsHide: true })
    return true
  } catch (error) {
    // EPERM: a member has changed its user. It lives, and it is out of reach.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** What was killed is gone at once; only its entry may stay, where nobody reaps orphans (a container without an init). */
const REAPING_MS = 250

/** Asks what the leader has left behind to end, waits, and ends it. */
export async function sweepGroup(leader: number, graceMs: number): Promise<void> {
  // An empty group gives its number back, so nothing is signalled that was not seen alive just before.
  if (signalGroup(leader, 0) && !isWindows) {
    signalGroup(leader, 'SIGTERM')
    if (!(await isEmptyWithin(leader, graceMs))) {
      signalGroup(leader, 'SIGKILL')
      await isEmptyWithin(leader, REAPING_MS)
    }
  }
  forgetGroup(leader)
}

async function isEmptyWithin(leader: number, ms: number): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 20) {
    if (!signalGroup(leader, 0)) return true
    await sleep(20)
  }
  return !signalGroup(leader, 0)
}
