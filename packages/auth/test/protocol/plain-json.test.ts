import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { readMessage, readStrictText, type Wanted } from '../../src/protocol/index.ts'
import { readPlainText } from '../../src/protocol/plain-json.ts'
import { anyKey, choices, cycle, jsonOf, spell } from './spellings.ts'

const WANTED: Wanted = { id: {}, method: {}, params: { name: {}, arguments: {} } }

const call = (params: string): string => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`
const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`

it('takes what clients write', () => {
  for (const text of [
    call('{"name":"echo","arguments":{"message":"a \\"b\\"\\n\\\\ é 😀","n":-1.5,"l":[1,{"x":null}]}}'),
    '{}',
    nested(128),
  ]) {
    assert.deepEqual(readPlainText(text, WANTED), JSON.parse(text))
  }
})

it('leaves to the long way all that it would have to judge', () => {
  const left: Record<string, string> = {
    'a key twice': call('{"name":"echo","name":"rm"}'),
    'a key twice, deep inside': call('{"name":"echo","arguments":{"a":[{"b":1,"b":1}]}}'),
    'a key twice, with the same value': '{"id":1,"id":1}',
    'a key that differs in case': call('{"name":"echo","Name":"rm"}'),
    'a key with a long s': call('{"name":"echo","argument\u017f":{}}'),
    '__proto__ beside wanted keys': call('{"name":"echo","__proto__":{"name":"rm"}}'),
    'a key spelled with escapes': call('{"n\\u0061me":"rm"}'),
    'a key that is no text': call('{"name":"echo","name\\ud800":"rm"}'),
    'a key with a zero': call('{"name":"echo","name\\u0000":"rm"}'),
    'an escaped slash': '{"a":"\\/"}',
    'a number that loses digits': '{"id":9007199254740993}',
    'a number in another spelling': '{"id":1.0}',
    'minus zero': '{"id":-0}',
    'a number beyond all': '{"id":1e400}',
    'white space': '{ "id":1}',
    'keys that are numbers, out of order': '{"2":1,"1":2}',
    'nested too deep': nested(129),
    'a list': '[{"id":1}]',
    'a word': '"a"',
    'no JSON': '{"id":1',
    'a byte order mark': '\ufeff{}',
    'more than it looks at': `{"a":"${'x'.repeat(16 * 1024)}"}`,
  }
  for (const [what, text] of Object.entries(left)) assert.equal(readPlainText(text, WANTED), undefined, what)
})

it('takes no more members than the long way does, or where they stand could not be told afterwards', () => {
  const members = (count: number) => Array.from({ length: count }, (_, n) => `"k${n.toString(36)}":1`).join()
  for (const spell of [
    (inner: string) => `{"jsonrpc":"2.0","id":1,"method":"ping",${inner}}`,
    (inner: string) => call(`{${inner}}`),
    (inner: string) => call(`{"_meta":{${inner}}}`),
    (inner: string) => call(`{"arguments":{${inner}}}`),
    (inner: string) => `{"jsonrpc":"2.0","id":1,"result":{${inner}}}`,
  ]) {
    for (const count of [990, 999, 1000, 1001, 1500]) {
      const body = Buffer.from(spell(members(count)))
      const read = readMessage(body)
      if ('spans' in read) assert.equal(typeof read.spans.size, 'number', spell(`${count}`))
      const longWay = readMessage(Buffer.from(` ${body}`))
      assert.equal('spans' in read, 'spans' in longWay, spell(`${count}`))
    }
  }
})

it('nesting that would exhaust a stack is left to the long way', () => {
  const text = `${'{"a":'.repeat(2500)}1${'}'.repeat(2500)}`
  assert.equal(readPlainText(text, WANTED), undefined)
  assert.throws(() => readStrictText(text, WANTED), { fault: 'too_deep' })
})

it('whatever it takes, the long way takes and reads alike', () => {
  let taken = 0
  const lookAlike = fc.constantFrom(
    'id',
    'ID',
    'name',
    'NAME',
    'params',
    'method',
    '__proto__',
    '\u017f',
    'a',
    '1',
    '0',
  )
  const key = fc.oneof(anyKey, lookAlike)
  fc.assert(
    fc.property(jsonOf(key), choices, fc.boolean(), (value, of, isWritten) => {
      const text = isWritten ? JSON.stringify(value) : spell(value, cycle(of))
      const plain = readPlainText(text, WANTED)
      if (plain === undefined) return
      taken++
      assert.deepEqual(plain, readStrictText(text, WANTED).value)
    }),
    { numRuns: 3000 },
  )
  assert.ok(taken > 100, `${taken} were taken`)
})

it('a member doubled anywhere in a text is never taken', () => {
  fc.assert(
    fc.property(jsonOf(anyKey), fc.nat(), (value, at) => {
      const text = JSON.stringify(value)
      const members = [...text.matchAll(/"(?:[^"\\]|\\.)*":(?:\d+|null|true|false|"(?:[^"\\]|\\.)*")/g)]
      if (members.length === 0) return
      const [member] = members[at % members.length] as unknown as [string]
      const index = (members[at % members.length] as RegExpExecArray).index
      const doubled = `${text.slice(0, index)}${member},${text.slice(index)}`
      if (isJson(doubled)) assert.equal(readPlainText(doubled, WANTED), undefined, doubled)
    }),
    { numRuns: 3000 },
  )
})

it('where values stand is known of a plain body, too', () => {
  const text = call('{"name":"echo","_meta":{"progressToken":7}}')
  const read = readMessage(Buffer.from(text))
  assert.ok('spans' in read)
  const { start, end } = read.spans.get('params._meta.progressToken') ?? { start: 0, end: 0 }
  assert.equal(text.slice(start, end), '7')
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
