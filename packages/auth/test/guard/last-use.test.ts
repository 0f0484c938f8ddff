import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { prepareDatabase, sqliteCredentials } from '../../src/store/index.ts'
import { bearer, counted, givenGuard, guessed, NOON, unknown, view } from './given.ts'

function given() {
  const db = new DatabaseSync(':memory:')
  prepareDatabase(db)
  const { store, calls } = counted(sqliteCredentials(db))
  const guarded = givenGuard(store)
  const lastUse = async (id: string) => (await store.find(id))?.lastUsedAt
  return { db, calls, lastUse, ...guarded }
}

it('a use is written later, not with the request', async () => {
  const { guard, key, check, calls, lastUse } = given()
  const { secret, record } = await key()

  await check(bearer(secret))
  assert.equal(calls.touch, undefined)
  assert.equal(await lastUse(record.id), undefined)

  await guard.directory.writeUses()
  assert.equal(await lastUse(record.id), NOON)
})

it('a busy key is written once in ten minutes', async () => {
  const { guard, key, check, calls, clock, lastUse } = given()
  const { secret, record } = await key()

  for (clock.now = NOON; clock.now < NOON + 600; clock.now += 50) {
    await check(bearer(secret))
    await guard.directory.writeUses()
  }
  assert.equal(calls.touch, 1)
  assert.equal(await lastUse(record.id), NOON)

  await check(bearer(secret))
  await guard.directory.writeUses()
  assert.equal(calls.touch, 2)
  assert.equal(await lastUse(record.id), NOON + 600)
})

it('uses of many keys are written in one go, and nothing is written when there was none', async () => {
  const { guard, key, check, calls } = given()
  const keys = await Promise.all(Array.from({ length: 20 }, () => key()))
  for (const { secret } of keys) await check(bearer(secret))

  await guard.directory.writeUses()
  await guard.directory.writeUses()

  assert.equal(calls.touch, 1)
})

it('a refused request is no use', async () => {
  const { guard, store, key, check, checkUrl, calls, clock } = given()
  const good = await key()
  const revoked = await key()
  const expired = await key({ expiresAt: NOON + 1 })
  const url = await key({ kind: 'secret-url' })
  await store.revoke(revoked.record.id, NOON)
  clock.now = NOON + 1

  await check(bearer(guessed(good)))
  await check(bearer(revoked.secret))
  await check(bearer(expired.secret))
  await check(bearer(unknown()))
  await checkUrl(url.secret, view({ 'x-api-key': good.secret }))
  await guard.directory.writeUses()

  assert.equal(calls.touch, undefined)
})

it('uses that could not be written are written at the next turn', async () => {
  const { db, guard, key, check, clock, lastUse } = given()
  const [one, other] = [await key(), await key()]
  await check(bearer(one.secret))

  db.exec('pragma query_only = on')
  await assert.rejects(guard.directory.writeUses())
  clock.now = NOON + 5
  await check(bearer(other.secret))
  db.exec('pragma query_only = off')
  await guard.directory.writeUses()

  assert.equal(await lastUse(one.record.id), NOON)
  assert.equal(await lastUse(other.record.id), NOON + 5)
})

it('a key whose use is on record already is not written again after a restart', async () => {
  const { store, key, check, guard, clock } = given()
  const { secret } = await key()
  await check(bearer(secret))
  await guard.directory.writeUses()

  const { store: again, calls } = counted(store)
  const restarted = givenGuard(again)
  clock.now = restarted.clock.now = NOON + 300
  await restarted.check(bearer(secret))
  await restarted.guard.directory.writeUses()

  assert.equal(calls.touch, undefined)
})
