import { dirname, join } from 'node:path'
import { type AuditStore, memoryAudit, prepareAuditDatabase, sqliteAudit } from '@portcullis/auth/store'
import type { StoreSettings } from '../config/index.ts'
import { openDatabase } from './database.ts'

/** @param file The main database. */
export function auditFile(file: string): string {
  return join(dirname(file), 'audit.db')
}

/**
 * Where the record is searched: a database of its own beside the main one, so that filling it never makes a key wait.
 */
export function openAudit(settings: StoreSettings): { readonly audit: AuditStore; close(): void } {
  if (settings.kind === 'memory') return { audit: memoryAudit(), close() {} }
  const db = openDatabase(auditFile(settings.file), prepareAuditDatabase)
  return { audit: sqliteAudit(db), close: () => db.close() }
}
