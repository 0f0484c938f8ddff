import { readdirSync, readFileSync } from 'node:fs'
import { PEER_CORE, pinnedToCores, RIG_CORE } from './cores.ts'
import { TICK_MICROSECONDS } from './usage.ts'

/**
 * CPU time that everybody but this command and its descendants has used on the cores that are measured on, in
 * microseconds since some fixed moment; 0 where /proc is missing. Time that a hypervisor took away counts too.
 */
export function foreignMicroseconds(): number {
  try {
    return (busyTicks() - ownTicks()) * TICK_MICROSECONDS
  } catch {
    return 0
  }
}

/** `cpuN user nice system idle iowait irq softirq steal …`. Interrupts are part of the processes' own figures too. */
function busyTicks(): number {
  const lines = readFileSync('/proc/stat', 'utf8').split('\n')
  const names = pinnedToCores ? [`cpu${PEER_CORE}`, `cpu${RIG_CORE}`] : ['cpu']
  return lines
    .map((line) => line.split(/\s+/))
    .filter(([name = '']) => names.includes(name))
    .flatMap(([, user, nice, system, , , irq, softirq, steal]) => [user, nice, system, irq, softirq, steal].map(Number))
    .reduce(add, 0)
}

/** Children that have ended are within their parent's figures, so the sum never falls. */
function ownTicks(): number {
  const table = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(readProcess)
  const parents = new Map(table.map(({ pid, parent }) => [pid, parent]))
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === process.pid || isOurs(parents.get(pid)))
  return table.filter(({ pid }) => isOurs(pid)).reduce((sum, { ticks }) => sum + ticks, 0)
}

interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly ticks: number
}

function readProcess(name: string): ProcessLine[] {
  try {
    const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? []
    const [, parent = 0, , , , , , , , , , ...times] = fields
    return [{ pid: Number(name), parent, ticks: times.slice(0, 4).reduce(add) }]
  } catch {
    return [] // it ended while we looked
  }
}

function add(a: number, b: number): number {
  return a + b
}
