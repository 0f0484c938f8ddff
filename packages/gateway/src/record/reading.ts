import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditRecord } from '@portcullis/auth/events'
import { readLine } from './lines.ts'

const CHUNK_BYTES = 128 * 2 ** 10
/** No line of ours is as long; what is, is damage. */
const MAX_LINE_BYTES = 2 ** 20
const NEWLINE = 10

/** Whole lines of a segment. */
export interface Chunk {
  readonly records: readonly AuditRecord[]
  /** Lines that are not ours or were damaged. */
  readonly broken: number
  /** Where the next chunk begins, in bytes; where this one began when no whole line stands there. */
  readonly to: number
}

/** What is seen of a segment from outside: it changes while its writer lives. */
export function signOf(directory: string, name: string): { readonly size: number; readonly sign: string } | undefined {
  const stat = statSync(join(directory, name), { throwIfNoEntry: false })
  return stat && { size: stat.size, sign: `${name} ${stat.size} ${stat.mtimeMs}` }
}

/**
 * Reads up to `maxLines` whole lines from byte `from`. The last line without its end is left: either it is still
 * being written or it was torn when its writer died.
 * @returns undefined when the segment is no more.
 */
export function readChunk(path: string, from: number, maxLines: number, buffer: Buffer): Chunk | undefined {
  const length = readAt(path, from, buffer)
  if (length === undefined) return undefined
  const records: AuditRecord[] = []
  let broken = 0
  let at = 0
  for (let lines = 0; lines < maxLines; lines++) {
    const end = buffer.indexOf(NEWLINE, at)
    if (end === -1 || end >= length) break
    const record = readLine(buffer.toString('utf8', at, end))
    if (record === undefined) broken++
    else records.push(record)
    at = end + 1
  }
  if (at > 0 || length < buffer.length) return { records, broken, to: from + at }
  // A whole buffer without a line's end.
  if (buffer.length < MAX_LINE_BYTES) return readChunk(path, from, maxLines, Buffer.allocUnsafe(MAX_LINE_BYTES))
  return { records, broken: 1, to: from + length }
}

export function newBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(CHUNK_BYTES)
}

function readAt(path: string, from: number, buffer: Buffer): number | undefined {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    let length = 0
    while (length < buffer.length) {
      const count = readSync(fd, buffer, length, buffer.length - length, from + length)
      if (count === 0) break
      length += count
    }
    return length
  } finally {
    closeSync(fd)
  }
}
