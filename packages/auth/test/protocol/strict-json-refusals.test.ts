import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  type JsonFault,
  MAX_DEPTH,
  MAX_PARTS,
  readStrictJson,
  readStrictText,
  StrictJsonError,
  type Wanted,
} from '../../src/protocol/index.ts'

/** The levels that the gate reads in these tests. */
const READ: Wanted = {
  jsonrpc: {},
  id: {},
  method: {},
  params: { name: {}, task: {}, arguments: {}, _meta: { k: {} } },
}

function refuses(text: string, fault: JsonFault): void {
  assert.throws(
    () => readStrictText(text, READ),
    (error) => error instanceof StrictJsonError && error.fault === fault,
    `${fault}: ${text.slice(0, 100)}`,
  )
}

const nested = (levels: number, inner = '') => '['.repeat(levels) + inner + ']'.repeat(levels)

it('refuses a key that comes twice, at any depth and in any spelling', () => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"params":{"name":"read_file","name":"delete_all"}}',
    '{"params":{"name":"read_file","na\\u006de":"delete_all"}}',
    '{"x":{"\\u006e\\u0061\\u006d\\u0065":"read_file","name":"delete_all"}}',
    '{"params":{"name":"read_file","\\u006E\\u0061me":"delete_all"}}',
    '{"params":{"arguments":{"path":"a","path":"b"}}}',
    '{"x":[[{"y":[{"deep":1,"deep":2}]}]]}',
    '{"a/b":1,"a\\/b":2}',
    '{"é":1,"\\u00e9":2}',
    '{"😀":1,"\\ud83d\\ude00":2}',
    '{"":1,"":2}',
    '[{"a":1},{"a":1,"b":2,"a":3}]',
    '{"params" : {}\n,\t"params"\r: {}}',
    '{"x":{"__proto__":1,"__proto__":2}}',
  ]) {
    refuses(text, 'duplicate_key')
  }
})

it('notices the repeated key wherever it stands among many', () => {
  const keys = Array.from({ length: 40 }, (_, at) => `k${at}`)

  for (const [at, key] of keys.entries()) {
    const text = `{${[...keys, key].map((each) => `"${each}":${at}`).join(',')}}`
    refuses(text, 'duplicate_key')
  }
})

it('lets the same key stand in objects beside, around and inside each other', () => {
  const { value } = readStrictText('{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}', READ)

  assert.deepEqual(value, { a: { a: { a: 1 } }, b: [{ a: 1 }, { a: 2 }] })
})

it('refuses keys that a careless reader takes for one it knows', () => {
  for (const text of [
    '{"Method":"tools/call"}',
    '{"method":"tools/list","METHOD":"tools/call"}',
    '{"params":{"Name":"x"}}',
    '{"params":{"nAmE":"x"}}',
    '{"params":{"N\\u0061ME":"x"}}',
    '{"params":{"Arguments":{}}}',
    '{"param\u017f":{}}',
    '{"param\\u017f":{}}',
    '{"params":{"tas\u212a":"x"}}',
    '{"params":{"ta\u017f\u212a":"x"}}',
    '{"params":{"_META":{}}}',
    '{"params":{"_meta":{"\u212a":1}}}',
    '{"\u0130d":1}',
    '{"\u0131d":1}',
    '{"method":"x","__proto__":{"method":"tools/call"}}',
    '{"params":{"__proto__":{"name":"delete_all"}}}',
    '{"params":{"\\u005f_proto__":{"name":"delete_all"}}}',
  ]) {
    refuses(text, 'ambiguous_key')
  }
})

it('refuses keys that some readers cut or clean until they are another', () => {
  // Readers were seen to drop half a surrogate pair, to replace it, and to stop at a zero.
  for (const text of [
    '{"params":{"name":"read_file","name\\ud800":"delete_all"}}',
    '{"params":{"name":"read_file","na\\udc00me":"delete_all"}}',
    '{"params":{"name":"read_file","name\\u0000":"delete_all"}}',
    '{"params":{"arguments":{"path":"a","path\\ud83d":"b"}}}',
    '{"deep":[{"a\\ude00\\ud83d":1}]}',
  ]) {
    refuses(text, 'ambiguous_key')
  }
})

it('refuses known keys whose letters are escaped: some parsers lose them', () => {
  for (const text of [
    '{"\\u006dethod":"tools/call"}',
    '{"params":{"na\\u006de":"x"}}',
    '{"params":{"_\\u006deta":{}}}',
  ]) {
    refuses(text, 'ambiguous_key')
  }
})

it('has no quarrel with the spelling of keys that nobody here reads', () => {
  for (const text of [
    '{"params":{"arguments":{"Name":1,"name":2,"NAME":3,"METHOD":4}}}',
    '{"other":{"Method":1,"method":2}}',
    '{"params":{"names":1,"nam":2,"argument":{}}}',
    '{"constructor":1,"toString":2,"hasOwnProperty":3,"valueOf":{"a":1}}',
    '{"params":{"constructor":{"name":"x"},"toString":1,"arguments":{"constructor":{}}}}',
    '{"other":{"__proto__":1},"params":{"arguments":{"__proto__":1}}}',
  ]) {
    assert.deepEqual(readStrictText(text, READ).value, JSON.parse(text), text)
  }
})

