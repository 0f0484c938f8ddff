import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { SessionRecord, SessionStore } from '../../src/store/index.ts'
import { NOON } from './given.ts'

/**
 * What every session store promises.
 * @param open An empty store, as two gates see it.
 */
export function sessionStoreContract(name: string, open: () => [SessionStore, SessionStore]): void {
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)
  const session = (idHash: string, facts: Partial<SessionRecord> = {}): SessionRecord => ({
    idHash,
    server: 'files',
    principalKey: '["api-key","portcullis","claude",null]',
    lastSeenAt: NOON,
    ...facts,
  })

  test('a session comes back as it was, to either gate', async () => {
    const [store, other] = open()
    const sealed = Uint8Array.from([0, 1, 255, 0])

    await store.put(session('a'))
    await store.put(session('b', { upstreamSession: sealed }))

    assert.deepEqual(await other.find('a'), session('a'))
    const found = await other.find('b')
    assert.deepEqual(new Uint8Array(found?.upstreamSession ?? []), sealed)
    assert.equal(await other.find('c'), undefined)
    assert.equal(await other.count(), 2)
  })

  test('a session that is put again takes the place of the first', async () => {
    const [store, other] = open()
    await store.put(session('a', { upstreamSession: Uint8Array.of(1) }))

    await other.put(session('a', { lastSeenAt: NOON + 1 }))

    assert.deepEqual(await store.find('a'), session('a', { lastSeenAt: NOON + 1 }))
    assert.equal(await store.count(), 1)
  })

  test('a session that was removed is gone for everybody, and removing it again is fine', async () => {
    const [store, other] = open()
    await store.put(session('a'))

    await other.remove('a')
    await store.remove('a')

    assert.equal(await store.find('a'), undefined)
    assert.equal(await store.count(), 0)
  })

  test('being seen keeps a session, and does not bring back one that is gone', async () => {
    const [store, other] = open()
    await store.put(session('a'))
    await store.put(session('b'))

    await store.touch(
      new Map([
        ['a', NOON + 100],
        ['gone', NOON + 100],
      ]),
    )

    assert.equal((await other.find('a'))?.lastSeenAt, NOON + 100)
    assert.equal((await other.find('b'))?.lastSeenAt, NOON)
    assert.equal(await other.find('gone'), undefined)
  })

  test('sessions that nobody used since then go, the one of that very second stays', async () => {
    const [store, other] = open()
    await store.put(session('old', { lastSeenAt: NOON - 1 }))
    await store.put(session('same'))
    await store.put(session('new', { lastSeenAt: NOON + 1 }))

    assert.equal(await store.prune(NOON), 1)
    assert.equal(await other.prune(NOON), 0)

    assert.equal(await other.find('old'), undefined)
    assert.equal(await other.count(), 2)
  })

  test('an id is looked for as it is, whatever it holds', async () => {
    const [store] = open()
    await store.put(session('a'))

    for (const id of ['', 'A', "a' or '1'='1", '%', '_', '__proto__', 'a\u0000'])
      assert.equal(await store.find(id), undefined)
  })
}
