import { closeSync, fstatSync, ftruncateSync, futimesSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { STALE_MS, thisPlace } from './life.ts'
import { segmentName } from './segment.ts'

/** The calls a segment is written with; tests bring failing ones. */
export const systemFiles = {
  closeSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  unlinkSync,
  writeSync,
}
export type Files = typeof systemFiles

const NEWLINE = 10
/** Between two looks whether somebody has deleted the file, in milliseconds. */
const LOOK_MS = 100

export interface SegmentFile {
  readonly openedAt: number
  /** Bytes of whole lines. */
  readonly length: number
  /** False when nothing more may be written: a line stands torn at its end, it is full, or others may think us gone. */
  isUsable(now: number): boolean
  /**
   * Hands whole lines to the kernel.
   * @param now A steady clock in milliseconds.
   * @returns the bytes of the lines that stand whole; where they are fewer, why, and no part of the rest stands.
   */
  write(bytes: Uint8Array, length: number, now: number): { readonly kept: number; readonly error?: Error }
  /** A sign of life. */
  beat(now: number): void
  /** An empty one leaves nothing behind. */
  close(): void
}

/** @throws when the file cannot be made. */
export function openSegment(
  { directory, process: part, number, now }: { directory: string; process: string; number: number; now: number },
  files: Files,
): SegmentFile {
  const openedAt = Date.now()
  files.mkdirSync(directory, { recursive: true, mode: 0o700 })
  const name = segmentName({ process: part, number, pid: process.pid, place: thisPlace(), openedAt })
  const path = join(directory, name)
  const fd = files.openSync(path, 'ax', 0o600)
  let length = 0
  let lastSign = now
  let lastLook = now
  let isSound = true
  /** Somebody has deleted it: what we wrote on would vanish with us. */
  const look = (at: number): void => {
    lastLook = at
    if (files.fstatSync(fd).nlink === 0) isSound = false
  }

  return {
    openedAt,
    get length() {
      return length
    },
    isUsable(at) {
      try {
        if (at - lastLook >= LOOK_MS) look(at)
      } catch {
        isSound = false
      }
      return isSound && at - lastSign < STALE_MS
    },
    write(bytes, total, at) {
      let done = 0
      try {
        while (done < total) done += files.writeSync(fd, bytes, done, total - done)
        length += total
        lastSign = at
        return { kept: total }
      } catch (cause) {
        // Lines that stand whole are kept: another gate may have read them already, so they cannot be taken back.
        const kept = done === 0 ? 0 : bytes.lastIndexOf(NEWLINE, done - 1) + 1
        length += kept
        try {
          files.ftruncateSync(fd, length)
        } catch {
          isSound = false
        }
        // A file that may not grow (a limit on its size) stays so; a full disk may have room again.
        if ((cause as NodeJS.ErrnoException).code === 'EFBIG') isSound = false
        return { kept, error: cause as Error }
      }
    },
    beat(at) {
      try {
        const seconds = Date.now() / 1000
        files.futimesSync(fd, seconds, seconds)
        lastSign = at
        look(at)
      } catch {
        // Not being able to is noticed by `isUsable`.
      }
    },
    close() {
      try {
        if (length === 0) files.unlinkSync(path)
      } catch {
        // It was deleted before.
      }
      try {
        files.closeSync(fd)
      } catch {
        // Errors of earlier writes may be reported here; each was reported to its caller.
      }
    },
  }
}
