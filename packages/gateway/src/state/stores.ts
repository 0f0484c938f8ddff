import { statSync } from 'node:fs'
import {
  type CredentialStore,
  type IssuerStores,
  memoryCredentials,
  memorySessions,
  prepareDatabase,
  type SessionStore,
  sqliteCredentials,
  sqliteIssuerStores,
  sqliteSessions,
} from '@portcullis/auth/store'
import type { StoreSettings } from '../config/index.ts'
import { expectSound, openDatabase } from './database.ts'
import { issuerStoresInLine, issuerStoresInMemory } from './issuer-stores.ts'
import { openWriteLine, type WriteLine } from './write-line.ts'

export interface Stores {
  readonly credentials: CredentialStore
  readonly sessions: SessionStore
  readonly issuer: IssuerStores
  close(): void
}

/**
 * Opens the stores that the configuration names, for a gate: what they write while another process does is written
 * later, without standing on the event loop.
 * @param onUnreadable Told the ids of credentials that are left out because they are damaged, each time they are.
 * @throws {DatabaseFault} when the database cannot be opened, is damaged or belongs to a later version.
 */
export function openStores(settings: StoreSettings, onUnreadable?: (id: string) => void): Stores {
  if (settings.kind === 'memory') return inMemory()
  const db = openDatabase(settings.file, (opened) => {
    expectSound(opened)
    prepareDatabase(opened)
  })
  const line = openWriteLine(db)
  const credentials = sqliteCredentials(db, onUnreadable)
  const expectInPlace = watchPlace(settings.file)
  const changes = () => {
    expectInPlace()
    return credentials.changes()
  }
  return {
    credentials: { ...inLine(credentials, line), changes },
    sessions: sessionsInLine(sqliteSessions(db), line),
    issuer: issuerStoresInLine(sqliteIssuerStores(db), line),
    close() {
      line.close()
      db.close()
    },
  }
}

/**
 * The same for a command, which has nothing else to do: a write waits two seconds for another process where it is.
 * @param onUnreadable Told the ids of credentials that are left out of a list because they are damaged.
 */
export function openStoresForCommand(settings: StoreSettings, onUnreadable?: (id: string) => void): Stores {
  if (settings.kind === 'memory') return inMemory()
  const db = openDatabase(settings.file, prepareDatabase)
  return {
    credentials: sqliteCredentials(db, onUnreadable),
    sessions: sqliteSessions(db),
    issuer: sqliteIssuerStores(db),
    close: () => db.close(),
  }
}

function inMemory(): Stores {
  return { credentials: memoryCredentials(), sessions: memorySessions(), issuer: issuerStoresInMemory(), close() {} }
}

function inLine(store: CredentialStore, { write }: WriteLine): CredentialStore {
  return {
    ...store,
    insert: (record) => write(() => store.insert(record)),
    insertMany: (records) => write(() => store.insertMany(records)),
    revoke: (id, now) => write(() => store.revoke(id, now)),
    rotate: (id, successor, endsAt, now) => write(() => store.rotate(id, successor, endsAt, now)),
    replace: (id, successorId, endsAt, now) => write(() => store.replace(id, successorId, endsAt, now)),
    touch: (uses) => write(() => store.touch(uses)),
    claim: (id, mark, now) => write(() => store.claim(id, mark, now)),
    release: (id, mark) => write(() => store.release(id, mark)),
  }
}

function sessionsInLine(store: SessionStore, { write }: WriteLine): SessionStore {
  return {
    ...store,
    put: (session) => write(() => store.put(session)),
    remove: (idHash) => write(() => store.remove(idHash)),
    touch: (seen) => write(() => store.touch(seen)),
    prune: (before) => write(() => store.prune(before)),
  }
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
