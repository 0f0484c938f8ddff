import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isDigestOf, storedDigest } from '../../src/crypto/index.ts'
import { dueAt, type IssueTerms, issue, rotate } from '../../src/keys/index.ts'
import { readSecretText } from '../../src/protocol/index.ts'
import { type CredentialRecord, memoryCredentials } from '../../src/store/index.ts'

/** Seconds since the epoch. */
const NOON = 1_800_000_000
const DAY = 86_400

const terms: IssueTerms = {
  kind: 'api-key',
  server: 'files',
  name: 'laptop',
  tenant: 'acme',
  scopes: ['files:read'],
  tools: ['read_*'],
  notes: 'for the demo',
  delivery: 'vault',
}

async function given(more: Partial<IssueTerms> = {}) {
  const store = memoryCredentials()
  const issued = await issue(store, { ...terms, ...more }, NOON)
  return { store, issued, id: issued.record.id }
}

it('a key is stored without its secret, found by its public id, for a client of its own', async () => {
  const { store, issued } = await given()
  const { record, secret } = issued

  assert.deepEqual(await store.find(record.id), record)
  assert.deepEqual(readSecretText('api-key', secret), { kind: 'readable', id: record.id })
  assert.ok(await isDigestOf(record.digest, secret))
  assert.match(record.clientId, /^[0-9a-z]{16}$/)
  assert.notEqual(record.clientId, record.id)
  assert.equal(record.createdAt, NOON)
  const { digest: _, ...facts } = record
  assert.equal(JSON.stringify(facts).includes(secret.slice(22, 65)), false)
})

it('each kind has its own spelling', async () => {
  assert.match((await given()).issued.secret, /^pcls_/)
  assert.match((await given({ kind: 'probe' })).issued.secret, /^pcls_/)
  assert.match((await given({ kind: 'secret-url' })).issued.secret, /^pclu_/)
})

it('an expiry that is no time is refused, and nothing is stored', async () => {
  const store = memoryCredentials()

  for (const expiresAt of [Number.NaN, Infinity, -Infinity, 1.5]) {
    await assert.rejects(issue(store, { ...terms, expiresAt }, NOON), TypeError, String(expiresAt))
  }

  assert.equal(await store.count(), 0)
})

it('terms that are wrong are refused with what to write, for a limit that is no list would be none', async () => {
  const store = memoryCredentials()
  const wrong: readonly [terms: object | undefined, says: RegExp][] = [
    [undefined, /the terms must be an object/],
    [{ ...terms, tools: 'read_*' }, /"tools" must be a list of texts, as \['read_\*'\]/],
    [{ ...terms, scopes: 'files:read' }, /"scopes" must be a list of texts/],
    [{ ...terms, scopes: [''] }, /"scopes" must be a list of texts/],
    [{ ...terms, tool: ['read_*'] }, /"tool" is not known: write one of kind, server, name/],
    [{ ...terms, kind: undefined }, /"kind" must be one of api-key, probe, secret-url/],
    [{ ...terms, kind: 'apikey' }, /"kind" must be one of/],
    [{ ...terms, server: undefined }, /"server" must be a text/],
    [{ ...terms, name: '' }, /"name" must be a text/],
    [{ ...terms, tenant: 1 }, /"tenant" must be a text/],
    [{ ...terms, expiresAt: NOON * 1000 }, /"expiresAt" must be seconds, not milliseconds/],
    [{ ...terms, expiresAt: '2027-01-01' }, /"expiresAt" must be whole seconds/],
  ]

  for (const [each, message] of wrong) {
    await assert.rejects(issue(store, each as IssueTerms, NOON), { name: 'TypeError', message })
  }
  for (const now of [undefined, new Date(), NOON * 1000]) {
    await assert.rejects(issue(store, terms, now as number), { name: 'TypeError', message: /"now" must be/ })
  }
  assert.equal(await store.count(), 0)
})

it('what is about to be stored is announced first, and where that fails nothing is stored', async () => {
  const store = memoryCredentials()
  const counts: number[] = []
  const announce = () => void counts.push(store.count() as number)
  const refuse = () => {
    throw new Error('the record is full')
  }

  const { record } = await issue(store, terms, NOON, announce)
  await assert.rejects(issue(store, terms, NOON, refuse), /full/)
  await assert.rejects(rotate(store, record.id, DAY, NOON, refuse), /full/)
  assert.equal((await store.find(record.id))?.replacedBy, undefined)

  const rotation = await rotate(store, record.id, DAY, NOON, announce)
  assert.equal(rotation.kind, 'rotated')
  assert.deepEqual(counts, [0, 1])
})

it('a rotation that cannot be is not announced', async () => {
  const { store, id } = await given()
  await store.revoke(id, NOON)
  const refuse = () => assert.fail('announced')

  assert.deepEqual(await rotate(store, id, DAY, NOON, refuse), { kind: 'revoked' })
  assert.deepEqual(await rotate(store, '0'.repeat(16), DAY, NOON, refuse), { kind: 'unknown' })
})

