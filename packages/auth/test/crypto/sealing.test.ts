import assert from 'node:assert/strict'
import { it } from 'node:test'
import { openBytes, randomBytes, sealBytes } from '../../src/crypto/index.ts'

const key = new Uint8Array(32).fill(7)
const plain = new TextEncoder().encode('session of the upstream')

it('what was sealed opens again with the same key and context', () => {
  for (const text of [plain, new Uint8Array(), randomBytes(100_000)]) {
    assert.deepEqual(new Uint8Array(openBytes(key, sealBytes(key, text, 'sessions'), 'sessions')), text)
  }
})

it('nothing of the plain text shows, and the same text never looks the same twice', () => {
  const one = Buffer.from(sealBytes(key, plain, 'sessions'))
  const other = Buffer.from(sealBytes(key, plain, 'sessions'))

  assert.equal(one.includes('session of'), false)
  assert.notDeepEqual(one.subarray(0, 12), other.subarray(0, 12))
  assert.notDeepEqual(one.subarray(28), other.subarray(28))
})

it('any flipped bit is noticed, in nonce, tag and text alike', () => {
  const sealed = sealBytes(key, plain, 'sessions')

  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const forged = new Uint8Array(sealed)
    forged[bit >> 3] = (forged[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.throws(() => openBytes(key, forged, 'sessions'), `bit ${bit}`)
  }
})

it('a cut one does not open, however little is missing and even when nothing was inside', () => {
  // GCM takes tags as short as four bytes if one lets it; whoever guesses those has forged a seal.
  for (const text of [new Uint8Array(), plain]) {
    const sealed = sealBytes(key, text, 'sessions')
    for (let length = 0; length < sealed.length; length++) {
      assert.throws(() => openBytes(key, sealed.subarray(0, length), 'sessions'), `${length} bytes`)
    }
  }
})

it('one that has grown does not open', () => {
  const grown = Buffer.concat([sealBytes(key, plain, 'sessions'), new Uint8Array(1)])

  assert.throws(() => openBytes(key, grown, 'sessions'))
})

it('neither another key nor another context opens it', () => {
  const sealed = sealBytes(key, plain, 'sessions')

  assert.throws(() => openBytes(new Uint8Array(32).fill(8), sealed, 'sessions'))
  for (const context of ['', 'session', 'sessions ', 'Sessions']) {
    assert.throws(() => openBytes(key, sealed, context), context)
  }
})

it('a key that is not 256 bits long seals nothing', () => {
  for (const length of [0, 16, 31, 33]) assert.throws(() => sealBytes(new Uint8Array(length), plain, 'sessions'))
})
