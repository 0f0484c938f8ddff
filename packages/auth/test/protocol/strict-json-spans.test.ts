import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readStrictJson, readStrictText, splice, type Wanted } from '../../src/protocol/index.ts'

/** The texts that stand where the spans point. */
function located(text: string, wanted: Wanted): Record<string, string> {
  const { spans } = readStrictText(text, wanted)
  return Object.fromEntries([...spans].map(([path, { start, end }]) => [path, text.slice(start, end)]))
}

it('locates a value of every kind, without the space around it', () => {
  const wanted = { s: {}, n: {}, t: {}, f: {}, z: {}, o: {}, a: {}, e: {} }
  const text = '{ "s" : "x" ,"n":\t-1.5e3\n, "t":true, "f" :false,"z":null ,"o": {"s":1} , "a":[1, 2] ,"e":"" }'

  assert.deepEqual(located(text, wanted), {
    s: '"x"',
    n: '-1.5e3',
    t: 'true',
    f: 'false',
    z: 'null',
    o: '{"s":1}',
    a: '[1, 2]',
    e: '""',
  })
})

it('finds where strings end, whatever quotes and backslashes they end in', () => {
  for (const spelled of [
    '""',
    '"\\""',
    '"\\\\"',
    '"\\\\\\""',
    '"a\\\\\\\\"',
    '"\\\\\\\\\\""',
    '"\\u005c"',
    '"\\u0022"',
    '"{\\"a\\":1}"',
    '"]}"',
  ]) {
    const text = `{"v":${spelled},"w":1}`

    assert.deepEqual(located(text, { v: {}, w: {} }), { v: spelled, w: '1' })
  }
})

it('finds keys whose slashes are escaped, as PHP writes them', () => {
  assert.deepEqual(located('{"a\\/b":{"c":1}}', { 'a/b': { c: {} } }), { 'a/b': '{"c":1}', 'a/b.c': '1' })
})

it('a value that only looks like a member is not one', () => {
  const wanted = { name: {}, params: { name: {} } }

  assert.deepEqual(located('{"a":"name","b":["name",1],"params":["name","x"]}', wanted), { params: '["name","x"]' })
  assert.deepEqual(located('["name","x"]', wanted), {})
  assert.deepEqual(located('{"other":{"params":{"name":1},"name":2}}', wanted), {})
})

it('numbers the elements of a list, nested brackets and strings notwithstanding', () => {
  const wanted = { tools: { '*': { name: {} } } }

  assert.deepEqual(located('{"tools":[{"name":"a","x":[1,2,{}]},7,"b,c",[],{"name":"d"}]}', wanted), {
    tools: '[{"name":"a","x":[1,2,{}]},7,"b,c",[],{"name":"d"}]',
    'tools.0': '{"name":"a","x":[1,2,{}]}',
    'tools.0.name': '"a"',
    'tools.1': '7',
    'tools.2': '"b,c"',
    'tools.3': '[]',
    'tools.4': '{"name":"d"}',
    'tools.4.name': '"d"',
  })
})

it('a member called "*" is no element, and an element has no members of its list', () => {
  const wanted = { tools: { '*': {} } }

  assert.deepEqual(Object.keys(located('{"tools":{"0":1,"x":2}}', wanted)), ['tools'])
  assert.equal(located('{"tools":{"*":1}}', wanted)['tools.0'], undefined)
})

it('keys that the language itself gives a meaning are keys like others', () => {
  const wanted = { method: {}, params: { name: {} } }

  assert.deepEqual(located('{"constructor":{"name":1},"toString":"x","hasOwnProperty":{},"method":"m"}', wanted), {
    method: '"m"',
  })
})

it('counts in characters of the text, not in bytes', () => {
  const bytes = new TextEncoder().encode('{"é😀":"😀","name":"é"}')
  const { text, spans } = readStrictJson(bytes, { name: {} })
  const { start, end } = spans.get('name') ?? { start: 0, end: 0 }

  assert.equal(text.slice(start, end), '"é"')
})

it('splicing replaces what was located and keeps every other byte', () => {
  const text =
    '{"big":9007199254740993, "huge":1e400 ,"tiny":1E-400,"z":-0,"f":1.0,"name":"old","s":"\\u0041\\/","p":3.14159265358979323846}'
  const { spans } = readStrictText(text, { name: {}, f: {} })

  const spliced = splice(text, [
    { span: spans.get('name') as never, by: '"new"' },
    { span: spans.get('f') as never, by: '2' },
  ])

  assert.equal(spliced, text.replace('"old"', '"new"').replace('1.0', '2'))
})

it('splicing does not care in which order changes are named', () => {
  const text = '[1,22,333]'
  const { spans } = readStrictText(text, { '*': {} })
  const changes = ['0', '1', '2'].map((path) => ({ span: spans.get(path) as never, by: `<${path}>` }))

  assert.equal(splice(text, changes), '[<0>,<1>,<2>]')
  assert.equal(splice(text, changes.reverse()), '[<0>,<1>,<2>]')
  assert.equal(splice(text, []), text)
})
