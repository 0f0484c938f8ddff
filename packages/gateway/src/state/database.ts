import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A database that cannot be used. The message is for the operator, and names the file. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault'
}

/**
 * A database file that only this user can read, whatever the umask; SQLite gives its companions the same mode. A
 * directory that is made for it is this user's alone.
 * @param prepare What brings it up to date.
 * @throws {DatabaseFault} What is there was left as it is.
 */
export function openDatabase(file: string, prepare: (db: DatabaseSync) => void): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    expectWhole(file)
    db = new DatabaseSync(file)
    chmodSync(file, 0o600)
    prepare(db)
    return db
  } catch (error) {
    db?.close()
    throw toFault(file, error)
  }
}

/** Looks at every page: a quarter of a second for a million credentials. @throws when one is damaged. */
export function expectSound(db: DatabaseSync): void {
  const [found] = Object.values(db.prepare('pragma quick_check(1)').get() ?? {})
  if (found !== 'ok') throw damage(String(found))
}

/** SQLite takes an empty file for a new database, and deletes the log beside it, in which all there was may stand. */
function expectWhole(file: string): void {
  const size = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size
  if (size(file) === 0 && (size(`${file}-wal`) ?? 0) > 0) throw damage('it is empty, and its log is not')
}

function damage(detail: string): Error {
  return Object.assign(new Error(detail), { errcode: CORRUPT })
}

/** Codes of SQLite; those that are finer have further bits above. */
const BUSY = 5
const CORRUPT = 11
const NOTADB = 26

export function isBusy(error: unknown): boolean {
  return codeOf(error) === BUSY
}

export function isDatabaseFault(error: unknown): boolean {
  return error instanceof DatabaseFault || codeOf(error) !== undefined
}

/** What went wrong with a database, for the operator. */
export function toFault(file: string, error: unknown): DatabaseFault {
  if (error instanceof DatabaseFault) return error
  const { message } = error as Error
  return new DatabaseFault(`${file}${describe(codeOf(error), message)}`, { cause: error })
}

function describe(code: number | undefined, message: string): string {
  if (code === BUSY) return ' is held by another process that writes to it; try again'
  if (code !== CORRUPT && code !== NOTADB) return `: ${message}`
  const advice = 'Put a backup in its place; or move it away, and an empty one is made'
  return ` is damaged, or no database (${message}). It was not changed. ${advice}`
}

function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: number }
  return errcode === undefined ? undefined : errcode & 0xff
}
