/** One of several gates at which clients register themselves at once. Prints how many it kept. */
import { DatabaseSync } from 'node:sqlite'
import { prepareDatabase, sqliteClients } from '../../../src/store/index.ts'
import { givenClient } from '../clients-contract.ts'

const [file = '', prefix = '', count = '', limit = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareDatabase(db)
const store = sqliteClients(db)
let kept = 0
for (let number = 1; number <= Number(count); number++) {
  const id = `${prefix}${number}`
  const isKept = await store.insertRegistered(givenClient(id, { network: id }), { limit: Number(limit), safeFor: 600 })
  if (isKept) kept += 1
}
db.close()
process.stdout.write(String(kept))
