/** One of several gates that rotate the same credentials at once. Prints the ids of those that it rotated. */
import { DatabaseSync } from 'node:sqlite'
import { prepareDatabase, sqliteCredentials } from '../../../src/store/index.ts'
import { givenRecord, idOf, NOON } from '../given.ts'

const [file = '', count = '', firstSuccessor = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareDatabase(db)
const store = sqliteCredentials(db)
const won: string[] = []
for (let number = 1; number <= Number(count); number++) {
  const successor = givenRecord(Number(firstSuccessor) + number)
  if ((await store.rotate(idOf(number), successor, NOON + 60, NOON)) === 'rotated') won.push(idOf(number))
}
db.close()
process.stdout.write(won.join(' '))
