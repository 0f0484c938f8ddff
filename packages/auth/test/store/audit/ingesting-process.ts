/** One of several processes that take in the same segment at once. Prints how many batches were its own. */
import { DatabaseSync } from 'node:sqlite'
import { prepareAuditDatabase, sqliteAudit } from '../../../src/store/audit/index.ts'
import { givenProcess } from './given.ts'

const [file = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareAuditDatabase(db)
db.exec('pragma busy_timeout = 5000')
const store = sqliteAudit(db)
const gate = givenProcess()
let won = 0
for (let from = 0; from < 100; from++) {
  const batch = Array.from({ length: 10 }, () => gate.request())
  if (await store.ingest(batch, { segment: 'one', from, to: from + 1 })) won++
}
db.close()
process.stdout.write(String(won))
