import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type CredentialStore, memoryCredentials } from '../../src/store/index.ts'
import { bearer, files, givenGuard, NOON, reasonOf, turn, unknown } from './given.ts'

type Waiting = { readonly method: string; deliver(): void }

/**
 * The same store at the end of a long line: what it reads or does happens when it is asked, and each answer arrives
 * when the test delivers it, in any order.
 */
function atADistance(near: CredentialStore) {
  const waiting: Waiting[] = []
  const store = new Proxy(near, {
    get(target, method: keyof CredentialStore & string) {
      return (...args: never[]) => {
        const answer = (target[method] as (...args: never[]) => unknown)(...args)
        return new Promise((resolve) => waiting.push({ method, deliver: () => resolve(answer) }))
      }
    },
  })
  /** Delivers what is under way, latest first where it says so, until nothing more comes. */
  const deliverAll = async (latestFirst = false) => {
    for (let quiet = 0; quiet < 3; ) {
      const next = latestFirst ? waiting.pop() : waiting.shift()
      next?.deliver()
      quiet = next === undefined ? quiet + 1 : 0
      await turn()
    }
  }
  const take = (method: string) => {
    const at = waiting.findIndex((each) => each.method === method)
    assert.notEqual(at, -1, `nobody asked for ${method}`)
    return waiting.splice(at, 1)[0] as Waiting
  }
  return { store, deliverAll, take }
}

async function givenLoaded() {
  const near = memoryCredentials()
  const line = atADistance(near)
  const { key } = givenGuard(near)
  const { guard } = givenGuard(line.store)
  const issued = await key()
  const first = Promise.resolve(guard.check(bearer(unknown()), files))
  await line.deliverAll()
  await first
  return { near, guard, issued, ...line }
}

it('a key is good with a store that takes its time', async () => {
  const { guard, issued, deliverAll } = await givenLoaded()

  const verdict = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll()

  assert.equal((await verdict).kind, 'granted')
})

it('of two requests after a revocation none is served while the other hears of it', async () => {
  for (const latestFirst of [false, true]) {
    // Given a key that is revoked, and nobody here has heard of it
    const { near, guard, issued, deliverAll } = await givenLoaded()
    await near.revoke(issued.record.id, NOON)

    // When two requests come, and the store's answers arrive in either order
    const one = Promise.resolve(guard.check(bearer(issued.secret), files))
    const other = Promise.resolve(guard.check(bearer(issued.secret), files))
    await deliverAll(latestFirst)

    // Then both are refused
    assert.equal(reasonOf(await one), 'key_revoked')
    assert.equal(reasonOf(await other), 'key_revoked')
  }
})

it('a request that comes while a revocation is being read waits for it', async () => {
  const { near, guard, issued, deliverAll, take } = await givenLoaded()
  await near.revoke(issued.record.id, NOON)
  const one = Promise.resolve(guard.check(bearer(issued.secret), files))
  take('changes').deliver()
  await turn()

  // When the record is still under way
  const other = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll(true)

  assert.equal(reasonOf(await one), 'key_revoked')
  assert.equal(reasonOf(await other), 'key_revoked')
})

it('a look that began before a revocation does not speak for a request that came after it', async () => {
  // Given a request whose look at the changes has been answered, but not yet arrived
  const { near, guard, issued, deliverAll } = await givenLoaded()
  const before = Promise.resolve(guard.check(bearer(issued.secret), files))

  // When the key is revoked and another request comes
  await near.revoke(issued.record.id, NOON)
  const after = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll()

  // Then the first may be served (where hashes take their time it may hear of it, too), and the second is not
  const first = await before
  assert.ok(first.kind === 'granted' || reasonOf(first) === 'key_revoked')
  assert.equal(reasonOf(await after), 'key_revoked')
})

it('an answer that was overtaken by a revocation does not bring the key back', async () => {
  // Given a key that is not loaded yet, and a request whose question for it is under way
  const near = memoryCredentials()
  const { store, deliverAll, take } = atADistance(near)
  const { key } = givenGuard(near)
  const { guard } = givenGuard(store)
  const issued = await key()
  await near.changes()
  const early = Promise.resolve(guard.check(bearer(issued.secret), files))
  take('changes').deliver()
  await turn()
  const overtaken = take('find')
  await turn()

  // When it is revoked, the next request hears of that, and only then the first answer arrives
  await near.revoke(issued.record.id, NOON)
  const next = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll()
  assert.equal(reasonOf(await next), 'key_revoked')
  overtaken.deliver()
  await deliverAll()
  await early

  // Then the key stays revoked
  const last = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll()
  assert.equal(reasonOf(await last), 'key_revoked')
})

it('a page of loading that was overtaken by a revocation does not bring the key back', async () => {
  // Given a guard that has asked for a page in which the key is good
  const near = memoryCredentials()
  const { store, deliverAll, take } = atADistance(near)
  const { key } = givenGuard(near)
  const issued = await key()
  let isFirst = true
  const { guard } = givenGuard({
    ...store,
    changes: async () => {
      const heard = await store.changes()
      if (!isFirst) return heard
      isFirst = false
      return 'everything'
    },
    find: (id) => store.find(id),
    list: (filter) => store.list(filter),
  })
  const first = Promise.resolve(guard.check(bearer(unknown()), files))
  take('changes').deliver()
  await turn()
  await turn()
  const overtaken = take('list')

  // When it is revoked, a request hears of that, and only then the page arrives
  await near.revoke(issued.record.id, NOON)
  const next = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll()
  assert.equal(reasonOf(await next), 'key_revoked')
  overtaken.deliver()
  await deliverAll()
  await first
  assert.equal(guard.directory.isLoaded, true)

  // Then the key stays revoked
  const last = Promise.resolve(guard.check(bearer(issued.secret), files))
  await deliverAll()
  assert.equal(reasonOf(await last), 'key_revoked')
})

it('many requests at once ask for changes twice: once for those that came first, once for all the others', async () => {
  const { guard, issued, deliverAll, take } = await givenLoaded()

  const verdicts = Array.from({ length: 50 }, () => Promise.resolve(guard.check(bearer(issued.secret), files)))
  take('changes').deliver()
  await turn()
  take('changes').deliver()
  await turn()

  assert.throws(() => take('changes'))
  await deliverAll()
  assert.equal(
    (await Promise.all(verdicts)).every(({ kind }) => kind === 'granted'),
    true,
  )
})

it('a look that fails refuses those who waited for it, and not those who come later', async () => {
  const near = memoryCredentials()
  const { key } = givenGuard(near)
  let isBroken = true
  const { guard } = givenGuard({
    ...near,
    changes: async () => {
      await turn()
      if (isBroken) throw new Error('the line is cut')
      return near.changes()
    },
  })
  const { secret } = await key()

  const verdicts = [1, 2, 3].map(() => Promise.resolve(guard.check(bearer(secret), files)))
  for (const verdict of verdicts) await assert.rejects(verdict, /the line is cut/)

  isBroken = false
  assert.equal((await guard.check(bearer(secret), files)).kind, 'granted')
})
