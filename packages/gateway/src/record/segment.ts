import { readdirSync } from 'node:fs'
import { randomId } from '@portcullis/auth/crypto'
import { firstIdAt, timeOfId } from '@portcullis/auth/events'

/**
 * A file of the spool. The name says who writes it: time of opening, process part (the one of its event ids), number
 * within that process, process id, place. A writer never returns to an earlier one of its segments.
 */
export interface Segment {
  readonly name: string
  readonly process: string
  readonly number: number
  readonly pid: number
  /** Where that process id means something: see `thisPlace`. */
  readonly place: string
  /** Milliseconds since the epoch. */
  readonly openedAt: number
}

const NAME = /^([0-9a-z]{9})-([0-9a-z]{6})-([0-9a-z]{6})-(\d{1,10})-([0-9a-f]{8})\.jsonl$/

export function segmentName({ process, number, pid, place, openedAt }: Omit<Segment, 'name'>): string {
  return `${firstIdAt(openedAt)}-${process}-${number.toString(36).padStart(6, '0')}-${pid}-${place}.jsonl`
}

export function readSegmentName(name: string): Segment | undefined {
  const [, time = '', process = '', number = '', pid = '', place = ''] = NAME.exec(name) ?? []
  if (time === '') return undefined
  return { name, process, number: Number.parseInt(number, 36), pid: Number(pid), place, openedAt: timeOfId(time) }
}

/** The segments of a directory by writer, each writer's in the order of writing; the longest known writer first. */
export function listSegments(directory: string): ReadonlyMap<string, readonly Segment[]> {
  const writers = new Map<string, Segment[]>()
  for (const name of namesIn(directory).sort()) {
    const segment = readSegmentName(name)
    if (segment === undefined) continue
    const own = writers.get(segment.process)
    if (own === undefined) writers.set(segment.process, [segment])
    else own.push(segment)
  }
  // Not by name within a writer: its clock may have been set back.
  for (const own of writers.values()) own.sort((a, b) => a.number - b.number)
  return writers
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The process part of a new writer. */
export function newProcessPart(): string {
  return randomId(6)
}
