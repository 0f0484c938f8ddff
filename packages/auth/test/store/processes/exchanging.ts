/** One of several issuers that exchange the same tokens at once. Prints the successors of those that it exchanged. */
import { DatabaseSync } from 'node:sqlite'
import { prepareDatabase, sqliteArtifacts } from '../../../src/store/index.ts'
import { artifact } from '../artifacts-contract.ts'
import { NOON } from '../given.ts'

const [file = '', count = '', mark = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareDatabase(db)
const store = sqliteArtifacts(db)
const won: string[] = []
for (let number = 1; number <= Number(count); number++) {
  const successor = `${mark} ${number}`
  const exchange = { model: 'RefreshToken', idHash: `old ${number}`, successors: [artifact(successor)] }
  if ((await store.exchange(exchange, NOON)) === 'spent') won.push(successor)
}
db.close()
process.stdout.write(won.join(','))
