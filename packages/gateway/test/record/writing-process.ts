/**
 * A gate reduced to its record: eight calls at a time, each an intent, some waiting, an ending. Prints each
 * acknowledgement. Arguments: the spool's directory, the audit database.
 */
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { prepareAuditDatabase, sqliteAudit } from '@portcullis/auth/store'
import { createRecorder, openSpool, startIngester } from '../../src/record/index.ts'

const [directory = '', file = ''] = process.argv.slice(2)
const log = { info() {}, warn: console.error, error: console.error }
const db = new DatabaseSync(file)
prepareAuditDatabase(db)
startIngester({ directory, store: sqliteAudit(db), log })
const recorder = createRecorder({ spool: openSpool({ directory, segmentBytes: 20_000 }), log })

function call(): void {
  const at = Date.now()
  const id = recorder.newId(at)
  const facts = {
    type: 'request',
    id,
    at,
    server: 'files',
    peer: '192.0.2.7',
    verb: 'POST',
    decision: 'allowed',
  } as const
  recorder.intent(facts, (error) => {
    if (error !== undefined) throw error
    writeSync(1, `i ${id}\n`)
    setTimeout(() => {
      recorder.outcome(id, { outcome: 'answered', status: 200 }, (error) => {
        if (error !== undefined) throw error
        writeSync(1, `o ${id}\n`)
        call()
      })
    }, Math.random() * 4)
  })
}
for (let calls = 0; calls < 8; calls++) call()
