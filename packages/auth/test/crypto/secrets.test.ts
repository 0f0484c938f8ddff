import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { digestOf, isDigestOf, randomId, randomText, storedDigest } from '../../src/crypto/index.ts'

it('an id holds only digits and small letters, each equally often', () => {
  const drawn = 36 * 20_000
  const seen = new Map<string, number>()

  for (const digit of randomId(drawn)) seen.set(digit, (seen.get(digit) ?? 0) + 1)

  assert.deepEqual([...seen.keys()].sort().join(''), '0123456789abcdefghijklmnopqrstuvwxyz')
  // Bytes taken modulo 36 would give the first four digits an eighth more. A fair digit strays by 139 at one standard
  // deviation; 1000 are seven of those.
  for (const [digit, times] of seen) assert.ok(Math.abs(times - 20_000) < 1000, `${digit} came ${times} times`)
})

it('an id has the length that was asked for, none included', () => {
  for (const length of [0, 1, 16, 1000]) assert.equal(randomId(length).length, length)
})

it('thirty-two random bytes make forty-three URL-safe characters, never the same twice', () => {
  const texts = Array.from({ length: 1000 }, () => randomText(32))

  assert.equal(new Set(texts).size, texts.length)
  for (const text of texts) assert.match(text, /^[A-Za-z0-9_-]{43}$/)
})

it('a digest is the SHA-256 of the text as UTF-8', async () => {
  for (const secret of ['', 'abc', 'pcls_ä€😀']) {
    assert.deepEqual(Buffer.from(await digestOf(secret)), createHash('sha256').update(secret, 'utf8').digest())
  }
})

it('what a store returns as a digest is refused unless it is as long as one', async () => {
  const kept = storedDigest(new Uint8Array(await digestOf('abc')))

  assert.equal(await isDigestOf(kept, 'abc'), true)
  for (const length of [0, 31, 33]) assert.throws(() => storedDigest(new Uint8Array(length)), TypeError)
})

it('a digest that differs in one bit anywhere is that of another secret', async () => {
  const digest = await digestOf('abc')

  for (let bit = 0; bit < 256; bit++) {
    const other = new Uint8Array(digest)
    other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.equal(await isDigestOf(other, 'abc'), false)
  }
})
