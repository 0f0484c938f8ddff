import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { RevocationEntry, RevocationStore, SigningKeyRecord, SigningKeyStore } from '../../src/store/index.ts'
import { NOON } from './given.ts'

/**
 * What every store of revocations promises.
 * @param open An empty store, as two gates see it.
 */
export function revocationStoreContract(name: string, open: () => [RevocationStore, RevocationStore]): void {
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)
  const entry = (id: string, facts: Partial<RevocationEntry> = {}): RevocationEntry => ({
    kind: 'grant',
    id,
    at: NOON,
    expiresAt: NOON + 960,
    ...facts,
  })

  test('each gate hears of each entry once, whoever made it', async () => {
    const [store, other] = open()
    await store.revoke([entry('g1'), entry('jti', { kind: 'token' })])

    assert.deepEqual(await other.news(NOON), [entry('g1'), entry('jti', { kind: 'token' })])
    assert.deepEqual(await other.news(NOON), [])
    await other.revoke([entry('g2')])
    assert.deepEqual(await other.news(NOON), [entry('g2')])
    assert.deepEqual(await store.news(NOON), [entry('g1'), entry('jti', { kind: 'token' }), entry('g2')])
  })

  test('says whether anything ended a token, to whoever asks, and takes no news from anyone', async () => {
    const [store, other] = open()
    await store.revoke([entry('ada', { kind: 'account' }), entry('g1')])
    const ended = (kind: RevocationEntry['kind'], id: string, issuedAt = NOON, now = NOON) =>
      other.isEnded(
        [
          { kind: 'token', id: 'none' },
          { kind, id },
        ],
        issuedAt,
        now,
      )

    assert.equal(await ended('grant', 'g1'), true)
    assert.equal(await ended('account', 'ada'), true)
    assert.equal(await ended('client', 'ada'), false)
    assert.equal(await ended('account', 'ada', NOON + 1), false)
    assert.equal(await ended('grant', 'g1', NOON, NOON + 960), false)
    assert.equal((await other.news(NOON)).length, 2)
  })

  test('forgets what can end nothing any more', async () => {
    const [store, other] = open()
    await store.revoke([entry('g1', { expiresAt: NOON + 1 }), entry('g2')])

    assert.equal(await store.prune(NOON + 1), 1)
    assert.deepEqual(await other.news(NOON), [entry('g2')])
  })
}

/**
 * What every store of signing keys promises.
 * @param open An empty store, as two issuers see it.
 */
export function signingKeyStoreContract(name: string, open: () => [SigningKeyStore, SigningKeyStore]): void {
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)
  const key = (kid: string, activeAt = NOON): SigningKeyRecord => ({
    kid,
    algorithm: 'ES256',
    sealed: Uint8Array.of(1, 2, 3),
    createdAt: NOON,
    activeAt,
  })
  const kidsOf = async (store: SigningKeyStore, now = NOON) => (await store.list(now)).map(({ kid }) => kid)

  test('of two issuers that begin at once one makes the first key', async () => {
    const [store, other] = open()

    assert.equal(await store.insertFirst(key('a')), true)
    assert.equal(await other.insertFirst(key('b')), false)
    assert.deepEqual(await kidsOf(other), ['a'])
  })

  test('of two issuers that rotate at once one does', async () => {
    const [store, other] = open()
    await store.insertFirst(key('a'))

    assert.equal(await store.insertAfter('a', key('b', NOON + 60)), true)
    assert.equal(await other.insertAfter('a', key('c', NOON + 60)), false)
    assert.equal(await other.insertAfter('b', key('c', NOON + 120)), true)
    assert.deepEqual(await kidsOf(store), ['a', 'b', 'c'])
  })

  test('a retired key is listed until then, can be retired sooner but not later, and is forgotten after it', async () => {
    const [store, other] = open()
    await store.insertFirst(key('a'))
    await store.insertAfter('a', key('b', NOON + 60))

    assert.equal(await store.retire('a', NOON + 1000), true)
    assert.equal(await other.retire('a', NOON + 2000), false)
    assert.equal(await other.retire('a', NOON + 500), true)
    assert.deepEqual(await kidsOf(store, NOON + 499), ['a', 'b'])
    assert.deepEqual(await kidsOf(store, NOON + 500), ['b'])
    assert.equal(await store.prune(NOON + 499), 0)
    assert.equal(await store.prune(NOON + 500), 1)
  })

  test('its version changes with every change, for both', async () => {
    const [store, other] = open()
    const seen = new Set<string>()
    const look = async () => {
      assert.equal(await store.version(), await other.version())
      seen.add(await other.version())
    }

    await look()
    await store.insertFirst(key('a'))
    await look()
    await store.insertAfter('a', key('b', NOON + 60))
    await look()
    await store.retire('a', NOON + 1000)
    await look()
    await look()
    await store.prune(NOON + 1000)
    await look()
    assert.equal(seen.size, 5)
  })
}
