/** One of several gates that are started at the same moment on a database that is not there yet. */
import { DatabaseSync } from 'node:sqlite'
import { prepareDatabase, sqliteCredentials } from '../../../src/store/index.ts'
import { givenRecord } from '../given.ts'

const [file = '', startAt = '', number = ''] = process.argv.slice(2)
// Started together, not merely one after the other: by then each has loaded its modules.
while (Date.now() < Number(startAt));
const db = new DatabaseSync(file)
prepareDatabase(db)
const store = sqliteCredentials(db)
await store.insert(givenRecord(Number(number)))
db.close()
