import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sqliteClients } from '../../src/store/index.ts'
import { clientStoreContract } from './clients-contract.ts'
import { newFile, prepared } from './databases.ts'
import { NOON } from './given.ts'
import { run } from './processes/spawn.ts'

clientStoreContract('sqlite', () => {
  const file = newFile()
  return [sqliteClients(prepared(file)), sqliteClients(prepared(file))]
})

it('several processes that register clients at once never keep more than may wait', async () => {
  const file = newFile()
  const store = sqliteClients(prepared(file))

  const kept = await Promise.all(['a', 'b', 'c'].map((prefix) => run('registering', file, prefix, 60, 100)))

  assert.equal(
    kept.reduce((sum, count) => sum + Number(count), 0),
    100,
  )
  assert.equal((await store.list({}, NOON)).length, 100)
})
