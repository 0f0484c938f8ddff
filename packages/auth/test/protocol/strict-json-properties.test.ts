import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import {
  readStrictJson,
  readStrictText,
  type Span,
  StrictJsonError,
  splice,
  type Wanted,
} from '../../src/protocol/index.ts'
import { anyKey, choices, cycle, type Json, jsonOf, plainKey, spell, spellString } from './spellings.ts'

/** Texts in which everything can be located: keys as they are, strings in any spelling. */
const plain = fc.tuple(jsonOf(plainKey), choices).map(([value, of]) => ({
  value,
  text: spell(value, cycle(of), (key) => JSON.stringify(key)),
}))

/** Asks for every value there is. */
function wantAll(value: Json): Wanted {
  if (Array.isArray(value)) return { '*': value.map(wantAll).reduce(merge, {}) }
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, wantAll(each)]))
}

function merge(one: Wanted, other: Wanted): Wanted {
  const both = new Map(Object.entries(one))
  for (const [name, wanted] of Object.entries(other)) both.set(name, merge(both.get(name) ?? {}, wanted))
  return Object.fromEntries(both)
}

/** Every value by its path. */
function valuesOf(value: Json, path = '', into = new Map<string, Json>()): Map<string, Json> {
  if (path !== '') into.set(path, value)
  if (typeof value !== 'object' || value === null) return into
  for (const [name, each] of Object.entries(value)) valuesOf(each, path === '' ? name : `${path}.${name}`, into)
  return into
}

it('reads every value from every spelling of it, whatever was read before', () => {
  fc.assert(
    fc.property(jsonOf(anyKey), choices, (value, of) => {
      assert.deepEqual(readStrictText(spell(value, cycle(of))).value, value)
    }),
    { numRuns: 3000 },
  )
})

it('locates every value in the text', () => {
  fc.assert(
    fc.property(plain, ({ value, text }) => {
      const { spans } = readStrictText(text, wantAll(value))

      const expected = valuesOf(value)
      assert.deepEqual([...spans.keys()].sort(), [...expected.keys()].sort())
      for (const [path, { start, end }] of spans) {
        assert.deepEqual(readStrictText(text.slice(start, end)).value, expected.get(path), path)
        assert.equal(text.slice(start, end), text.slice(start, end).trim())
      }
    }),
    { numRuns: 1000 },
  )
})

it('putting each value in its own place changes nothing', () => {
  fc.assert(
    fc.property(plain, ({ value, text }) => {
      const { spans } = readStrictText(text, wantAll(value))

      for (const span of spans.values()) {
        assert.equal(splice(text, [{ span, by: text.slice(span.start, span.end) }]), text)
      }
    }),
    { numRuns: 500 },
  )
})

it('putting another value in its place changes that value alone', () => {
  fc.assert(
    fc.property(plain, jsonOf(plainKey), fc.nat(), ({ value, text }, other, pick) => {
      const { spans } = readStrictText(text, wantAll(value))
      fc.pre(spans.size > 0)
      const [path, span] = [...spans][pick % spans.size] as [string, Span]

      const spliced = splice(text, [{ span, by: JSON.stringify(other) }])

      const after = valuesOf(readStrictText(spliced).value as Json)
      assert.deepEqual(after.get(path), other)
      for (const [at, kept] of valuesOf(value)) {
        const isInside = at === path || at.startsWith(`${path}.`)
        const isAround = path.startsWith(`${at}.`)
        if (!isInside && !isAround) assert.deepEqual(after.get(at), kept, at)
      }
    }),
    { numRuns: 500 },
  )
})

it('a member that is repeated anywhere, in any spelling, is refused', () => {
  const object = fc.dictionary(anyKey, jsonOf(anyKey), { minKeys: 1, maxKeys: 20, noNullPrototype: true })
  const wrap = fc.array(fc.constantFrom('array', 'object'), { maxLength: 5 })
  fc.assert(
    fc.property(object, wrap, choices, fc.nat(), (members, levels, of, pick) => {
      const next = cycle(of)
      const names = Object.keys(members)
      const again = names[pick % names.length] as string
      const whole = spell(members, next).trimEnd()
      const doubled = `${whole.slice(0, -1)},${spellString(again, next)}:1}`

      const text = levels.reduce((inner, level) => (level === 'array' ? `[0,${inner}]` : `{"x":${inner}}`), doubled)

      assert.ok(JSON.parse(text), 'the parser itself does not mind')
      assert.throws(() => readStrictText(text), { fault: 'duplicate_key' })
    }),
    { numRuns: 500 },
  )
})

it('on bytes of any kind it answers or refuses, and never fails in another way', () => {
  const body = fc.oneof(
    plain.map(({ text }) => text),
    fc.constant('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\\"b","arguments":{"x":[1e9,{}]}}}'),
    fc.constant('{"\\u0061":{"b\\/":[{"\\\\":1}],"\\n":""}}'),
  )
  const change = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 3 }) })
  const structural = fc.record({
    at: fc.nat(),
    remove: fc.nat(3),
    insert: fc.constantFrom(...'{}[]",:\\0 ').map((character) => Buffer.from(character)),
  })
  const wanted: Wanted = { id: {}, method: {}, params: { name: {}, arguments: { x: { '*': {} } } }, '*': {} }
  fc.assert(
    fc.property(body, fc.array(fc.oneof(change, structural), { minLength: 1, maxLength: 6 }), (text, changes) => {
      let bytes = Buffer.from(text)
      for (const { at, remove, insert } of changes) {
        const from = at % (bytes.length + 1)
        bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)])
      }
      const isJson = parses(bytes)

      try {
        const read = readStrictJson(bytes, wanted)
        assert.ok(isJson, 'read what is not JSON')
        for (const { start, end } of read.spans.values()) JSON.parse(read.text.slice(start, end))
      } catch (error) {
        assert.ok(error instanceof StrictJsonError, String(error))
        if (error.fault === 'not_json') assert.equal(isJson, false, 'refused what is JSON')
      }
    }),
    { numRuns: 5000 },
  )
})

function parses(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}
