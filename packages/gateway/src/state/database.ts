import { chmodSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * A database file that only this user can read, whatever the umask; SQLite gives its companions the same mode. A
 * directory that is made for it is this user's alone.
 * @param prepare What brings it up to date.
 */
export function openDatabase(file: string, prepare: (db: DatabaseSync) => void): DatabaseSync {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(file)
  chmodSync(file, 0o600)
  prepare(db)
  return db
}
