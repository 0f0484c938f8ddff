import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readMessage, readStrictText } from '../../src/protocol/index.ts'

const { raw } = String

it('an earlier body cannot make a member of a later one disappear (nodejs/node#63785)', () => {
  // Given bodies whose keys are the first characters of the spelling of another key
  const pairs = [
    [raw`{"h":[],"\\":0}`, raw`{"h":1,"\"":2}`, '"'],
    [raw`{"k":1,"\\u006d":"x"}`, raw`{"k":1,"\u006dethod":"x"}`, 'method'],
    [raw`{"k":1,"metho\\":"x"}`, raw`{"k":1,"metho\u0064":"x"}`, 'method'],
    [raw`{"k":1,"n\\/x":"x"}`, raw`{"k":1,"n\/x/":"x"}`, 'n/x/'],
    [raw`{"k":1,"\\\\":"x"}`, raw`{"k":1,"\\\\n":"x"}`, raw`\\n`],
  ] as const

  for (const [before, after, key] of pairs) {
    // When one is read after the other
    readStrictText(before)
    const { value } = readStrictText(after)

    // Then its key reads as it is spelled
    assert.deepEqual(Object.keys(value as object)[1], key)
  }
})

it('no earlier message makes a call look like an answer, which nobody would check', () => {
  const before = raw`{"jsonrpc":"2.0","id":1,"result":{},"\\u006d":"x","params":{"name":"delete_all"}}`
  const call = raw`{"jsonrpc":"2.0","id":1,"result":{},"\u006dethod":"tools/call","params":{"name":"delete_all"}}`

  readMessage(Buffer.from(before))
  const read = readMessage(Buffer.from(call))

  assert.ok('code' in read)
})

it('escaped keys keep their values, their order and their neighbours', () => {
  const { value } = readStrictText(
    raw`{"z":1,"\u0061":{"\u0062":[{"\"":2},3],"c":9},"__pr\u006fto__":{"x":4},"":5,"\u0031":6}`,
  )

  assert.equal(JSON.stringify(value), raw`{"1":6,"z":1,"a":{"b":[{"\"":2},3],"c":9},"__proto__":{"x":4},"":5}`)
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
})

it('an escape in a key does not make anything JSON that is not', () => {
  for (const text of [
    raw`{"\u0061"`,
    raw`{"\u0061`,
    raw`{"\u0061":1,}`,
    raw`{"\u0061" 1}`,
    raw`["\u0061":1]`,
    raw`{"\u0061":1}}`,
  ]) {
    assert.throws(() => readStrictText(text), { fault: 'not_json' }, text)
  }
})
