import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** Linux counts the times in /proc in hundredths of a second, on every architecture that Node runs on. */
export const TICK_MICROSECONDS = 10_000

/** CPU time that a process has used, all threads, user and system; 0 where /proc is missing. */
export function cpuMicroseconds(pid: number): number {
  if (!existsSync(`/proc/${pid}/stat`)) return 0
  // Fields are counted after the command's name, which may hold spaces: utime is the 12th from there, stime the 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS
}

/** Resident memory of a process, in megabytes of 10^6 bytes. */
export function residentMegabytes(pid: number): number {
  const kibibytes = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory figure`)
  return (Number(kibibytes) * 1024) / 1e6
}

/** How many files and sockets a child of this process may open. */
export function openFileLimit(): number {
  const limit = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim()
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}
