import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { constants, DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { storedDigest } from '../../src/crypto/index.ts'
import { type CredentialRecord, memoryCredentials, prepareDatabase, sqliteCredentials } from '../../src/store/index.ts'
import { bearer, counted, files, givenGuard, NOON, reasonOf, turn, unknown } from './given.ts'

function givenDatabase() {
  const db = new DatabaseSync(':memory:')
  prepareDatabase(db)
  return { db, ...counted(sqliteCredentials(db)) }
}

function record(number: number, facts: Partial<CredentialRecord> = {}): CredentialRecord {
  // They differ in front, as ids that are drawn do: by that they are found.
  const id = String(number).padStart(8, '0').padEnd(16, '0')
  const digest = storedDigest(hash('sha256', id, 'buffer'))
  return { id, kind: 'api-key', digest, clientId: id, server: 'files', name: '', createdAt: NOON, ...facts }
}

const many = (count: number) => Array.from({ length: count }, (_, at) => record(at + 1))

/** A guard that has been asked once, and has loaded everything since. */
async function givenLoaded(count = 0) {
  const database = givenDatabase()
  await database.store.insertMany(many(count))
  const given = givenGuard(database.store)
  await given.check(bearer(unknown()))
  while (!given.guard.directory.isLoaded) await turn()
  return { ...database, ...given }
}

/** Forbids the tables to the database's readers; nobody's answer comes from it until they are allowed again. */
function forbid(db: DatabaseSync, ...tables: string[]): void {
  db.setAuthorizer((_, table) => (tables.includes(table ?? '') ? constants.SQLITE_DENY : constants.SQLITE_OK))
}

it('keys are good from the first request on, while the others are still being loaded', async () => {
  const { store } = givenDatabase()
  const { guard, key, check } = givenGuard(store)
  await store.insertMany(many(2200))
  const { secret } = await key()

  assert.equal((await check(bearer(secret))).kind, 'granted')
  assert.equal(guard.directory.isLoaded, false)

  while (!guard.directory.isLoaded) await turn()
  assert.equal(guard.directory.size, 2201)
  assert.equal((await check(bearer(secret))).kind, 'granted')
})

it('loading takes the loop for a few hundred records at a time', async () => {
  const { store, calls } = givenDatabase()
  const { guard, check } = givenGuard(store)
  await store.insertMany(many(2200))

  await check(bearer(unknown()))
  const sizes: number[] = []
  while (!guard.directory.isLoaded) {
    await turn()
    sizes.push(guard.directory.size)
  }

  for (const [at, size] of sizes.entries()) assert.ok(size - (sizes[at - 1] ?? 0) <= 500)
  assert.ok((calls.list ?? 0) >= 5)
})

it('once loaded, neither known nor unknown keys cost a question to the store', async () => {
  const { calls, key, check } = await givenLoaded(1000)
  const { secret } = await key()
  await check(bearer(secret))
  for (const name of Object.keys(calls)) delete calls[name]

  for (let time = 0; time < 10; time++) {
    await check(bearer(secret))
    assert.equal(reasonOf(await check(bearer(unknown()))), 'key_invalid')
  }

  assert.deepEqual(calls, { changes: 20 })
})

it('requests of one turn share one look at what changed', async () => {
  const { calls, guard, key } = await givenLoaded()
  const { secret } = await key()
  await turn()
  delete calls.changes

  const verdicts = Array.from({ length: 50 }, () => guard.check(bearer(secret), files))

  assert.equal(
    (await Promise.all(verdicts)).every(({ kind }) => kind === 'granted'),
    true,
  )
  assert.equal(calls.changes, 1)
})

it('what is made and ended while loading is known at once, and stays known', async () => {
  const { store } = givenDatabase()
  const { guard, key, check } = givenGuard(store)
  await store.insertMany(many(3000))
  const first = await key()
  assert.equal((await check(bearer(first.secret))).kind, 'granted')

  // When keys are made and revoked between the steps
  const made = []
  for (let step = 0; step < 4; step++) {
    const issued = await key()
    made.push(issued)
    assert.equal((await check(bearer(issued.secret))).kind, 'granted')
    await store.revoke((step === 0 ? first : (made[step - 1] ?? first)).record.id, NOON)
  }
  assert.equal(guard.directory.isLoaded, false)
  while (!guard.directory.isLoaded) await turn()

  // Then the last one is good and the others are not
  assert.equal(reasonOf(await check(bearer(first.secret))), 'key_revoked')
  for (const { secret } of made.slice(1, 3)) assert.equal(reasonOf(await check(bearer(secret))), 'key_revoked')
  assert.equal((await check(bearer(made[3]?.secret as string))).kind, 'granted')
})

it('after a seeding nothing that was known before is believed without looking', async () => {
  // Given a key that is known, and a restored copy of the database in which it never was
  const { db, store, guard, key, check } = await givenLoaded(10)
  const { secret, record: gone } = await key()
  assert.equal((await check(bearer(secret))).kind, 'granted')
  db.exec(`delete from credentials where id = '${gone.id}'`)

  await store.insertMany([record(5000)])

  assert.equal(reasonOf(await check(bearer(secret))), 'key_invalid')
  while (!guard.directory.isLoaded) await turn()
  assert.equal(reasonOf(await check(bearer(secret))), 'key_invalid')
})

it('a second seeding while the first is being loaded loses neither', async () => {
  const { store, guard, check } = await givenLoaded(1200)

  await store.insertMany(many(2400).slice(1200))
  await check(bearer(unknown()))
  await store.insertMany(many(3600).slice(2400))
  await check(bearer(unknown()))
  while (!guard.directory.isLoaded) await turn()

  for (const number of [1, 1201, 2401, 3600]) {
    assert.equal((await guard.directory.find(record(number).id))?.clientId, record(number).id)
  }
})

it('while the store does not answer nobody is let in, and when it does again all are', async () => {
  const { db, key, check } = await givenLoaded(10)
  const { secret } = await key()
  assert.equal((await check(bearer(secret))).kind, 'granted')

  forbid(db, 'credential_changes', 'credentials')
  for (let time = 0; time < 3; time++) {
    // Nothing has changed, and the store can say so without reading anything
    assert.equal((await check(bearer(secret))).kind, 'granted')
  }
  db.setAuthorizer(null)
  await key()
  forbid(db, 'credential_changes', 'credentials')
  for (let time = 0; time < 3; time++) await assert.rejects(check(bearer(secret)), /prohibited/)

  db.setAuthorizer(null)
  assert.equal((await check(bearer(secret))).kind, 'granted')
})

it('a store that is closed lets nobody in', async () => {
  const { db, key, check } = await givenLoaded(10)
  const { secret } = await key()
  await check(bearer(secret))

  db.close()

  for (let time = 0; time < 3; time++) await assert.rejects(check(bearer(secret)))
})

it('a revocation that was told but could not be read is not lost', async () => {
  // Given a revocation that the store tells of, and whose record it does not show
  const { db, store, key, check, guard } = await givenLoaded(10)
  const { secret, record: revoked } = await key()
  await check(bearer(secret))
  await store.revoke(revoked.id, NOON)
  forbid(db, 'credentials')
  await assert.rejects(check(bearer(secret)), /prohibited/)

  // When the next requests come, with the store still silent and then not
  await assert.rejects(check(bearer(secret)), /prohibited/)
  db.setAuthorizer(null)

  // Then it holds, though nobody tells of it again
  assert.equal(reasonOf(await check(bearer(secret))), 'key_revoked')
  for (let turns = 0; turns < 300 && !guard.directory.isLoaded; turns++) await new Promise((r) => setTimeout(r, 10))
  assert.equal(guard.directory.isLoaded, true)
  assert.equal(reasonOf(await check(bearer(secret))), 'key_revoked')
})

it('loading that breaks off goes on later, and until then each key is asked for', async () => {
  const { store, db } = givenDatabase()
  const { guard, key, check } = givenGuard(store)
  await store.insertMany(many(1200))
  const { secret } = await key()
  await check(bearer(secret))

  forbid(db, 'credentials')
  await turn()
  await turn()
  db.setAuthorizer(null)

  assert.equal((await check(bearer(secret))).kind, 'granted')
  assert.equal(guard.directory.isLoaded, false)
  for (let turns = 0; turns < 300 && !guard.directory.isLoaded; turns++) await new Promise((r) => setTimeout(r, 10))
  assert.equal(guard.directory.size, 1201)
})

it('one record that cannot be understood shuts out its holder and nobody else', async () => {
  const { store } = givenDatabase()
  const { key, check } = givenGuard(store)
  await store.insert(record(1, { clientId: 'not sixteen characters long' }))
  const { secret } = await key()

  assert.equal((await check(bearer(secret))).kind, 'granted')
  for (let turns = 0; turns < 5; turns++) await turn()
  assert.equal((await check(bearer(secret))).kind, 'granted')

  // One that comes later costs a request or two, until everything was looked at again
  await store.insert(record(2, { clientId: 'short' }))
  await check(bearer(secret)).catch(() => undefined)
  assert.equal((await check(bearer(secret))).kind, 'granted')
})

it('a record that the directory cannot keep does not keep the others from being loaded', async () => {
  const store = memoryCredentials()
  await store.insertMany([record(1), record(2, { clientId: 'too short' }), record(3)])
  const { guard, check } = givenGuard(store)

  await check(bearer(unknown())).catch(() => undefined)
  for (let turns = 0; turns < 100 && !guard.directory.isLoaded; turns++) await turn()

  assert.ok(guard.directory.isLoaded)
  assert.equal(guard.directory.size, 2)
  assert.equal(await guard.directory.find(record(2).id), undefined)
  assert.ok(await guard.directory.find(record(3).id))
})

it('keys on the same terms share what was compiled for them', async () => {
  const { key, check } = await givenLoaded()
  const [one, other, another] = [await key({ tools: ['a'] }), await key({ tools: ['a'] }), await key({ tools: ['b'] })]

  const [first, second, third] = [
    await check(bearer(one.secret)),
    await check(bearer(other.secret)),
    await check(bearer(another.secret)),
  ]

  assert.ok(first.kind === 'granted' && second.kind === 'granted' && third.kind === 'granted')
  assert.equal(first.access, second.access)
  assert.notEqual(first.access, third.access)
  assert.equal(third.access.sees('a'), false)
})

/** Bytes, of what is still reachable. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

it('what changes long after loading leaves nothing behind but the records', async () => {
  const { store, check } = await givenLoaded(50_000)
  const ids = many(50_000).map(({ id }) => id)
  await store.revoke(ids[0] as string, NOON)
  await check(bearer(unknown()))
  const before = memoryInUse()

  for (const id of ids) await store.revoke(id, NOON)
  await check(bearer(unknown()))

  // Their ids alone would be 3 MB in a set.
  const grown = memoryInUse() - before
  assert.ok(grown < 1_500_000, `${grown} bytes more`)
})

it('a store whose changes come by what is no Promise opens nothing: what was revoked would stay good', async () => {
  const { store } = givenDatabase()
  // biome-ignore lint/suspicious/noThenProperty: query builders give such a thing
  const thenable = { then: (done: (ids: readonly string[]) => void) => done([]) } as never
  const { key, check } = givenGuard({ ...store, changes: () => thenable })
  const { secret } = await key()

  await assert.rejects(async () => check(bearer(secret)), /changes\(\) gives a list/)
})

it('a store that tells of changes by anything but ids opens nothing, neither at once nor later', async () => {
  for (const changes of [[{ id: 'x' }], [undefined], [null], [1]] as unknown as (readonly string[])[]) {
    for (const give of [() => changes, () => Promise.resolve(changes)]) {
      const { store } = givenDatabase()
      const { key, check } = givenGuard({ ...store, changes: give })
      const { secret } = await key()
      await assert.rejects(async () => check(bearer(secret)), /changes\(\) gives a list of ids/)
    }
  }
})

it('a key that a store has deleted is good no longer, when the store tells of it', async () => {
  for (const later of [false, true]) {
    const memory = memoryCredentials()
    const gone: string[] = []
    const told: string[] = []
    const store = {
      ...memory,
      find: (id: string) => {
        const found = gone.includes(id) ? undefined : memory.find(id)
        return later ? Promise.resolve(found) : found
      },
      list: async (filter: Parameters<typeof memory.list>[0]) =>
        (await memory.list(filter)).filter(({ id }) => !gone.includes(id)),
      changes: () => told.splice(0),
    }
    const { guard, key, check } = givenGuard(store)
    const [{ secret, record: kept }, { secret: other }] = [await key(), await key()]
    assert.equal((await check(bearer(secret))).kind, 'granted')
    gone.push(kept.id)
    told.push(kept.id)

    assert.equal(reasonOf(await check(bearer(secret))), 'key_invalid', `${later}`)
    assert.equal((await check(bearer(other))).kind, 'granted')
    while (!guard.directory.isLoaded) await turn()
    assert.equal(reasonOf(await check(bearer(secret))), 'key_invalid')
    assert.equal((await check(bearer(other))).kind, 'granted')
  }
})
