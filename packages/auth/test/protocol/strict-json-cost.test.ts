import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readStrictText, StrictJsonError } from '../../src/protocol/index.ts'

/**
 * What a caller can make us work for a body of a megabyte or so. Each takes some ten milliseconds; work that grows
 * with the square of the length would take minutes, so a generous bound tells them apart on any machine.
 */
const BOUND_MS = 3000
const MILLION = 1_000_000
const members = { jsonrpc: {}, id: {}, method: {}, params: { name: {}, uri: {}, arguments: {}, _meta: { a: {} } } }
const wanted = { ...members, '*': members }

const bodies: Record<string, () => string> = {
  'a string of backslashes': () => `{"a":"${'\\\\'.repeat(MILLION / 2)}"}`,
  'a string of escaped quotes': () => `{"a":"${'\\"'.repeat(MILLION / 2)}"}`,
  'a key of backslashes': () => `{"${'\\\\'.repeat(MILLION / 2)}":1}`,
  'backslashes and no end': () => `{"a":"${'\\'.repeat(MILLION + 1)}`,
  'escaped quotes and no end': () => `{"a":"${'\\"'.repeat(MILLION / 2)}`,
  'quotes alone': () => '"'.repeat(MILLION),
  'many keys': () => `{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":1`).join(',')}}`,
  'many keys that look like numbers': () =>
    `{${Array.from({ length: 100_000 }, (_, at) => `"${at * 65_536}":1`).join(',')}}`,
  'many keys as long as a known one': () =>
    `{"params":{${Array.from({ length: 100_000 }, (_, at) => `"${at.toString(36).padStart(4, '_')}":1`).join(',')}}}`,
  'many keys with escapes': () => `{${Array.from({ length: 100_000 }, (_, at) => `"\\u0041${at}":1`).join(',')}}`,
  'many objects': () => `[${'{"a":1},'.repeat(100_000)}{}]`,
  'a batch of numbers': () => `[${'0,'.repeat(MILLION / 2)}0]`,
  'a batch of texts': () => `[${'"",'.repeat(MILLION / 3)}""]`,
  'a batch of nothing': () => `[${'{},'.repeat(MILLION / 3)}{}]`,
  'brackets that open': () => '['.repeat(MILLION),
  'brackets that close': () => ']'.repeat(MILLION),
  commas: () => `[${','.repeat(MILLION)}`,
  colons: () => `{"a"${':'.repeat(MILLION)}`,
  'one long number': () => `[${'1'.repeat(MILLION)}]`,
  'one long word': () => 'x'.repeat(MILLION),
  space: () => ' '.repeat(MILLION),
}

for (const [what, body] of Object.entries(bodies)) {
  it(`a megabyte is read or refused at once: ${what}`, () => {
    const text = body()
    const start = performance.now()

    try {
      readStrictText(text, wanted)
    } catch (error) {
      assert.ok(error instanceof StrictJsonError)
    }

    assert.ok(performance.now() - start < BOUND_MS)
  })
}
