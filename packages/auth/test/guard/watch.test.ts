import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import type { Principal } from '../../src/guard/index.ts'
import { type IssueTerms, rotate } from '../../src/keys/index.ts'
import { memoryCredentials, prepareDatabase, sqliteCredentials } from '../../src/store/index.ts'
import { bearer, files, givenGuard, NOON, turn, view } from './given.ts'

async function given(store = memoryCredentials()) {
  const guarded = givenGuard(store)
  const { guard, key, check } = guarded
  const ended: string[] = []
  const principal = async (terms: Partial<IssueTerms> = {}): Promise<Principal> => {
    const verdict = await check(bearer((await key(terms)).secret))
    if (verdict.kind === 'refused') throw new Error(verdict.refusal.reason)
    return verdict.principal
  }
  return {
    ...guarded,
    ended,
    principal,
    /** Opens a stream that adds its name to those that ended. */
    open: (of: Principal, name: string) => guard.watch.until(of, () => ended.push(name)),
    look: async () => {
      await turn()
      await guard.watch.look()
    },
  }
}

it('a stream ends at the first look after its credential was revoked, and only once', async () => {
  const { store, guard, ended, principal, open, look } = await given()
  const [one, other] = [await principal(), await principal()]
  open(one, 'one')
  open(one, 'one again')
  open(other, 'other')
  await look()
  assert.deepEqual(ended, [])

  await store.revoke(one.credentialId, NOON)
  await look()
  assert.deepEqual(ended, ['one', 'one again'])

  await look()
  assert.deepEqual(ended, ['one', 'one again'])
  assert.equal(guard.watch.size, 1)
})

it('a stream ends when its credential expires', async () => {
  const { clock, ended, principal, open, look } = await given()
  open(await principal({ expiresAt: NOON + 10 }), 'stream')

  clock.now = NOON + 9
  await look()
  assert.deepEqual(ended, [])

  clock.now = NOON + 10
  await look()
  assert.deepEqual(ended, ['stream'])
})

it('a stream on a rotated credential ends with the overlap', async () => {
  const { store, clock, ended, principal, open, look } = await given()
  const old = await principal()
  open(old, 'stream')

  await rotate(store, old.credentialId, 60, NOON)
  clock.now = NOON + 59
  await look()
  assert.deepEqual(ended, [])

  clock.now = NOON + 60
  await look()
  assert.deepEqual(ended, ['stream'])
})

it('a stream that was opened on a credential revoked meanwhile ends at the next look', async () => {
  const { store, ended, principal, open, look } = await given()
  const one = await principal()
  await store.revoke(one.credentialId, NOON)
  await look()

  open(one, 'late')
  await look()

  assert.deepEqual(ended, ['late'])
})

it('a stream that has ended by itself is not ended again', async () => {
  const { store, guard, ended, principal, open, look } = await given()
  const one = await principal()
  const stop = open(one, 'stopped')
  open(one, 'open')

  stop()
  stop()
  assert.equal(guard.watch.size, 1)
  await store.revoke(one.credentialId, NOON)
  await look()

  assert.deepEqual(ended, ['open'])
  assert.equal(guard.watch.size, 0)
})

it('stopping late does not stop the watch over a stream that came after', async () => {
  const { store, guard, ended, principal, open, look } = await given()
  const one = await principal()
  const stopFirst = open(one, 'first')
  stopFirst()
  open(one, 'second')

  stopFirst()
  assert.equal(guard.watch.size, 1)
  await store.revoke(one.credentialId, NOON)
  await look()

  assert.deepEqual(ended, ['second'])
})

it('an ending stream may stop others, and open new ones, while it ends', async () => {
  const { store, guard, ended, principal, look } = await given()
  const one = await principal()
  const stops: (() => void)[] = []
  stops.push(
    guard.watch.until(one, () => {
      ended.push('first')
      for (const stop of stops) stop()
    }),
  )
  stops.push(guard.watch.until(one, () => ended.push('second')))
  await store.revoke(one.credentialId, NOON)

  await look()

  assert.deepEqual(ended, ['first'])
  assert.equal(guard.watch.size, 0)
})

it('one stream that cannot be ended keeps none of the others open', async () => {
  const { store, guard, ended, principal, open, look } = await given()
  const [one, other] = [await principal(), await principal()]
  guard.watch.until(one, () => {
    throw new Error('the socket is gone')
  })
  open(one, 'same credential')
  open(other, 'other credential')
  await store.revoke(one.credentialId, NOON)
  await store.revoke(other.credentialId, NOON)

  await assert.rejects(look(), /the socket is gone/)

  assert.deepEqual(ended, ['same credential', 'other credential'])
  assert.equal(guard.watch.size, 0)
})

it('a store that does not answer ends every stream: what cannot be checked is not open', async () => {
  const db = new DatabaseSync(':memory:')
  prepareDatabase(db)
  const { guard, ended, principal, open, look } = await given(sqliteCredentials(db))
  open(await principal(), 'one')
  open(await principal(), 'other')
  db.close()

  await look()

  assert.deepEqual(ended, ['one', 'other'])
  assert.equal(guard.watch.size, 0)
})

it('streams of nobody stand on no credential: neither revocation nor a silent store ends them', async () => {
  const db = new DatabaseSync(':memory:')
  prepareDatabase(db)
  const { guard, check, ended, open, look } = await given(sqliteCredentials(db))
  const verdict = await check(view(), { ...files, access: new Set(['public']) })
  assert.ok(verdict.kind === 'granted')
  open(verdict.principal, 'public')

  await look()
  db.close()
  await look()

  assert.deepEqual(ended, [])
  assert.equal(guard.watch.size, 1)
})

it('looks that overlap end a stream once, and leave alone what was opened in between', async () => {
  // Given a store that answers in its own time
  const near = memoryCredentials()
  const { guard } = givenGuard({
    ...near,
    changes: async () => {
      await turn()
      return near.changes()
    },
    find: async (id) => {
      await turn()
      return near.find(id)
    },
  })
  const { key } = givenGuard(near)
  const { secret, record } = await key()
  const verdict = await guard.check(bearer(secret), files)
  assert.ok(verdict.kind === 'granted')
  let ends = 0
  guard.watch.until(verdict.principal, () => ends++)
  await near.revoke(record.id, NOON)

  await Promise.all([guard.watch.look(), guard.watch.look(), guard.watch.look()])

  assert.equal(ends, 1)
})
