/**
 * The processes that came from a process, however they were detached: seen while their line of parents still holds,
 * or known by a variable in their environment. Reads /proc; where there is none (not Linux), finds nothing.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Handed down from process to process; its value tells whose offspring it is. */
export const MARK = 'PORTCULLIS_TEST_FILE'

/** How often is looked, in milliseconds: who is born and orphaned in between is found by its mark only. */
const INTERVAL = 200

interface Seen {
  readonly pid: number
  readonly parent: number
  /** A process id may be used again; with the time of its start it is unique. */
  readonly started: string
}

export interface Offspring {
  /** Waits until all are gone, for `grace` milliseconds at most, then ends those that are not. @returns what they ran. */
  endRest(grace: number): Promise<readonly string[]>
  /** Ends all, the process itself included. */
  endAll(): void
}

/** @param pid The process whose offspring is watched. @param mark What its environment holds under `MARK`. */
export function watchOffspring(pid: number, mark: string): Offspring {
  /** Members of the family, the first included, and when each started. */
  const known = new Map([...processes()].filter((seen) => seen.pid === pid).map((seen) => [pid, seen.started]))

  const look = (isMarked: (id: number) => boolean): readonly Seen[] => {
    const now = [...processes()]
    const family = new Set(now.filter((seen) => known.get(seen.pid) === seen.started).map((seen) => seen.pid))
    // A child may stand before its parent in the list: again until nobody joins.
    for (let size = -1; size !== family.size; ) {
      size = family.size
      for (const seen of now) if (family.has(seen.parent)) family.add(seen.pid)
    }
    const found = now.filter((seen) => seen.pid !== pid && (family.has(seen.pid) || isMarked(seen.pid)))
    for (const seen of found) known.set(seen.pid, seen.started)
    return found
  }
  const lookClosely = () => look((id) => environment(id).has(`${MARK}=${mark}`))

  const timer = setInterval(() => look(() => false), INTERVAL)
  timer.unref()
  const end = (): readonly string[] =>
    lookClosely().map((seen) => {
      const command = commandOf(seen.pid)
      kill(seen.pid)
      return `${command} (${seen.pid})`
    })
  return {
    async endRest(grace) {
      clearInterval(timer)
      for (const until = Date.now() + grace; Date.now() < until && lookClosely().length > 0; ) await sleep(50)
      return end()
    },
    endAll() {
      clearInterval(timer)
      kill(pid)
      end()
    },
  }
}

function* processes(): Generator<Seen> {
  for (const name of readable(() => readdirSync('/proc'), [])) {
    if (!/^\d+$/.test(name)) continue
    // pid (name, which may hold anything) state parent … ; the 22nd field is the start.
    const stat = readable(() => readFileSync(`/proc/${name}/stat`, 'utf8'), '')
    const [state, parent, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; that nobody asked for its exit code is not its fault.
    if (state === undefined || parent === undefined || state === 'Z' || state === 'X') continue
    yield { pid: Number(name), parent: Number(parent), started: fields[17] ?? '' }
  }
}

const environment = (pid: number): ReadonlySet<string> =>
  new Set(readable(() => readFileSync(`/proc/${pid}/environ`, 'utf8'), '').split('\0'))

const commandOf = (pid: number): string =>
  readable(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
    .split('\0')
    .join(' ')
    .trim()

/** What belongs to a process may be gone, or be another user's, at any time. */
function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
