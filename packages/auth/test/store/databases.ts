import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import { prepareDatabase } from '../../src/store/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-store-'))
const opened: DatabaseSync[] = []
let files = 0

after(() => {
  for (const db of opened) if (db.isOpen) db.close()
  rmSync(directory, { recursive: true })
})

/** A file where no database is yet; gone when the tests are done. */
export function newFile(): string {
  return join(directory, `${++files}.db`)
}

/** One more connection to a file. */
export function connect(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  opened.push(db)
  return db
}

/** One more connection, prepared for the stores. */
export function prepared(file = newFile()): DatabaseSync {
  const db = connect(file)
  prepareDatabase(db)
  return db
}
