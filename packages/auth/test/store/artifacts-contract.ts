import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Artifact, ArtifactStore } from '../../src/store/index.ts'
import { NOON } from './given.ts'

/** A refresh token on the grant `g1`, good for an hour. */
export function artifact(idHash: string, facts: Partial<Artifact> = {}): Artifact {
  return {
    model: 'RefreshToken',
    idHash,
    payload: Uint8Array.from([0, 1, 255, 0]),
    grantId: 'g1',
    accountId: 'ada',
    clientId: 'claude',
    expiresAt: NOON + 3600,
    ...facts,
  }
}

/**
 * What every store of artifacts promises.
 * @param open An empty store, as two issuers see it.
 */
export function artifactStoreContract(name: string, open: () => [ArtifactStore, ArtifactStore]): void {
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)
  const plain = (found: Artifact | undefined) => found && { ...found, payload: [...found.payload] }
  const same = (found: Artifact | undefined, wanted: Artifact | undefined) =>
    assert.deepEqual(plain(found), plain(wanted))

  test('what is put comes back to either issuer, by both names, until it has expired', async () => {
    const [store, other] = open()
    const kept = artifact('a', { uidHash: 'u' })

    await store.put(kept)

    same(await other.find('RefreshToken', 'a', NOON), kept)
    same(await other.findByUid('RefreshToken', 'u', NOON), kept)
    assert.equal(await other.find('Session', 'a', NOON), undefined)
    assert.equal(await other.find('RefreshToken', 'a', NOON + 3600), undefined)
    assert.equal(await other.findByUid('RefreshToken', 'u', NOON + 3600), undefined)
  })

  test('putting again replaces all but that it was spent', async () => {
    const [store] = open()
    await store.put(artifact('a'))
    await store.spend('RefreshToken', 'a', NOON)

    await store.put(artifact('a', { payload: Uint8Array.of(7) }))

    same(await store.find('RefreshToken', 'a', NOON), artifact('a', { payload: Uint8Array.of(7), consumedAt: NOON }))
  })

  test('of two who put an id that may be used once, one does; when it has expired another may', async () => {
    const [store, other] = open()
    const once = artifact('jti', { model: 'ReplayDetection', expiresAt: Math.floor(Date.now() / 1000) + 60 })

    assert.equal(await store.putOnce(once), true)
    assert.equal(await other.putOnce(once), false)
    await store.put({ ...once, expiresAt: 1 })
    assert.equal(await other.putOnce(once), true)
  })

  test('is spent once, and then replayed', async () => {
    const [store, other] = open()
    await store.put(artifact('a'))

    assert.equal(await store.spend('RefreshToken', 'a', NOON), 'spent')
    assert.equal(await other.spend('RefreshToken', 'a', NOON + 1), 'replayed')
    assert.equal(await other.spend('RefreshToken', 'b', NOON), 'unknown')
    assert.equal((await other.find('RefreshToken', 'a', NOON))?.consumedAt, NOON)
  })

  test('is exchanged for its successors once; who comes too late changes nothing', async () => {
    const [store, other] = open()
    await store.put(artifact('old'))
    const exchange = (successor: string) => ({
      model: 'RefreshToken',
      idHash: 'old',
      successors: [artifact(successor), artifact(successor, { model: 'Other' })],
      answer: Uint8Array.from(Buffer.from(successor)),
    })

    assert.equal(await store.exchange(exchange('new'), NOON), 'spent')
    assert.equal(await other.exchange(exchange('newer'), NOON), 'replayed')
    assert.equal(await other.exchange({ ...exchange('newer'), idHash: 'none' }, NOON), 'unknown')

    const old = await other.find('RefreshToken', 'old', NOON)
    assert.deepEqual([old?.consumedAt, Buffer.from(old?.answer ?? []).toString()], [NOON, 'new'])
    same(await other.find('RefreshToken', 'new', NOON), artifact('new'))
    same(await other.find('Other', 'new', NOON), artifact('new', { model: 'Other' }))
    assert.equal(await other.find('RefreshToken', 'newer', NOON), undefined)
  })

  test('of what was spent a while ago it forgets all but that it was, a bounded number of rows at a time', async () => {
    const [store, other] = open()
    await store.put(artifact('g1', { model: 'Grant' }))
    for (const id of ['a', 'b', 'c', 'd']) await store.put(artifact(id))
    for (const [id, at] of [
      ['a', NOON - 1],
      ['b', NOON],
      ['c', NOON + 1],
    ] as const) {
      await store.exchange({ model: 'RefreshToken', idHash: id, successors: [], answer: Uint8Array.of(1) }, at)
    }

    assert.equal(await store.forgetSpent('Other', NOON, 9), 0)
    assert.equal(await store.forgetSpent('RefreshToken', NOON, 1), 1)
    assert.equal(await store.forgetSpent('RefreshToken', NOON, 9), 1)

    same(
      await other.find('RefreshToken', 'a', NOON),
      artifact('a', { payload: new Uint8Array(), consumedAt: NOON - 1 }),
    )
    assert.equal((await other.find('RefreshToken', 'c', NOON))?.answer?.length, 1)
    assert.deepEqual(await idsOf(store, 'RefreshToken'), ['c', 'd'])
    assert.equal(await other.spend('RefreshToken', 'a', NOON), 'replayed')
    assert.equal(await other.exchange({ model: 'RefreshToken', idHash: 'b', successors: [] }, NOON), 'replayed')
  })

  test('what is left of the spent ends with its time, with its grant, or by its name', async () => {
    const [store] = open()
    await store.put(artifact('g1', { model: 'Grant' }))
    await store.put(artifact('g2', { model: 'Grant', grantId: 'g2' }))
    for (const [id, grantId] of [
      ['a', 'g1'],
      ['b', 'g1'],
      ['c', 'g2'],
    ] as const) {
      await store.put(artifact(id, { grantId }))
      await store.spend('RefreshToken', id, NOON)
    }
    await store.forgetSpent('RefreshToken', NOON, 9)
    const isKnown = async (id: string, now = NOON) => (await store.find('RefreshToken', id, now)) !== undefined

    await store.remove('RefreshToken', 'b')
    await store.removeByGrant('g2')

    assert.deepEqual([await isKnown('a'), await isKnown('b'), await isKnown('c')], [true, false, false])
    assert.equal(await isKnown('a', NOON + 3600), false)
    assert.equal(await store.prune(NOON + 3600, 9), 3)
  })

  test('of what nobody has claimed so many of a kind remain, those that end last; what has an account stays', async () => {
    const [store, other] = open()
    const waiting = (id: string, expiresAt: number, model = 'Interaction') => {
      const { accountId: _, grantId: __, ...unclaimed } = artifact(id, { model, expiresAt })
      return unclaimed
    }
    const idsAt = async (model: string) => (await store.list({ model }, NOON)).map(({ idHash }) => idHash)
    await store.put(artifact('claimed', { model: 'Interaction', expiresAt: NOON + 1 }))
    await store.put(waiting('else', NOON + 1, 'Other'))
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
      await (index % 2 ? store : other).putUnclaimed(waiting(id, NOON + 10 + index), 3)
    }
    assert.deepEqual(await idsAt('Interaction'), ['b', 'c', 'claimed', 'd'])

    await store.putUnclaimed(waiting('b', NOON + 11), 3)
    assert.deepEqual(await idsAt('Interaction'), ['b', 'c', 'claimed', 'd'])
    await store.putUnclaimed(waiting('soon', NOON + 5), 3)
    assert.deepEqual(await idsAt('Interaction'), ['c', 'claimed', 'd', 'soon'])
    assert.deepEqual(await idsAt('Other'), ['else'])
  })

  test('of what nobody has claimed no more remain where there are hundreds, whoever put them; the latest stay', async () => {
    const [store, other] = open()
    const ids = Array.from({ length: 700 }, (_, index) => `u${String(index).padStart(3, '0')}`)
    for (const [index, id] of ids.entries()) {
      const {
        accountId: _,
        grantId: __,
        ...unclaimed
      } = artifact(id, { model: 'Interaction', expiresAt: NOON + index })
      await (index % 3 ? store : other).putUnclaimed(unclaimed, 300)
      const kept = await store.list({ model: 'Interaction' }, 0)
      // A hundredth beyond it, for there are two stores.
      assert.ok(kept.length <= 303, `${kept.length} after ${index}`)
      assert.ok(index < 300 || kept.length >= 296, `${kept.length} after ${index}`)
    }
    const kept = (await store.list({ model: 'Interaction' }, 0)).map(({ idHash }) => idHash)
    assert.deepEqual(kept, ids.slice(-kept.length))
  })

  test('of what an account may have so many of those remain that end last; what others have, or is renewed, stays', async () => {
    const [store, other] = open()
    const session = (idHash: string, end: number, facts: Partial<Artifact> = {}) => {
      const { grantId: _, ...rest } = artifact(idHash, { model: 'Session', expiresAt: NOON + end, ...facts })
      return { ...rest, accountId: facts.accountId ?? 'ada' }
    }
    const idsAt = async (accountId: string) =>
      (await store.list({ model: 'Session', accountId }, NOON)).map(({ idHash }) => idHash)
    await store.putOfAccount(session('x', 1, { accountId: 'eve' }), 3)
    await store.put(artifact('else', { model: 'Grant', expiresAt: NOON + 1 }))
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
      await (index % 2 ? store : other).putOfAccount(session(id, 10 + index), 3)
    }
    assert.deepEqual(await idsAt('ada'), ['b', 'c', 'd'])

    await store.putOfAccount(session('b', 20), 3)
    assert.deepEqual(await idsAt('ada'), ['b', 'c', 'd'])
    await store.putOfAccount(session('soon', 5), 3)
    assert.deepEqual(await idsAt('ada'), ['b', 'd', 'soon'])
    assert.deepEqual(await idsAt('eve'), ['x'])
    assert.ok(await store.find('Grant', 'else', NOON))
  })

  test('what is there can be replaced, and what was removed is not put again', async () => {
    const [store, other] = open()
    await store.put(artifact('a', { uidHash: 'u' }))
    await store.spend('RefreshToken', 'a', NOON)
    const newer = artifact('a', { payload: new Uint8Array([7]), expiresAt: NOON + 99, accountId: 'eve', uidHash: 'v' })

    assert.equal(await other.replace(newer), true)
    same(await store.find('RefreshToken', 'a', NOON), { ...newer, consumedAt: NOON })

    const renamed = { ...newer, idHash: 'b' }
    assert.equal(await other.replace(renamed, 'a'), true)
    same(await store.find('RefreshToken', 'b', NOON), { ...renamed, consumedAt: NOON })
    assert.equal(await store.find('RefreshToken', 'a', NOON), undefined)
    assert.equal(await store.replace({ ...newer, idHash: 'c' }, 'a'), false)

    await store.remove('RefreshToken', 'b')
    assert.equal(await other.replace(renamed), false)
    assert.equal(await store.find('RefreshToken', 'a', NOON), undefined)
  })

  test('all of a kind that are of an account or a client go at once, but for one', async () => {
    const [store] = open()
    for (const [id, facts] of Object.entries({
      a: { uidHash: 'u' },
      b: { uidHash: 'v' },
      c: {},
      d: { clientId: 'cursor' },
      e: { accountId: 'eve' },
      f: { model: 'Other' },
    })) {
      await store.put(artifact(id, { model: 'Session', ...facts }))
    }
    const ids = async () => (await store.list({ model: 'Session' }, NOON)).map(({ idHash }) => idHash)

    assert.equal(await store.removeAll({ model: 'Session', accountId: 'ada', clientId: 'claude' }, 'u'), 2)
    assert.deepEqual(await ids(), ['a', 'd', 'e'])
    assert.equal(await store.removeAll({ model: 'Session', clientId: 'claude' }), 2)
    assert.deepEqual(await ids(), ['d'])
    assert.equal(await store.removeAll({ model: 'Session', accountId: 'ada' }), 1)
    assert.ok(await store.find('Other', 'f', NOON))
  })

  test('of any number who remove one thing, one does', async () => {
    const [store, other] = open()
    await store.put(artifact('a'))
    assert.deepEqual([await store.remove('RefreshToken', 'a'), await other.remove('RefreshToken', 'a')], [true, false])
  })

  test('a grant goes with all that stands on it, and nothing else', async () => {
    const [store] = open()
    await store.put(artifact('g1', { model: 'Grant' }))
    await store.put(artifact('a'))
    await store.put(artifact('b', { grantId: 'g2' }))

    assert.equal(await store.removeByGrant('g1'), 2)
    assert.equal(await store.removeByGrant('g1'), 0)

    assert.equal(await store.find('RefreshToken', 'a', NOON), undefined)
    same(await store.find('RefreshToken', 'b', NOON), artifact('b', { grantId: 'g2' }))
  })

  const everyone = async (store: ArtifactStore): Promise<void> => {
    const { accountId: _, clientId: __, grantId: ___, ...nobodys } = artifact('s')
    await store.put(artifact('g1', { model: 'Grant' }))
    await store.put(artifact('g2', { model: 'Grant', grantId: 'g2', clientId: 'cursor' }))
    await store.put(artifact('g3', { model: 'Grant', grantId: 'g3', accountId: 'bob' }))
    await store.put(artifact('a'))
    await store.put(artifact('b', { grantId: 'g2', clientId: 'cursor' }))
    await store.put(artifact('c', { grantId: 'g3', accountId: 'bob' }))
    await store.put({ ...nobodys, model: 'Session', accountId: 'ada' })
    await store.put({ ...nobodys, model: 'Interaction', idHash: 'i' })
  }
  const idsOf = async (store: ArtifactStore, model: string) =>
    (await store.list({ model }, NOON)).map(({ idHash }) => idHash)

  test('an account ends with its sessions, its grants and what stands on them', async () => {
    const [store] = open()
    await everyone(store)

    assert.equal(await store.removeByAccount('ada'), 5)

    assert.deepEqual(await idsOf(store, 'Grant'), ['g3'])
    assert.deepEqual(await idsOf(store, 'RefreshToken'), ['c'])
    assert.deepEqual(await idsOf(store, 'Session'), [])
    assert.deepEqual(await idsOf(store, 'Interaction'), ['i'])
  })

  test('a client ends with the grants of everyone, and what stands on them', async () => {
    const [store] = open()
    await everyone(store)

    assert.equal(await store.removeByClient('claude'), 4)

    assert.deepEqual(await idsOf(store, 'Grant'), ['g2'])
    assert.deepEqual(await idsOf(store, 'RefreshToken'), ['b'])
    assert.deepEqual(await idsOf(store, 'Session'), ['s'])
  })

  test('lists page by page what a filter picks', async () => {
    const [store] = open()
    await everyone(store)
    await store.put(artifact('late', { expiresAt: NOON }))
    const list = async (filter: object) =>
      (await store.list({ model: 'RefreshToken', ...filter }, NOON)).map(({ idHash }) => idHash)

    assert.deepEqual(await list({}), ['a', 'b', 'c'])
    assert.deepEqual(await list({ limit: 2 }), ['a', 'b'])
    assert.deepEqual(await list({ after: 'b' }), ['c'])
    assert.deepEqual(await list({ accountId: 'ada', clientId: 'cursor' }), ['b'])
    assert.deepEqual(await list({ grantId: 'g3' }), ['c'])
  })

  test('lists without what was spent, where that is asked for', async () => {
    const [store, other] = open()
    for (const id of ['a', 'b', 'c']) await store.put(artifact(id))
    await store.put(artifact('d', { grantId: 'g2' }))
    await other.spend('RefreshToken', 'b', NOON)

    const unspent = async (filter: object) =>
      (await store.list({ model: 'RefreshToken', isUnspent: true, ...filter }, NOON)).map(({ idHash }) => idHash)
    assert.deepEqual(await unspent({ grantId: 'g1' }), ['a', 'c'])
    assert.deepEqual(await unspent({}), ['a', 'c', 'd'])
    assert.equal((await store.list({ model: 'RefreshToken', grantId: 'g1' }, NOON)).length, 3)
  })

  test('lists what a grant or an account has in a time that others do not lengthen', async () => {
    const [store] = open()
    await store.put(artifact('a', { grantId: 'ours', accountId: 'eve' }))
    const fill = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1000) {
        const puts = Array.from({ length: 1000 }, (_, index) => store.put(artifact(`b${n + index}`)))
        await Promise.all(puts)
      }
    }
    const timeOf = async (filter: object): Promise<number> => {
      const times: number[] = []
      for (let n = 0; n < 20; n++) {
        const from = performance.now()
        assert.equal((await store.list({ model: 'RefreshToken', ...filter }, NOON)).length, 1)
        times.push(performance.now() - from)
      }
      return Math.min(...times)
    }
    await fill(0, 20_000)

    for (const filter of [{ grantId: 'ours' }, { accountId: 'eve' }]) {
      const time = await timeOf(filter)
      assert.ok(time < 0.5, `${JSON.stringify(filter)}: ${time} ms`)
    }
  })

  test('forgets what has expired, a bounded number of rows at a time', async () => {
    const [store] = open()
    for (const id of ['a', 'b', 'c']) await store.put(artifact(id, { expiresAt: NOON }))
    await store.put(artifact('d', { expiresAt: NOON + 1 }))

    assert.equal(await store.prune(NOON, 2), 2)
    assert.equal(await store.prune(NOON, 2), 1)
    assert.equal(await store.prune(NOON, 2), 0)
    assert.deepEqual(await idsOf(store, 'RefreshToken'), ['d'])
  })
}
