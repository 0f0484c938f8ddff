import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { ClientRecord, ClientStore } from '../../src/store/index.ts'
import { NOON } from './given.ts'

const DAY = 86_400

/** A client that registered itself at noon and waits to be used. */
export function givenClient(clientId: string, facts: Partial<ClientRecord> = {}): ClientRecord {
  return {
    clientId,
    origin: 'registered',
    name: `client ${clientId}`,
    metadata: new Uint8Array([1, 2, 3]),
    createdAt: NOON,
    network: '192.0.2.0/24',
    expiresAt: NOON + DAY,
    ...facts,
  }
}

/** One that stays by itself. */
function givenLasting(clientId: string, facts: Partial<ClientRecord> = {}): ClientRecord {
  const { expiresAt: _, network: __, ...rest } = givenClient(clientId, facts)
  return { ...rest, origin: 'created', ...facts }
}

/**
 * What every store of clients promises.
 * @param open An empty store, as two gates see it.
 */
export function clientStoreContract(name: string, open: () => [ClientStore, ClientStore]): void {
  const test = (title: string, run: () => Promise<void>) => it(`${name}: ${title}`, run)
  const idsOf = async (store: ClientStore, now = NOON) => (await store.list({}, now)).map(({ clientId }) => clientId)

  test('what one gate keeps, another finds as it was', async () => {
    const [store, other] = open()
    const client = givenClient('a', { usedAt: NOON + 1, approvedAt: NOON + 2, blockedAt: NOON + 3 })
    await store.insert(client)
    assert.deepEqual(await other.find('a', NOON), client)
    assert.equal(await other.find('b', NOON), undefined)
  })

  test('an id is taken once', async () => {
    const [store, other] = open()
    await store.insert(givenLasting('a', { name: 'first' }))
    await assert.rejects(async () => other.insert(givenLasting('a')))
    await other.keep(givenLasting('a', { name: 'second' }))
    assert.equal((await store.find('a', NOON))?.name, 'first')
    await other.keep(givenLasting('b'))
    assert.deepEqual(await idsOf(store), ['a', 'b'])
  })

  const room = (limit: number, safeFor = 600) => ({ limit, safeFor })

  test('registered clients wait in a bounded number; used, expired and other clients do not count', async () => {
    const [store, other] = open()
    const of = (id: string, more = {}) => givenClient(id, { network: id, ...more })
    await store.insert(givenLasting('operator'))
    assert.equal(await store.insertRegistered(of('a'), room(2)), true)
    assert.equal(await other.insertRegistered(of('b'), room(2)), true)
    assert.equal(await store.insertRegistered(of('c'), room(2)), false)
    assert.equal(await store.find('c', NOON), undefined)

    await store.noteUse('a', NOON)
    assert.equal(await other.insertRegistered(of('c'), room(2)), true)
    assert.equal(await other.insertRegistered(of('d'), room(2)), false)
    const later = { createdAt: NOON + DAY, expiresAt: NOON + 2 * DAY }
    assert.equal(await other.insertRegistered(of('d', later), room(2)), true)
  })

  test('where too many wait, the oldest of the network that has the most makes way, and nobody of another', async () => {
    const [store, other] = open()
    const at = (id: string, network: string, seconds: number) =>
      givenClient(id, { network, createdAt: NOON + seconds, expiresAt: NOON + seconds + DAY })
    await store.insertRegistered(at('honest', 'h', 0), room(4))
    for (const n of [1, 2, 3]) await store.insertRegistered(at(`flood ${n}`, 'f', n), room(4))

    assert.equal(await other.insertRegistered(at('newcomer', 'n', 4), room(4)), true)
    assert.deepEqual(await idsOf(store), ['flood 2', 'flood 3', 'honest', 'newcomer'])

    assert.equal(await store.insertRegistered(at('flood 4', 'f', 5), room(4)), true)
    assert.deepEqual(await idsOf(store), ['flood 3', 'flood 4', 'honest', 'newcomer'])

    assert.equal(await store.insertRegistered(at('second', 'n', 6), room(4)), true)
    assert.deepEqual(await idsOf(store), ['flood 4', 'honest', 'newcomer', 'second'])
  })

  test('what was used, approved or made by the operator never makes way', async () => {
    const [store] = open()
    const of = (id: string) => givenClient(id, { network: 'one' })
    await store.insert(givenLasting('operator'))
    for (const id of ['approved', 'used', 'waits']) await store.insertRegistered(of(id), room(3))
    await store.noteUse('used', NOON)
    await store.setApproved('approved', NOON)
    for (const id of ['x', 'y', 'z']) assert.equal(await store.insertRegistered(of(id), room(2)), true)
    assert.deepEqual(await idsOf(store), ['approved', 'operator', 'used', 'y', 'z'])
  })

  test('where each network has one alone, the oldest makes way once it is no longer safe', async () => {
    const [store] = open()
    const at = (id: string, seconds: number) =>
      givenClient(id, { network: id, createdAt: NOON + seconds, expiresAt: NOON + seconds + DAY })
    await store.insertRegistered(at('a', 0), room(2))
    await store.insertRegistered(at('b', 10), room(2))
    assert.equal(await store.insertRegistered(at('c', 599), room(2)), false)
    assert.equal(await store.insertRegistered(at('c', 600), room(2)), true)
    assert.equal(await store.insertRegistered(at('d', 601), room(2)), false)
    assert.deepEqual(await idsOf(store), ['b', 'c'])
  })

  test('one that nobody used is gone when its time is over, and can be forgotten then', async () => {
    const [store, other] = open()
    await store.insertRegistered(givenClient('unused'), room(10))
    await store.insertRegistered(givenClient('used'), room(10))
    await store.noteUse('used', NOON)
    assert.notEqual(await other.find('unused', NOON + DAY - 1), undefined)
    assert.equal(await other.find('unused', NOON + DAY), undefined)
    assert.deepEqual(await idsOf(other, NOON + DAY), ['used'])

    assert.equal(await store.prune(NOON + DAY - 1), 0)
    assert.equal(await store.prune(NOON + DAY), 1)
    assert.deepEqual(await idsOf(other), ['used'])
  })

  test('the first use is the one that counts', async () => {
    const [store, other] = open()
    await store.insertRegistered(givenClient('a'), room(10))
    await store.noteUse('a', NOON + 5)
    await other.noteUse('a', NOON + 9)
    const { usedAt, expiresAt } = (await store.find('a', NOON)) ?? {}
    assert.deepEqual([usedAt, expiresAt], [NOON + 5, undefined])
  })

  test('what is approved stays, and a decision is told from one about nobody', async () => {
    const [store, other] = open()
    await store.insertRegistered(givenClient('a'), room(10))
    assert.equal(await store.setApproved('a', NOON), true)
    assert.equal((await other.find('a', NOON + DAY))?.approvedAt, NOON)
    assert.equal(await other.setBlocked('a', NOON + 1), true)
    assert.equal((await store.find('a', NOON))?.blockedAt, NOON + 1)
    assert.equal(await store.setBlocked('a', undefined), true)
    assert.equal((await other.find('a', NOON))?.blockedAt, undefined)
    for (const decide of [store.setApproved, store.setBlocked]) assert.equal(await decide('nobody', NOON), false)
    assert.deepEqual([await store.remove('a'), await other.remove('a')], [true, false])
  })

  test('pages go on where the last one ended, and can be of one origin', async () => {
    const [store, other] = open()
    for (const id of ['c', 'a', 'b']) await store.insertRegistered(givenClient(id), room(10))
    await store.keep(givenLasting('https://client.example/c', { origin: 'document' }))
    const ids = async (filter: Parameters<ClientStore['list']>[0]) =>
      (await other.list(filter, NOON)).map(({ clientId }) => clientId)
    assert.deepEqual(await ids({ limit: 2 }), ['a', 'b'])
    assert.deepEqual(await ids({ after: 'b' }), ['c', 'https://client.example/c'])
    assert.deepEqual(await ids({ origin: 'document' }), ['https://client.example/c'])
  })
}
