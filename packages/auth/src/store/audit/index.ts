/**
 * Where audit events are kept to be searched: the port, and its memory and SQLite forms.
 *
 *   spool ─▶ ingest (each byte of it once) ─▶ query, newest first ─▶ prune
 *
 * A database of its own, so that what callers do cannot crowd out their credentials. Not the truth: that is the
 * spool until a segment has been taken in and synced. Knows nothing of files.
 */
export { memoryAudit } from './memory.ts'
export type { AuditStore, SpoolRange } from './port.ts'
export { prepareAuditDatabase, sqliteAudit } from './sqlite.ts'
