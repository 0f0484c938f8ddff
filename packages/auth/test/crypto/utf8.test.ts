import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { decodeUtf8 } from '../../src/crypto/index.ts'

const bytesOf = (...bytes: number[]) => Uint8Array.from(bytes)

it('reads every well-formed text back as it was, byte order mark included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(decodeUtf8(new TextEncoder().encode(text)), text)
    }),
  )
  assert.equal(decodeUtf8(bytesOf(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa')
})

it('refuses what is not UTF-8 instead of replacing it', () => {
  const broken = {
    'an overlong slash': bytesOf(0xc0, 0xaf),
    'an overlong quote in three bytes': bytesOf(0xe0, 0x80, 0xa2),
    'a surrogate alone': bytesOf(0xed, 0xa0, 0x80),
    'a surrogate pair in six bytes': bytesOf(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80),
    'a character that was cut': bytesOf(0x61, 0xe2, 0x82),
    'a continuation without a beginning': bytesOf(0x80),
    'a code point beyond Unicode': bytesOf(0xf4, 0x90, 0x80, 0x80),
    'Latin-1': bytesOf(0x6e, 0xe9),
    'UTF-16': bytesOf(0xff, 0xfe, 0x61, 0x00),
  }

  for (const [what, bytes] of Object.entries(broken)) assert.equal(decodeUtf8(bytes), undefined, what)
})

it('reads only the part of a buffer that it was given', () => {
  const whole = new TextEncoder().encode('before|inside|behind')

  assert.equal(decodeUtf8(whole.subarray(7, 13)), 'inside')
})
