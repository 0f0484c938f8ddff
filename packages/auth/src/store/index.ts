/**
 * Where credentials and sessions live: ports, declared by what the guard and the gateway need, and their memory and
 * SQLite forms. Nothing usable is kept in clear: secrets as digests, session ids as hashes.
 *
 * Owns no driver: SQLite stores take a database that the caller opened. Knows nothing of verdicts.
 */

export { type AuditStore, memoryAudit, prepareAuditDatabase, type SpoolRange, sqliteAudit } from './audit/index.ts'
export type {
  CredentialFilter,
  CredentialKind,
  CredentialRecord,
  CredentialStore,
  DueFilter,
  MaybePromise,
  Revocation,
  Rotation,
} from './credentials.ts'
export * from './issuer/index.ts'
export { memoryCredentials, rotationObstacle } from './memory.ts'
export { memorySessions, type SessionRecord, type SessionStore } from './sessions.ts'
export { sqliteCredentials } from './sqlite/credentials.ts'
export { prepareDatabase, type SqliteDatabase, type SqliteStatement } from './sqlite/database.ts'
export { sqliteSessions } from './sqlite/sessions.ts'
