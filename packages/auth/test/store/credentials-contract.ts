import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { CredentialRecord, CredentialStore } from '../../src/store/index.ts'
import { givenRecord, idOf, NOON } from './given.ts'

/**
 * What every credential store promises.
 * @param open An empty store, as two gates see it.
 */
export function credentialStoreContract(name: string, open: () => [CredentialStore, CredentialStore]): void {
  const given = async (...records: CredentialRecord[]) => {
    const [store, other] = open()
    for (const record of records) await store.insert(record)
    // Both have heard of everything up to now.
    await store.changes()
    await other.changes()
    return { store, other }
  }
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)
  const one = idOf(1)

  test('a record comes back as it was, to either gate', async () => {
    const bare = givenRecord(1)
    const full = givenRecord(2, {
      kind: 'secret-url',
      tenant: 'acme',
      name: 'line one\nline "two" é',
      scopes: ['files:read', 'mcp:read'],
      tools: ['read_*', ''],
      notes: '',
      delivery: 'vault',
      expiresAt: NOON + 5,
      revokedAt: NOON + 6,
      replacedBy: idOf(3),
      lastUsedAt: NOON + 7,
    })
    const empty = givenRecord(3, { kind: 'probe', scopes: [], tools: [] })

    const { other } = await given(bare, full, empty)

    for (const record of [bare, full, empty]) {
      const found = await other.find(record.id)
      assert.deepEqual(
        { ...found, digest: Buffer.from(found?.digest ?? []) },
        { ...record, digest: Buffer.from(record.digest) },
      )
    }
    assert.equal(await other.find(idOf(4)), undefined)
    assert.equal(await other.find(''), undefined)
    assert.equal(await other.count(), 3)
  })

  test('an id that is taken stays with who has it', async () => {
    const { store, other } = await given(givenRecord(1, { name: 'first' }))

    await assert.rejects(async () => other.insert(givenRecord(1, { name: 'second' })))

    assert.equal((await store.find(one))?.name, 'first')
    assert.equal(await store.count(), 1)
  })

  test('many are inserted, or none of them', async () => {
    const { store } = await given(givenRecord(3))
    const records = function* () {
      for (let number = 1; number <= 5; number++) yield givenRecord(number)
    }

    await assert.rejects(async () => store.insertMany(records()))
    assert.equal(await store.count(), 1)

    await store.insertMany([givenRecord(8), givenRecord(9)])
    assert.equal(await store.count(), 3)
  })

  test('a seeding whose source breaks off leaves nothing behind', async () => {
    const { store } = await given()
    const records = function* () {
      yield givenRecord(1)
      throw new Error('no more')
    }

    await assert.rejects(async () => store.insertMany(records()), /no more/)

    assert.equal(await store.count(), 0)
  })

  test('lists come in the order of ids, page by page', async () => {
    const { store, other } = await given(...[5, 3, 1, 4, 2].map((number) => givenRecord(number)))

    const pages: string[][] = []
    for (let after = ''; ; ) {
      const page = await other.list({ after, limit: 2 })
      pages.push(page.map(({ id }) => id))
      if (page.length < 2) break
      after = page[1]?.id as string
    }

    assert.deepEqual(pages, [[idOf(1), idOf(2)], [idOf(3), idOf(4)], [idOf(5)]])
    assert.equal((await store.list({})).length, 5)
  })

  test('lists hold what was asked for and nothing else', async () => {
    const { store } = await given(
      givenRecord(1),
      givenRecord(2, { server: 'mail' }),
      givenRecord(3, { kind: 'probe' }),
      givenRecord(4, { clientId: givenRecord(1).clientId }),
      givenRecord(5, { delivery: 'vault' }),
    )
    const ids = async (filter: object) => (await store.list(filter)).map(({ id }) => Number(id))

    assert.deepEqual(await ids({ server: 'files' }), [1, 3, 4, 5])
    assert.deepEqual(await ids({ kind: 'probe' }), [3])
    assert.deepEqual(await ids({ clientId: givenRecord(1).clientId }), [1, 4])
    assert.deepEqual(await ids({ server: 'files', kind: 'api-key', after: one }), [4, 5])
    assert.deepEqual(await ids({ delivery: 'vault' }), [5])
    assert.deepEqual(await ids({ delivery: 'vault', clientId: givenRecord(5).clientId }), [5])
    assert.deepEqual(await ids({ delivery: 'vault', clientId: givenRecord(1).clientId }), [])
    assert.deepEqual(await ids({ server: '' }), [])
    assert.deepEqual(await ids({ server: "files' or '1'='1" }), [])
  })

  test('due are those that are old or near their end, and neither revoked nor replaced', async () => {
    const { store } = await given(
      givenRecord(1, { createdAt: 100 }),
      givenRecord(2, { createdAt: 101 }),
      givenRecord(3, { createdAt: 900, expiresAt: 500 }),
      givenRecord(4, { createdAt: 900, expiresAt: 501 }),
      givenRecord(5, { createdAt: 100, revokedAt: 200 }),
      givenRecord(6, { createdAt: 100, replacedBy: idOf(7) }),
      givenRecord(8, { createdAt: 50, expiresAt: 60 }),
    )
    const due = async (more: object = {}) =>
      (await store.due({ createdBy: 100, expiresBy: 500, ...more })).map(({ id }) => Number(id))

    assert.deepEqual(await due(), [1, 3, 8])
    assert.deepEqual(await due({ after: one }), [3, 8])
    assert.deepEqual(await due({ limit: 2 }), [1, 3])
  })

  test('a revocation happens once, and the first time stays', async () => {
    const { store, other } = await given(givenRecord(1))

    assert.equal(await store.revoke(one, NOON + 1), 'revoked')
    assert.equal(await other.revoke(one, NOON + 2), 'already')
    assert.equal(await other.revoke(idOf(2), NOON + 2), 'unknown')

    assert.equal((await other.find(one))?.revokedAt, NOON + 1)
  })

  test('a rotation puts the successor in and ends the old one with the overlap', async () => {
    const { store, other } = await given(givenRecord(1))

    assert.equal(await store.rotate(one, givenRecord(2), NOON + 60, NOON), 'rotated')

    const old = await other.find(one)
    assert.equal(old?.replacedBy, idOf(2))
    assert.equal(old?.expiresAt, NOON + 60)
    assert.equal((await other.find(idOf(2)))?.name, 'key 2')
  })

  test('a rotation never lets the old one live longer than it would have', async () => {
    const { store } = await given(givenRecord(1, { expiresAt: NOON + 10 }), givenRecord(2, { expiresAt: NOON + 90 }))

    await store.rotate(one, givenRecord(3), NOON + 60, NOON)
    await store.rotate(idOf(2), givenRecord(4), NOON + 60, NOON)

    assert.equal((await store.find(one))?.expiresAt, NOON + 10)
    assert.equal((await store.find(idOf(2)))?.expiresAt, NOON + 60)
  })

  test('what is revoked, replaced, expired or unknown is not rotated, and nothing changes', async () => {
    const { store, other } = await given(
      givenRecord(1, { revokedAt: NOON - 1 }),
      givenRecord(2, { replacedBy: idOf(9), expiresAt: NOON + 60 }),
      givenRecord(3, { expiresAt: NOON }),
    )

    assert.equal(await store.rotate(one, givenRecord(5), NOON + 60, NOON), 'revoked')
    assert.equal(await store.rotate(idOf(2), givenRecord(5), NOON + 90, NOON), 'replaced')
    assert.equal(await store.rotate(idOf(3), givenRecord(5), NOON + 60, NOON), 'expired')
    assert.equal(await store.rotate(idOf(4), givenRecord(5), NOON + 60, NOON), 'unknown')

    assert.equal(await store.find(idOf(5)), undefined)
    assert.equal((await store.find(idOf(2)))?.expiresAt, NOON + 60)
    assert.deepEqual(await other.changes(), [])
  })

  test('a successor whose id is taken is nobody’s successor', async () => {
    const { store } = await given(givenRecord(1), givenRecord(2, { name: 'somebody else’s' }))

    await assert.rejects(async () => store.rotate(one, givenRecord(2), NOON + 60, NOON))

    assert.equal((await store.find(one))?.replacedBy, undefined)
    assert.equal((await store.find(one))?.expiresAt, undefined)
    assert.equal((await store.find(idOf(2)))?.name, 'somebody else’s')
  })

  test('a successor that was there before takes the place of the old one, which ends with the overlap', async () => {
    const { store, other } = await given(givenRecord(1), givenRecord(2, { expiresAt: NOON + 10 }), givenRecord(3))

    assert.equal(await store.replace(one, idOf(3), NOON + 60, NOON), 'rotated')
    assert.deepEqual(await other.changes(), [one])
    assert.equal(await store.replace(idOf(2), idOf(3), NOON + 60, NOON), 'rotated')

    const [first, second] = [await other.find(one), await other.find(idOf(2))]
    assert.deepEqual([first?.replacedBy, first?.expiresAt], [idOf(3), NOON + 60])
    assert.deepEqual([second?.replacedBy, second?.expiresAt], [idOf(3), NOON + 10])
    assert.equal((await other.find(idOf(3)))?.replacedBy, undefined)
  })

  test('what has ended is not replaced, nor by what has ended, nor by itself, and nothing changes', async () => {
    const { store, other } = await given(
      givenRecord(1),
      givenRecord(2, { revokedAt: NOON - 1 }),
      givenRecord(3, { replacedBy: one, expiresAt: NOON + 60 }),
      givenRecord(4, { expiresAt: NOON }),
      givenRecord(5),
    )

    assert.equal(await store.replace(idOf(2), one, NOON + 60, NOON), 'revoked')
    assert.equal(await store.replace(idOf(3), one, NOON + 90, NOON), 'replaced')
    assert.equal(await store.replace(idOf(4), one, NOON + 60, NOON), 'expired')
    for (const successor of [1, 2, 3, 4, 6]) {
      assert.equal(await store.replace(one, idOf(successor), NOON + 60, NOON), 'unknown', String(successor))
    }
    assert.equal(await store.replace(idOf(6), one, NOON + 60, NOON), 'unknown')

    assert.equal((await store.find(one))?.replacedBy, undefined)
    assert.deepEqual(await other.changes(), [])
  })

  test('of many successors exactly one takes the place', async () => {
    const { store, other } = await given(...[1, 2, 3, 4, 5].map((number) => givenRecord(number)))

    const outcomes = await Promise.all(
      [2, 3, 4, 5].map(async (number) => [store, other][number % 2]?.replace(one, idOf(number), NOON + 60, NOON)),
    )

    assert.deepEqual(outcomes.toSorted(), ['replaced', 'replaced', 'replaced', 'rotated'])
  })

  test('exactly one of many concurrent rotations wins', async () => {
    const { store, other } = await given(givenRecord(1))

    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, at) =>
        (at % 2 === 0 ? store : other).rotate(one, givenRecord(10 + at), NOON + 60, NOON),
      ),
    )

    assert.deepEqual(outcomes.toSorted(), [...Array(7).fill('replaced'), 'rotated'])
    assert.equal(await other.count(), 2)
  })

  test('exactly one of many concurrent revocations is the one', async () => {
    const { store, other } = await given(givenRecord(1))

    const outcomes = await Promise.all([store, other, store, other].map(async (each) => each.revoke(one, NOON)))

    assert.equal(outcomes.filter((outcome) => outcome === 'revoked').length, 1)
  })

  test('last uses are kept for those that exist, and are no change that anyone must hear of', async () => {
    const { store, other } = await given(givenRecord(1), givenRecord(2))

    await store.touch(
      new Map([
        [one, NOON + 5],
        [idOf(7), NOON + 5],
      ]),
    )

    assert.equal((await other.find(one))?.lastUsedAt, NOON + 5)
    assert.equal((await other.find(idOf(2)))?.lastUsedAt, undefined)
    assert.equal(await other.count(), 2)
    assert.deepEqual(await other.changes(), [])
    assert.deepEqual(await store.changes(), [])
  })

  test('who writes hears of it, once', async () => {
    const { store } = await given(givenRecord(1))

    await store.insert(givenRecord(2))
    await store.revoke(idOf(2), NOON)
    const heard = await store.changes()

    assert.notEqual(heard, 'everything')
    assert.deepEqual([...new Set(heard)], [idOf(2)])
    assert.deepEqual(await store.changes(), [])
  })

  test('others hear of every change, once', async () => {
    const { store, other } = await given(givenRecord(1), givenRecord(2), givenRecord(3))

    await store.insert(givenRecord(4))
    assert.deepEqual(await other.changes(), [idOf(4)])

    await store.revoke(one, NOON)
    await store.rotate(idOf(2), givenRecord(5), NOON + 60, NOON)
    assert.deepEqual([...((await other.changes()) as string[])].sort(), [one, idOf(2), idOf(5)])
    assert.deepEqual(await other.changes(), [])
  })

  test('after a seeding everyone knows of the new ones, one by one or by looking at everything', async () => {
    const { store, other } = await given(givenRecord(1))

    await store.insertMany([givenRecord(2), givenRecord(3)])
    const heard = await other.changes()

    if (heard !== 'everything') assert.deepEqual([...heard].sort(), [idOf(2), idOf(3)])
    assert.deepEqual(await other.changes(), [])
  })

  test('what did not happen is not told', async () => {
    const { store, other } = await given(givenRecord(1, { revokedAt: NOON }))

    await store.revoke(one, NOON)
    await store.revoke(idOf(2), NOON)
    await Promise.resolve(store.rotate(one, givenRecord(2), NOON + 60, NOON))

    assert.deepEqual(await other.changes(), [])
  })

  test('a mark is claimed by exactly one, and by the next after it was released', async () => {
    const { store, other } = await given(givenRecord(1))

    const claims = await Promise.all(
      [store, other, store, other].map(async (each) => each.claim(one, 'reminded 7', NOON)),
    )

    assert.equal(claims.filter(Boolean).length, 1)
    assert.equal(await other.claim(one, 'reminded 1', NOON), true)
    assert.equal(await other.claim(idOf(2), 'reminded 7', NOON), true)
    await store.release(one, 'reminded 7')
    assert.equal(await other.claim(one, 'reminded 7', NOON), true)
    assert.equal(await store.claim(one, 'reminded 7', NOON), false)
    await store.release(one, 'never claimed')
  })
}
