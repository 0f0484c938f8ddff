/** A gate that changes what another one has cached, one line on stdin at a time. Answers each with a line. */
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { prepareDatabase, sqliteCredentials } from '../../../src/store/index.ts'
import { givenRecord, idOf, NOON } from '../given.ts'

const [file = ''] = process.argv.slice(2)
const db = new DatabaseSync(file)
prepareDatabase(db)
const store = sqliteCredentials(db)
process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const [word, number] = line.split(' ')
  if (word === 'insert') await store.insert(givenRecord(Number(number)))
  if (word === 'revoke') await store.revoke(idOf(Number(number)), NOON)
  if (word === 'seed') await store.insertMany(Array.from({ length: 100 }, (_, at) => givenRecord(Number(number) + at)))
  if (word === 'lock') db.exec('begin immediate')
  if (word === 'unlock') db.exec('rollback')
  process.stdout.write(`${line}\n`)
}
