import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sqliteCredentials } from '../../src/store/index.ts'
import { newFile, prepared } from './databases.ts'
import { givenRecord, idOf, NOON } from './given.ts'
import { givenHolder, givenWriter, run } from './processes/spawn.ts'

it('of several processes that rotate the same keys exactly one rotates each', async () => {
  // Given keys that three gates want to rotate
  const count = 40
  const file = newFile()
  const store = sqliteCredentials(prepared(file))
  await store.insertMany(Array.from({ length: count }, (_, at) => givenRecord(at + 1)))

  // When they do so at once
  const printed = await Promise.all([1000, 2000, 3000].map((first) => run('rotating', file, count, first)))

  // Then each key was rotated by one of them and has one successor
  const won = printed.flatMap((ids) => ids.split(' ').filter((id) => id !== ''))
  assert.deepEqual(
    won.toSorted(),
    Array.from({ length: count }, (_, at) => idOf(at + 1)),
  )
  assert.equal(await store.count(), 2 * count)
})

it('gates that are started at once on a new database all find it prepared', async () => {
  for (let round = 0; round < 4; round++) {
    const file = newFile()
    const startAt = Date.now() + 700

    await Promise.all([1, 2, 3, 4, 5].map((number) => run('preparing', file, startAt, number)))

    assert.equal(await sqliteCredentials(prepared(file)).count(), 5)
  }
})

it('preparing waits for a process that writes in a database of another kind, a copy that is being restored say', async () => {
  const file = newFile()
  const { lastWord } = await givenHolder(file, 300)

  await sqliteCredentials(prepared(file)).insert(givenRecord(1))

  assert.equal(await lastWord, 'done')
})

it('what another process changes is heard of before the next request, once', async () => {
  const file = newFile()
  const store = sqliteCredentials(prepared(file))
  const other = await givenWriter(file)
  await store.insertMany([givenRecord(1), givenRecord(2)])
  await store.changes()

  await other('revoke 1')
  assert.deepEqual(await store.changes(), [idOf(1)])
  assert.deepEqual(await store.changes(), [])

  await other('insert 3')
  await store.revoke(idOf(2), NOON)
  await other('revoke 3')
  assert.deepEqual(await store.changes(), [idOf(3), idOf(2), idOf(3)])
  assert.deepEqual(await store.changes(), [])

  await other('seed 100')
  assert.equal(await store.changes(), 'everything')
  assert.deepEqual(await store.changes(), [])
  assert.equal((await store.list({})).length, 103)
})

it('a change that cannot be written because another process holds the lock is not said to have happened', async () => {
  const file = newFile()
  const db = prepared(file)
  db.exec('pragma busy_timeout = 50')
  const store = sqliteCredentials(db)
  await store.insert(givenRecord(1))
  await store.changes()
  const other = await givenWriter(file)
  await other('lock')

  // When keys are revoked and rotated while nobody may write, each fails, and reading goes on
  await assert.rejects(async () => store.revoke(idOf(1), NOON), /locked/)
  await assert.rejects(async () => store.rotate(idOf(1), givenRecord(2), NOON, NOON), /locked/)
  assert.equal((await store.find(idOf(1)))?.revokedAt, undefined)
  assert.deepEqual(await store.changes(), [])

  // Then it works as soon as the lock is gone
  await other('unlock')
  assert.equal(await store.revoke(idOf(1), NOON), 'revoked')
  assert.deepEqual(await store.changes(), [idOf(1)])
})
