import { BEAT_MS, openHere } from './life.ts'
import { newProcessPart } from './segment.ts'
import { type Files, openSegment, type SegmentFile, systemFiles } from './segment-file.ts'

/** Called once, in a later turn, when the kernel has the line; with an error when nobody has it. */
export type Written = (error?: Error) => void

export interface Spool {
  /** Names this writer in its segments and event ids. */
  readonly process: string
  /**
   * Gathers the lines of one turn of the event loop and hands them to the kernel in one write at its end.
   * @param line JSON without a line break.
   */
  append(line: string, written: Written): void
  /** At once, with all that waits: for the way out. @throws when it cannot be written. */
  appendNow(line: string): void
  /** Writes what waits. Lines that come later are refused. */
  close(): void
}

export interface SpoolOptions {
  /** Made (0700) when it is missing. */
  readonly directory: string
  /** Size from which a fresh segment is begun, in bytes. Default 16 MiB. */
  readonly segmentBytes?: number
  /** Told of each write, before those whose lines were in it are: with an error when any of these is not kept. */
  readonly onWrite?: Written
  /** A steady clock in milliseconds. */
  readonly clock?: () => number
  readonly files?: Files
}

const SEGMENT_BYTES = 16 * 2 ** 20
/** A day: what a quiet gate wrote long ago need not lie in the spool for ever. */
const SEGMENT_MS = 86_400_000
const BUFFER_BYTES = 256 * 2 ** 10

/** @throws when the first segment cannot be made: a gate that cannot keep its record does not start. */
export function openSpool({
  directory,
  segmentBytes = SEGMENT_BYTES,
  onWrite,
  clock = () => performance.now(),
  files = systemFiles,
}: SpoolOptions): Spool {
  const part = newProcessPart()
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  let number = 0
  let file: SegmentFile | undefined
  let text = ''
  let waiting: Written[] = []
  let isClosed = false

  const begin = (now: number): SegmentFile => {
    const fresh = openSegment({ directory, process: part, number: ++number, now }, files)
    file?.close()
    file = fresh
    return fresh
  }

  const segment = (now: number): SegmentFile => {
    if (!file?.isUsable(now)) return begin(now)
    if (file.length < segmentBytes && Date.now() - file.openedAt < SEGMENT_MS) return file
    try {
      return begin(now)
    } catch {
      // Where no fresh one can be made, the old one still takes lines.
      return file
    }
  }

  const flush = (): void => {
    if (waiting.length === 0) return
    const [lines, callers] = [text, waiting]
    text = ''
    waiting = []
    const { lines: kept, error } = write(lines)
    if (onWrite !== undefined) tell(onWrite, error)
    for (let index = 0; index < callers.length; index++) {
      tell(callers[index] as Written, index < kept ? undefined : error)
    }
  }

  const write = (lines: string): { lines: number; error?: Error } => {
    const bytes = lines.length * 3 <= BUFFER_BYTES ? buffer : Buffer.from(lines)
    const length = bytes === buffer ? buffer.write(lines) : bytes.length
    const now = clock()
    try {
      const { kept, error } = segment(now).write(bytes, length, now)
      return error === undefined ? { lines: Number.POSITIVE_INFINITY } : { lines: countLines(bytes, kept), error }
    } catch (error) {
      return { lines: 0, error: error as Error }
    }
  }

  segment(clock())
  openHere.add(part)
  const beats = setInterval(() => file?.beat(clock()), BEAT_MS).unref()

  return {
    process: part,
    append(line, written) {
      if (isClosed) {
        setImmediate(written, new Error('the spool is closed'))
        return
      }
      text += `${line}\n`
      if (waiting.push(written) === 1) setImmediate(flush)
    },
    appendNow(line) {
      if (isClosed) throw new Error('the spool is closed')
      flush()
      const { error } = write(`${line}\n`)
      if (error !== undefined) throw error
    },
    close() {
      if (isClosed) return
      flush()
      isClosed = true
      // What the listeners of the first added.
      flush()
      clearInterval(beats)
      file?.close()
      openHere.delete(part)
    },
  }
}

function countLines(bytes: Uint8Array, length: number): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1 && at < length; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** A listener that throws must not keep the others waiting; its mistake still comes to light. */
function tell(written: Written, error: Error | undefined): void {
  try {
    written(error)
  } catch (mistake) {
    setImmediate(() => {
      throw mistake
    })
  }
}
