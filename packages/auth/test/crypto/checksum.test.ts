import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { CHECKSUM_LENGTH, checksum } from '../../src/crypto/index.ts'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The number that six base-62 digits stand for. */
function numberOf(digits: string): number {
  return [...digits].reduce((value, digit) => value * 62 + DIGITS.indexOf(digit), 0)
}

it('is CRC-32 as everybody computes it: the check value of the catalogue, and the ends of the range', () => {
  assert.equal(numberOf(checksum('123456789')), 0xcbf43926)
  assert.equal(numberOf(checksum('')), 0)
  assert.equal(numberOf(checksum('a')), 0xe8b7be43)
  assert.equal(numberOf(checksum('The quick brown fox jumps over the lazy dog')), 0x414fa339)
})

it('agrees with zlib on any ASCII text, and always has six digits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
      const digits = checksum(text)

      assert.equal(digits.length, CHECKSUM_LENGTH)
      assert.equal(numberOf(digits), crc32(text))
    }),
  )
})

it('tells every single mistyped character and every swap of neighbours', () => {
  const typed = 'pcls_0123456789abcdef_AbCdEf'
  const right = checksum(typed)

  for (let at = 0; at < typed.length; at++) {
    for (const other of '0Oo1lI_-') {
      const mistyped = typed.slice(0, at) + other + typed.slice(at + 1)
      if (mistyped !== typed) assert.notEqual(checksum(mistyped), right)
    }
    const swapped = typed.slice(0, at) + (typed[at + 1] ?? '') + typed[at] + typed.slice(at + 2)
    if (swapped !== typed) assert.notEqual(checksum(swapped), right)
  }
})
