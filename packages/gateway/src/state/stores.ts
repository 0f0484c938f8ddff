import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type CredentialStore,
  memoryCredentials,
  memorySessions,
  prepareDatabase,
  type SessionStore,
  sqliteCredentials,
  sqliteSessions,
} from '@portcullis/auth/store'
import type { StoreSettings } from '../config/index.ts'

export interface Stores {
  readonly credentials: CredentialStore
  readonly sessions: SessionStore
  close(): void
}

/**
 * Opens the stores that the configuration names. A directory that is made for them is this user's alone.
 * @throws when the database cannot be opened or belongs to a later version.
 */
export function openStores(settings: StoreSettings): Stores {
  if (settings.kind === 'memory') {
    return { credentials: memoryCredentials(), sessions: memorySessions(), close() {} }
  }
  const db = openDatabase(settings.file)
  prepareDatabase(db)
  const credentials = sqliteCredentials(db)
  const expectInPlace = watchPlace(settings.file)
  const changes = () => {
    expectInPlace()
    return credentials.changes()
  }
  return { credentials: { ...credentials, changes }, sessions: sqliteSessions(db), close: () => db.close() }
}

/** Between two looks whether a database is still in its place, in milliseconds. */
const PLACE_MS = 100

/**
 * A file that was deleted or replaced can be read for as long as it is open, and nobody writes to it any more: who
 * revokes a key does so in another one.
 * @returns throws when the file is no longer the one that was there; looks at most every `PLACE_MS`.
 */
function watchPlace(file: string): () => void {
  const opened = statSync(file, { bigint: true })
  let lookedAt = performance.now()
  let isInPlace = true
  return () => {
    const now = performance.now()
    if (now - lookedAt >= PLACE_MS) {
      lookedAt = now
      const found = statSync(file, { bigint: true, throwIfNoEntry: false })
      isInPlace = found?.ino === opened.ino && found.dev === opened.dev
    }
    if (!isInPlace) throw new Error('the database was deleted or replaced under the running gate; start it anew')
  }
}

/** A database file that only this user can read, whatever the umask; SQLite gives its companions the same mode. */
export function openDatabase(file: string): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(file)
  chmodSync(file, 0o600)
  return db
}
