/**
 * Lines for the operator on stderr, as JSON. Optional reading: nothing depends on them being read, and a reader that
 * stalls costs lines, never calls. The record is another matter and another room.
 */
import { type Logger, pino } from 'pino'
import { tame } from '../text/index.ts'
import { openStderr } from './stderr.ts'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>

/** @param level Lines below it are not written. `err` fields are written as type and message, without a stack. */
export function openLog(level: string): Log & { close(): Promise<void> } {
  const stderr = openStderr()
  const hooks = { streamWrite: tameLine }
  const log = pino({ level, base: null, timestamp: pinoTime, serializers: { err: shortError }, hooks }, stderr)
  return Object.assign(log, { close: () => stderr.close() })
}

/** Only the end of the line stays what it is. */
function tameLine(line: string): string {
  return `${tame(line.slice(0, -1))}\n`
}

function pinoTime(): string {
  return `,"time":"${new Date().toISOString()}"`
}

function shortError(error: unknown): { type: string; message: string; code?: unknown } {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) }
  const { code } = error as NodeJS.ErrnoException
  return { type: error.name, message: error.message, ...(code === undefined ? {} : { code }) }
}
