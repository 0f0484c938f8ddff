import assert from 'node:assert/strict'
import { it } from 'node:test'
import { canonicalId, canonicalIdIn } from '../../src/proxy/canonical-id.ts'

const asked = (id: string, before = '') => {
  const text = `{${before}"jsonrpc":"2.0","id":${id},"method":"ping","params":{"id":1,"deep":[{"id":"x"}]}}`
  return canonicalIdIn(JSON.parse(text), text)
}

it('what was asked is found by the answer that repeats its id', () => {
  for (const id of [
    '1',
    '-7',
    '"a"',
    '""',
    '9007199254740993',
    '-9007199254740993',
    '123456789012345678901234567890',
  ]) {
    assert.equal(canonicalId(id), asked(id), id)
  }
})

it('two spellings of one id are one id', () => {
  assert.equal(canonicalId('"\\u0061\\/"'), asked('"a/"'))
  assert.equal(canonicalId('1.0'), asked('1'))
  assert.equal(canonicalId('1e3'), asked('1000'))
})

it('integers that numbers round to one another stay two ids', () => {
  assert.notEqual(canonicalId('9007199254740993'), asked('9007199254740992'))
  assert.notEqual(canonicalId('9007199254740992'), asked('9007199254740993'))
  assert.notEqual(canonicalId('"9007199254740993"'), asked('9007199254740993'))
})

it('the id of a message is its own, not one that is inside of it', () => {
  assert.equal(asked('9007199254740993', '"meta":{"id":9007199254740995},'), '9007199254740993')
})
