import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { rotate } from '../../src/keys/index.ts'
import { prepareDatabase, sqliteCredentials } from '../../src/store/index.ts'
import { bearer, givenGuard, NOON, reasonOf, turn } from './given.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-gates-'))
const opened: DatabaseSync[] = []
after(() => {
  for (const db of opened) db.close()
  rmSync(directory, { recursive: true })
})

/** A gate that has loaded what there is, over a database that it shares with others. */
async function givenGate(name: string) {
  const db = new DatabaseSync(join(directory, name))
  opened.push(db)
  prepareDatabase(db)
  const gate = givenGuard(sqliteCredentials(db))
  await gate.guard.directory.freshen()
  while (!gate.guard.directory.isLoaded) await turn()
  return gate
}

it('a key that one gate makes is good at the other, and one that it revokes is not', async () => {
  const [one, other] = [await givenGate('keys.db'), await givenGate('keys.db')]

  const { secret, record } = await one.key()
  assert.equal((await other.check(bearer(secret))).kind, 'granted')

  await one.store.revoke(record.id, NOON)
  assert.equal(reasonOf(await other.check(bearer(secret))), 'key_revoked')
  assert.equal(reasonOf(await one.check(bearer(secret))), 'key_revoked')
})

it('a rotation at one gate is known at the other, its overlap too', async () => {
  const [one, other] = [await givenGate('rotation.db'), await givenGate('rotation.db')]
  const old = await one.key()
  await other.check(bearer(old.secret))

  const rotation = await rotate(one.store, old.record.id, 60, NOON)
  assert.ok(rotation.kind === 'rotated')
  assert.equal((await other.check(bearer(rotation.issued.secret))).kind, 'granted')
  other.clock.now = NOON + 60
  assert.equal(reasonOf(await other.check(bearer(old.secret))), 'key_expired')
})

it('two guards of one process, each with a store of its own on one connection, hear of each other', async () => {
  const db = new DatabaseSync(join(directory, 'connection.db'))
  opened.push(db)
  prepareDatabase(db)
  const [one, other] = [givenGuard(sqliteCredentials(db)), givenGuard(sqliteCredentials(db))]
  const { secret, record } = await one.key()
  assert.equal((await other.check(bearer(secret))).kind, 'granted')

  await one.store.revoke(record.id, NOON)

  assert.equal(reasonOf(await other.check(bearer(secret))), 'key_revoked')
})

it('a stream at one gate ends when the other revokes its key', async () => {
  const [one, other] = [await givenGate('streams.db'), await givenGate('streams.db')]
  const { secret, record } = await one.key()
  const verdict = await other.check(bearer(secret))
  assert.ok(verdict.kind === 'granted')
  let ends = 0
  other.guard.watch.until(verdict.principal, () => ends++)

  await one.store.revoke(record.id, NOON)
  await turn()
  await other.guard.watch.look()

  assert.equal(ends, 1)
})
