/** Begins to write into a database that has no write-ahead log, says so, and is done after some milliseconds. */
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'

const [file = '', ms = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
db.exec('begin immediate; create table something (x)')
process.stdout.write('begun\n')
await setTimeout(Number(ms))
db.exec('commit')
db.close()
process.stdout.write('done\n')
