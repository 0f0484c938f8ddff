import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { it } from 'node:test'
import { randomId, storedDigest } from '../../src/crypto/index.ts'
import { Shelf } from '../../src/guard/shelf.ts'
import type { CredentialRecord } from '../../src/store/index.ts'

const digestOf = (secret: string) => storedDigest(hash('sha256', secret, 'buffer'))
const digest = digestOf('a secret')

function record(id: string, facts: Partial<CredentialRecord> = {}): CredentialRecord {
  return { id, kind: 'api-key', digest, clientId: id, server: 'files', name: '', createdAt: 0, ...facts }
}

it('a hundred thousand records are all found, each by its own id, and nobody else is', async () => {
  const shelf = new Shelf()
  const ids = Array.from({ length: 100_000 }, () => randomId(16))
  const digests = ids.map((id) => digestOf(`secret of ${id}`))

  for (const [at, id] of ids.entries()) {
    const facts = { digest: digests[at] as typeof digest, clientId: [...id].reverse().join(''), expiresAt: at + 1 }
    shelf.put(record(id, facts), at % 7, 3)
  }

  assert.equal(shelf.size, 100_000)
  for (const [at, id] of ids.entries()) {
    const row = shelf.find(id)
    assert.ok(row !== -1 && shelf.expiresAt(row) === at + 1 && shelf.terms(row) === at % 7)
    assert.ok(shelf.generation(row) === 3 && shelf.revokedAt(row) === 0)
    assert.equal(await shelf.isDigestOf(row, `secret of ${id}`), true)
    assert.ok(shelf.clientId(row) === [...id].reverse().join(''))
  }
  for (let stranger = 0; stranger < 100_000; stranger++) assert.equal(shelf.find(randomId(16)), -1)
})

it('ids that differ in one place only are different ids', () => {
  const shelf = new Shelf()
  const ids = Array.from({ length: 16 }, (_, at) => `${'0'.repeat(at)}1${'0'.repeat(15 - at)}`)

  for (const [at, id] of ids.entries()) shelf.put(record(id), at, 0)

  for (const [at, id] of ids.entries()) assert.equal(shelf.terms(shelf.find(id)), at)
  assert.equal(shelf.find('0'.repeat(16)), -1)
})

it('putting a record again replaces what was there, in its own row', async () => {
  const shelf = new Shelf()
  const id = randomId(16)
  shelf.put(record(id, { expiresAt: 5, revokedAt: 6, lastUsedAt: 7 }), 1, 1)
  const row = shelf.find(id)

  shelf.put(record(id, { clientId: 'another-client-1', digest: digestOf('another') }), 2, 2)

  assert.equal(shelf.find(id), row)
  assert.equal(shelf.size, 1)
  assert.deepEqual([shelf.expiresAt(row), shelf.revokedAt(row), shelf.terms(row), shelf.generation(row)], [0, 0, 2, 2])
  assert.equal(shelf.clientId(row), 'another-client-1')
  assert.equal(await shelf.isDigestOf(row, 'another'), true)
  assert.equal(await shelf.isDigestOf(row, 'a secret'), false)
})

it('a use that was noted here is not forgotten for an older one of the store', () => {
  const shelf = new Shelf()
  const id = randomId(16)
  shelf.put(record(id, { lastUsedAt: 100 }), 0, 0)
  shelf.markUsed(shelf.find(id), 900)

  shelf.put(record(id, { lastUsedAt: 100 }), 0, 0)

  assert.equal(shelf.usedAt(shelf.find(id)), 900)
})

it('an id that nobody can have is not found, and disturbs nothing', () => {
  const shelf = new Shelf()
  shelf.put(record('a'.repeat(16)), 0, 0)

  for (const id of [
    '',
    'a',
    'a'.repeat(15),
    'a'.repeat(17),
    `${'a'.repeat(15)}é`,
    '😀'.repeat(8),
    '\u0000'.repeat(16),
  ]) {
    assert.equal(shelf.find(id), -1, id)
  }
  assert.notEqual(shelf.find('a'.repeat(16)), -1)
})

it('a record that does not fit is refused whole: no half of it stays behind', () => {
  const shelf = new Shelf()
  const id = 'a'.repeat(16)

  assert.throws(() => shelf.put(record(id, { clientId: 'too short' }), 1, 1), TypeError)
  assert.throws(() => shelf.put(record('short', { clientId: id }), 1, 1), TypeError)
  assert.throws(() => shelf.put(record(id, { clientId: `${'c'.repeat(15)}é` }), 1, 1), TypeError)

  assert.equal(shelf.find(id), -1)
  assert.equal(shelf.size, 0)
})

it('no time is so early or so late that it turns into none: what ends, ends', () => {
  const shelf = new Shelf()
  const id = 'a'.repeat(16)
  const kept = (at: number) => {
    shelf.put(record(id, { expiresAt: at, revokedAt: at }), 0, 0)
    const row = shelf.find(id)
    assert.equal(shelf.expiresAt(row), shelf.revokedAt(row))
    return shelf.expiresAt(row)
  }

  for (const early of [0, -1, 0.5, Number.NaN]) assert.equal(kept(early), 1, String(early))
  for (const late of [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 5, 1.8e12, Number.MAX_SAFE_INTEGER, Infinity]) {
    assert.equal(kept(late), 2 ** 32 - 1, String(late))
  }
  assert.equal(kept(1_800_000_000), 1_800_000_000)
})

it('a record that does not fit a row is refused, and touches no other', async () => {
  const shelf = new Shelf()
  const [first, second] = [randomId(16), randomId(16)]
  shelf.put(record(first), 1, 1)
  shelf.put(record(second), 2, 1)
  const odd = [
    record(first, { digest: new Uint8Array(120) as typeof digest }),
    record(first, { digest: new Uint8Array(31) as typeof digest }),
    record(first.slice(1), { clientId: `${first}x` }),
    record(randomId(16), { digest: new Uint8Array(0) as typeof digest }),
  ]

  for (const each of odd) assert.throws(() => shelf.put(each, 9, 9), TypeError)

  assert.equal(shelf.size, 2)
  for (const [id, terms] of [
    [first, 1],
    [second, 2],
  ] as const) {
    assert.equal(shelf.terms(shelf.find(id)), terms)
    assert.equal(await shelf.isDigestOf(shelf.find(id), 'a secret'), true)
  }
})
