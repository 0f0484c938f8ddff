import assert from 'node:assert/strict'
import { it } from 'node:test'
import { beginRotation, completeRotation, type Issued, issue, rotate } from '../../src/keys/index.ts'
import { type CredentialStore, memoryCredentials } from '../../src/store/index.ts'

/** Seconds since the epoch. */
const NOON = 1_800_000_000
const DAY = 86_400

async function given() {
  const store = memoryCredentials()
  const terms = {
    kind: 'api-key',
    server: 'files',
    name: 'agent',
    delivery: 'vault',
    expiresAt: NOON + 90 * DAY,
  } as const
  const { record } = await issue(store, terms, NOON)
  // Somebody else's on the same terms, whom nothing of this concerns
  const other = (await issue(store, terms, NOON)).record.id
  return { store, id: record.id, other }
}

async function begun(store: CredentialStore, id: string, now: number): Promise<Issued> {
  const rotation = await beginRotation(store, id, now)
  assert.ok(rotation.kind === 'begun')
  return rotation.issued
}

/** The ids of those that would be let in, oldest first. */
async function goodAt(store: CredentialStore, now: number): Promise<string[]> {
  const records = await store.list({})
  return records
    .filter(({ revokedAt, expiresAt = Infinity }) => revokedAt === undefined && expiresAt > now)
    .toSorted((a, b) => a.createdAt - b.createdAt)
    .map(({ id }) => id)
}

it('a successor is good at once, and the old one stays as it was until the rotation is completed', async () => {
  const { store, id, other } = await given()
  const now = NOON + 80 * DAY

  const { record } = await begun(store, id, now)
  assert.deepEqual(new Set(await goodAt(store, now)), new Set([id, other, record.id]))
  assert.equal((await store.find(id))?.expiresAt, NOON + 90 * DAY)
  assert.equal((await store.find(id))?.replacedBy, undefined)
  assert.equal(record.expiresAt, now + 90 * DAY)

  assert.equal(await completeRotation(store, id, record.id, DAY, now + 5), 'rotated')
  const old = await store.find(id)
  assert.deepEqual([old?.replacedBy, old?.expiresAt], [record.id, now + 5 + DAY])
  assert.equal((await store.find(other))?.expiresAt, NOON + 90 * DAY)
})

it('attempts that break off leave the old one good, and at most one successor beside the new one', async () => {
  // Given four attempts that broke off between handing over and completing
  const { store, id, other } = await given()
  const attempts: string[] = []
  for (let day = 80; day < 84; day++) attempts.push((await begun(store, id, NOON + day * DAY)).record.id)
  const now = NOON + 84 * DAY
  assert.deepEqual((await goodAt(store, now)).slice(2), attempts.slice(-2))

  // When one comes to its end
  const { record } = await begun(store, id, now)
  assert.deepEqual((await goodAt(store, now)).slice(2), [attempts[3], record.id])
  assert.equal(await completeRotation(store, id, record.id, DAY, now), 'rotated')

  // Then after the overlap its key is the only one of the client
  assert.deepEqual((await goodAt(store, now + DAY - 1)).slice(2), [attempts[3], record.id])
  assert.deepEqual(await goodAt(store, now + DAY), [other, record.id])
  assert.equal((await store.find(attempts[3] as string))?.replacedBy, record.id)
})

it('who rotates by hand ends what an attempt has left behind, too', async () => {
  const { store, id, other } = await given()
  await begun(store, id, NOON + 80 * DAY)
  const now = NOON + 81 * DAY

  const rotation = await rotate(store, id, DAY, now)

  assert.ok(rotation.kind === 'rotated')
  assert.equal((await goodAt(store, now)).length, 4)
  assert.deepEqual(await goodAt(store, now + DAY), [other, rotation.issued.record.id])
})

it('where somebody rotates by hand meanwhile, theirs stays and the one handed over has the overlap', async () => {
  const { store, id, other } = await given()
  const now = NOON + 80 * DAY
  const { record } = await begun(store, id, now)
  // Not by `rotate`, which would have ended it
  const heir = { ...record, id: 'h'.repeat(16), createdAt: now + 1 }
  await store.rotate(id, heir, now + DAY, now)

  assert.equal(await completeRotation(store, id, record.id, DAY, now + 2), 'replaced')

  assert.deepEqual(await goodAt(store, now + 2 + DAY), [other, heir.id])
  assert.equal((await store.find(record.id))?.replacedBy, heir.id)
  assert.equal((await store.find(heir.id))?.replacedBy, undefined)
})

it('where the old one is revoked meanwhile, its successor is, too', async () => {
  const { store, id, other } = await given()
  const { record } = await begun(store, id, NOON)
  await store.revoke(id, NOON + 1)

  assert.equal(await completeRotation(store, id, record.id, DAY, NOON + 2), 'revoked')

  assert.deepEqual(await goodAt(store, NOON + 2), [other])
})

it('where the successor is revoked meanwhile, the old one goes on', async () => {
  const { store, id } = await given()
  const { record } = await begun(store, id, NOON)
  await store.revoke(record.id, NOON + 1)

  assert.equal(await completeRotation(store, id, record.id, DAY, NOON + 2), 'unknown')

  assert.equal((await store.find(id))?.expiresAt, NOON + 90 * DAY)
  assert.equal((await store.find(id))?.replacedBy, undefined)
})

it('what cannot be rotated gets no successor', async () => {
  const { store, id } = await given()
  assert.deepEqual(await beginRotation(store, id, NOON + 90 * DAY), { kind: 'expired' })
  assert.deepEqual(await beginRotation(store, '0'.repeat(16), NOON), { kind: 'unknown' })
  await store.revoke(id, NOON)
  assert.deepEqual(await beginRotation(store, id, NOON), { kind: 'revoked' })

  assert.equal(await store.count(), 2)
  await assert.rejects(completeRotation(store, id, id, -1, NOON), TypeError)
})
