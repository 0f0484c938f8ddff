import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LineCutter } from '../../src/upstream/stdio/lines.ts'

function cut(chunks: readonly Uint8Array[], max = 1000, hasEnded = false): { lines: string[]; excesses: string[] } {
  const lines: string[] = []
  const excesses: string[] = []
  const cutter = new LineCutter(
    max,
    (line) => lines.push(line.toString('utf8')),
    (beginning) => excesses.push(beginning.toString('utf8')),
  )
  for (const chunk of chunks) cutter.push(Buffer.from(chunk))
  if (hasEnded) cutter.end()
  return { lines, excesses }
}

describe('cutting bytes into lines', () => {
  it('gives the same lines however the bytes are split', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 }).map((line) => line.replace(/[\r\n]/g, ''))
    fc.assert(
      fc.property(fc.array(text), fc.array(fc.nat(200), { maxLength: 20 }), (given, cuts) => {
        const bytes = Buffer.from(given.map((line) => `${line}\n`).join(''))
        const ends = [...cuts, bytes.length].sort((a, b) => a - b)
        const chunks = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
        assert.deepEqual(cut(chunks).lines, given)
      }),
    )
  })

  it("takes a return before the newline for part of the line's end", () => {
    assert.deepEqual(cut([Buffer.from('a\r\n\r\nb\r'), Buffer.from('\n')]).lines, ['a', '', 'b'])
  })

  it('tells of a line beyond the bound once, with its beginning, and goes on behind it', () => {
    for (const step of [1, 3, 100]) {
      const bytes = Buffer.from('0123456789\n01234567890123\nnext\n')
      const chunks = []
      for (let at = 0; at < bytes.length; at += step) chunks.push(bytes.subarray(at, at + step))
      assert.deepEqual(cut(chunks, 10), { lines: ['0123456789', 'next'], excesses: ['0123456789'] })
    }
  })

  it('holds back what no newline has ended, until it is told that no more will come', () => {
    assert.deepEqual(cut([Buffer.from('whole\nhalf')]).lines, ['whole'])
    assert.deepEqual(cut([Buffer.from('whole\nhalf')], 1000, true).lines, ['whole', 'half'])
    assert.deepEqual(cut([Buffer.from('whole\n')], 1000, true).lines, ['whole'])
  })
})
