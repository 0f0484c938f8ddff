/** A gate that has nothing left to do but to write into a database that is held. Argument: the database. */
import { DatabaseSync } from 'node:sqlite'
import { openStores } from '../../src/state/index.ts'

const [file = ''] = process.argv.slice(2)
const { sessions, close } = openStores({ kind: 'sqlite', file })
const other = new DatabaseSync(file)
other.exec('begin immediate')
const waiting = sessions.put({ idHash: 'a', server: 'tools', principalKey: 'me', lastSeenAt: 1000 })
other.exec('commit')
await waiting
process.stdout.write(`${await sessions.count()} written`)
close()