it('a successor has the same terms and the same client, and lives as long as the old one was made to live', async () => {
  const { store, issued, id } = await given({ expiresAt: NOON + 90 * DAY })

  const rotation = await rotate(store, id, DAY, NOON + 80 * DAY)

  assert.ok(rotation.kind === 'rotated')
  const { record } = rotation.issued
  const { id: _, digest: __, createdAt, expiresAt, ...same } = record
  const { id: ___, digest: ____, createdAt: _____, expiresAt: ______, ...before } = issued.record
  assert.deepEqual(same, before)
  assert.equal(createdAt, NOON + 80 * DAY)
  assert.equal(expiresAt, NOON + 170 * DAY)
  assert.notEqual(record.id, id)
  assert.deepEqual(await store.find(record.id), record)
})

it('a key that does not expire has a successor that does not expire', async () => {
  const { store, id } = await given()

  const rotation = await rotate(store, id, DAY, NOON + DAY)

  assert.ok(rotation.kind === 'rotated')
  assert.equal('expiresAt' in rotation.issued.record, false)
})

it('the old one ends with the overlap, and never later than it would have', async () => {
  for (const [expiresAt, overlap, endsAt] of [
    [undefined, DAY, NOON + DAY],
    [NOON + 5 * DAY, DAY, NOON + DAY],
    [NOON + 10, DAY, NOON + 10],
    [undefined, 0, NOON],
    [NOON + 10, 0, NOON],
  ] as const) {
    const { store, id } = await given(expiresAt === undefined ? {} : { expiresAt })

    const rotation = await rotate(store, id, overlap, NOON)

    assert.ok(rotation.kind === 'rotated')
    assert.equal(rotation.endsAt, endsAt)
    assert.equal((await store.find(id))?.expiresAt, endsAt)
    assert.equal((await store.find(id))?.replacedBy, rotation.issued.record.id)
  }
})

it('an overlap that is no time is refused, and the key is as it was', async () => {
  const { store, id } = await given()

  for (const overlap of [Number.NaN, Infinity, -1, 0.5]) {
    await assert.rejects(rotate(store, id, overlap, NOON), TypeError, String(overlap))
  }

  assert.equal((await store.find(id))?.replacedBy, undefined)
  assert.equal(await store.count(), 1)
})

it('a successor inherits neither use nor end of the old one', async () => {
  const { store, id } = await given()
  await store.touch(new Map([[id, NOON + 5]]))

  const rotation = await rotate(store, id, DAY, NOON + 10)

  assert.ok(rotation.kind === 'rotated')
  for (const member of ['lastUsedAt', 'revokedAt', 'replacedBy']) assert.equal(member in rotation.issued.record, false)
})

it('what cannot be rotated says why, and gets no successor', async () => {
  const rotated = await given()
  await rotate(rotated.store, rotated.id, DAY, NOON)
  assert.deepEqual(await rotate(rotated.store, rotated.id, DAY, NOON), { kind: 'replaced' })
  assert.equal(await rotated.store.count(), 2)

  const revoked = await given()
  await revoked.store.revoke(revoked.id, NOON)
  assert.deepEqual(await rotate(revoked.store, revoked.id, DAY, NOON), { kind: 'revoked' })
  assert.equal(await revoked.store.count(), 1)

  const expired = await given({ expiresAt: NOON + 1 })
  assert.deepEqual(await rotate(expired.store, expired.id, DAY, NOON + 1), { kind: 'expired' })
  assert.deepEqual(await rotate(expired.store, '0'.repeat(16), DAY, NOON), { kind: 'unknown' })
})

it('of rotations at the same moment one makes a key, the others make none', async () => {
  const { store, id } = await given()

  const rotations = await Promise.all([1, 2, 3, 4].map(() => rotate(store, id, DAY, NOON)))

  assert.deepEqual(rotations.map(({ kind }) => kind).toSorted(), ['replaced', 'replaced', 'replaced', 'rotated'])
  assert.equal(await store.count(), 2)
})

it('a key is due at its age limit or its end, whichever is sooner', () => {
  const digest = storedDigest(new Uint8Array(32))
  const record = (facts: Partial<CredentialRecord>): CredentialRecord => ({
    id: '0'.repeat(16),
    kind: 'api-key',
    digest,
    clientId: '1'.repeat(16),
    server: 'files',
    name: '',
    createdAt: NOON,
    ...facts,
  })
  const due = (facts: Partial<CredentialRecord>, now = NOON) => dueAt(record(facts), 90 * DAY, now)

  assert.equal(due({}), NOON + 90 * DAY)
  assert.equal(due({ expiresAt: NOON + 30 * DAY }), NOON + 30 * DAY)
  assert.equal(due({ expiresAt: NOON + 900 * DAY }), NOON + 90 * DAY)
  // One that is too old already has been due for as long, and still is
  assert.equal(due({}, NOON + 200 * DAY), NOON + 90 * DAY)
  // One that is over, or has a successor, needs none
  assert.equal(due({ expiresAt: NOON + 5 }, NOON + 5), undefined)
  assert.equal(due({ revokedAt: NOON }), undefined)
  assert.equal(due({ replacedBy: '2'.repeat(16) }), undefined)
})
