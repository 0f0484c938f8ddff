/**
 * The record of what the gate did: written before it happens, kept when the gate dies.
 *
 *   request ─▶ recorder ─▶ spool (append-only lines, the truth) ─▶ ingester ─▶ audit store ─┐
 *                 │                    └─────────── what is not taken in yet ───────────────┴─▶ query
 *   stranger ─▶ counted per network
 *
 * A line counts as written when the kernel has it: the death of the gate loses nothing then, the loss of power may.
 * When no line can be written, the caller is told and turns the call away. Nothing here knows of HTTP, of policy or
 * of secrets; it is given public ids and writes what it is given.
 */

export type { AuditStore } from '@portcullis/auth/store'
export { type Ingester, type IngesterOptions, startIngester } from './ingester.ts'
export { type KeepOptions, type Kept, keepRecord } from './keep.ts'
export { type Writers, watchWriters } from './life.ts'
export type { RecordLog } from './log.ts'
export { queryRecord, type RecordSources } from './query.ts'
export { createRecorder, type Recorder, type RecorderOptions } from './recorder.ts'
export { sessionMark } from './session.ts'
export { openSpool, type Spool, type SpoolOptions, type Written } from './spool.ts'