it('takes 128 levels and not one more, of whatever kind', () => {
  assert.equal(MAX_DEPTH, 128)
  const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

  assert.ok(readStrictText(nested(128)))
  assert.ok(readStrictText(objects(128)))
  assert.ok(readStrictText(`[${Array(1000).fill(nested(127)).join(',')}]`))
  refuses(nested(129), 'too_deep')
  refuses(objects(129), 'too_deep')
  refuses(objects(64).replace('1', nested(65)), 'too_deep')
  refuses('['.repeat(129), 'too_deep')
})

it('brackets inside strings count for nothing', () => {
  const { value } = readStrictText(JSON.stringify({ a: '['.repeat(1000), ['{'.repeat(200)]: '"}]' }), READ)

  assert.deepEqual(value, { a: '['.repeat(1000), ['{'.repeat(200)]: '"}]' })
})

it('refuses bytes that are not UTF-8, in keys, in strings and between them', () => {
  const around = (...bytes: number[]) =>
    Buffer.concat([Buffer.from('{"params":{"name":"'), Buffer.from(bytes), Buffer.from('"}}')])

  for (const bytes of [
    around(0xc0, 0xae), // an overlong dot
    around(0xe0, 0x80, 0xaf), // an overlong slash
    around(0xed, 0xa0, 0x80), // half a surrogate pair
    around(0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80), // both halves, each encoded alone
    around(0xe2, 0x82), // cut
    around(0xff),
    Buffer.from([0x7b, 0x7d, 0xc3]),
    Buffer.from('{}', 'utf16le').fill(0xff, 1, 2),
  ]) {
    assert.throws(
      () => readStrictJson(bytes, READ),
      (error) => error instanceof StrictJsonError && error.fault === 'not_utf8',
      bytes.toString('hex'),
    )
  }
})

it('refuses what is almost JSON', () => {
  for (const text of [
    '',
    ' ',
    '\ufeff{}',
    '{}\ufeff',
    '{"a":1}{"a":2}',
    '{"a":1} x',
    '{"a":1}\u0000',
    '{"a":1,}',
    '[1,]',
    '{a:1}',
    "{'a':1}",
    '{"a":1',
    '{"a"',
    '{"a',
    '{"a":"\\',
    '{"a":"x\\"}',
    '}{',
    ']',
    '[}',
    '{]',
    '{"a" "b"}',
    '{"a":1 "b":2}',
    '{"a"::1}',
    '{,}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":0x10}',
    '{"a":undefined}',
    '{"a":1} // end',
    '{"a":/* one */1}',
    '{"a":"tab\there"}',
    '{"a":"line\nhere"}',
    '{"tab\there":1}',
    '{"a":"\\x41"}',
    '{"a":"\\u00"}',
    '{"\\u00":1}',
    '{"\\x":1}',
    '{"a":1}\u00a0',
    '\u2028{}',
    '{"a":tru}',
    '{"a":"b""c"}',
  ]) {
    refuses(text, 'not_json')
  }
})

it('says nothing of the body in its refusals', () => {
  const secret = 'pcls_secret'

  for (const text of [`{"${secret}":1,"${secret}":2}`, `{"${secret}`, `${secret}`, `{"params":{"NAME":"${secret}"}}`]) {
    assert.throws(
      () => readStrictText(text, READ),
      (error) => error instanceof StrictJsonError && !error.message.includes(secret) && error.cause === undefined,
    )
  }
})

it('refuses more of what costs far more than its bytes than anybody sends', () => {
  const many = (count: number, of: (at: number) => string): string =>
    Array.from({ length: count }, (_, at) => of(at)).join()
  const escaped = (count: number): string => `{"params":{"arguments":{${many(count, (at) => `"\\n${at}":1`)}}}}`
  const unknown = (count: number): string => `{"params":{${many(count, (at) => `"k${at}":1`)}}}`

  refuses(escaped(20_000), 'too_many')
  refuses(unknown(1001), 'too_many')
  assert.throws(() => readStrictText(`[${many(100_000, String)}]`, { '*': {} }), { fault: 'too_many' })
  for (const one of ['[]', '{}', '[[]]', '{"a":[]}']) {
    const text = (count: number) => `[${many(count, () => one)}]`
    assert.throws(() => readStrictText(text(MAX_PARTS)), { fault: 'too_many' })
    assert.throws(() => readStrictText(text(100), {}, 99), { fault: 'too_many' })
    readStrictText(text(1000))
  }

  // What nobody looks for may be there in any number, and one escape more or less makes no difference.
  readStrictText(`{"params":{"arguments":{${many(100_000, (at) => `"k${at}":1`)}}}}`, READ)
  readStrictText(escaped(1000), READ)
  readStrictText(unknown(999), READ)
  readStrictText(`[${many(MAX_PARTS + 1, String)}]`, {})
})
