import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { type ListRules, shortenLists } from '../../src/policy/index.ts'
import { readStrictText } from '../../src/protocol/index.ts'

const reads: ListRules = { seesTool: (name) => name.startsWith('read_'), ownsTask: (id) => id.startsWith('my') }
const all: ListRules = { ownsTask: (id) => id.startsWith('my') }

const listOf = (tools: string, more = '') => `{"jsonrpc":"2.0","id":1,"result":{"tools":[${tools}]${more}}}`

it('only the caller’s tools stay, in their order', () => {
  const text = listOf('{"name":"read_b"},{"name":"write_a"},{"name":"read_a"},{"name":"read_c"}')

  assert.equal(shortenLists(text, reads), listOf('{"name":"read_b"},{"name":"read_a"},{"name":"read_c"}'))
})

it('what stays keeps every byte: numbers, escapes, space and unknown members', () => {
  const odd =
    '{ "name" : "read_\\u0061" ,"inputSchema":{"maximum":9007199254740993,"minimum":1e400,"x":-0.0}, "é\\/" : [ ] }'
  const text = `{"id" : 90071992547409931 ,"result":\n{"tools" : [ ${odd} , {"name":"write"} ] ,"nextCursor":"a\\/b","ttlMs":1e3},"jsonrpc":"2.0"}`

  assert.equal(
    shortenLists(text, reads),
    `{"id" : 90071992547409931 ,"result":\n{"tools" : [${odd}] ,"nextCursor":"a\\/b","ttlMs":1e3},"jsonrpc":"2.0"}`,
  )
})

it('a list that is shortened is nobody else’s: it becomes private where it says whose it is', () => {
  for (const scope of ['"public"', '"private"', '"PUBLIC"', 'null', '{"a":1}']) {
    const shortened = shortenLists(listOf('{"name":"write"}', `,"cacheScope":${scope}`), reads)
    assert.equal(shortened, listOf('', ',"cacheScope":"private"'))
  }
  assert.equal(
    shortenLists(listOf('{"name":"read_a"}', ',"cacheScope":"public"'), reads),
    listOf('{"name":"read_a"}', ',"cacheScope":"private"'),
  )
})

it('a list of which nothing is left is an empty list, and its next page stays reachable', () => {
  assert.equal(shortenLists(listOf('{"name":"x"}', ',"nextCursor":"c"'), reads), listOf('', ',"nextCursor":"c"'))
  assert.equal(shortenLists(listOf(''), reads), listOf(''))
  assert.equal(shortenLists(listOf(' '), reads), listOf(''))
})

it('only own tasks stay, also for who sees every tool', () => {
  const text = '{"id":1,"result":{"tasks":[{"taskId":"my1"},{"taskId":"their1"},{"taskId":"my2"}],"nextCursor":"c"}}'
  const own = '{"id":1,"result":{"tasks":[{"taskId":"my1"},{"taskId":"my2"}],"nextCursor":"c"}}'

  assert.equal(shortenLists(text, all), own)
  assert.equal(shortenLists(text, reads), own)
})

it('both lists in one answer are shortened', () => {
  const text = '{"result":{"tasks":[{"taskId":"their1"}],"tools":[{"name":"write"},{"name":"read_a"}]}}'

  assert.equal(shortenLists(text, reads), '{"result":{"tasks":[],"tools":[{"name":"read_a"}]}}')
})

it('who sees every tool gets the list as it is, for itself alone', () => {
  const list = '{"name":"x"},{"name":1}'

  const shown = shortenLists(listOf(list, ',"cacheScope":"public"'), all)

  assert.equal(shown, listOf(list, ',"cacheScope":"private"'))
})

it('an answer without a list passes as it is', () => {
  for (const text of [
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"tools broke"}}',
    '{"jsonrpc":"2.0","id":1,"result":{}}',
    '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\\"tools\\":[]"}]}}',
    '{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"tools":[{"name":"write"}]}}}',
    '{"jsonrpc":"2.0","id":1,"result":null}',
    '{"jsonrpc":"2.0","id":1,"result":[{"name":"write"}]}',
    '{"tools":[{"name":"write"}]}',
  ]) {
    assert.equal(shortenLists(text, reads), text)
  }
})

it('a list that cannot be read is not shown at all', () => {
  for (const text of [
    '',
    'null',
    '[]',
    'not JSON',
    '{"result":{"tools":[{"name":"read_a"}]}',
    '{"result":{"tools":{"name":"read_a"}}}',
    '{"result":{"tools":null}}',
    '{"result":{"tools":"read_a"}}',
    listOf('{"name":1}'),
    listOf('{"name":null}'),
    listOf('{"name":["read_a"]}'),
    listOf('{"title":"read_a"}'),
    listOf('"read_a"'),
    listOf('null'),
    listOf('["read_a"]'),
    listOf('{"name":"read_a"},{}'),
    listOf('{"name":"read_a","name":"write"}'),
    listOf('{"name":"write","n\\u0061me":"read_a"}'),
    listOf('{"name":"read_a"}', ',"tools":[{"name":"write"}]'),
    listOf('{"name":"read_a"}', ',"Tools":[{"name":"write"}]'),
    listOf('{"name":"read_a"}', ',"\\u0074ools":[{"name":"write"}]'),
    '{"result":{"\\u0074ools":[{"name":"write"}]}}',
    '{"result":{},"Result":{"tools":[{"name":"write"}]}}',
    listOf(`{"name":"read_a","inputSchema":${'['.repeat(200)}${']'.repeat(200)}}`),
    '{"result":{"tasks":[{"taskId":1}]}}',
  ]) {
    assert.equal(shortenLists(text, reads), undefined, text.slice(0, 100))
  }
})

it('a tool whose name has the looks of another key is judged by its name', () => {
  for (const name of ['__proto__', 'constructor', 'read_\\u0000', 'read_\\"', '\\u0072ead_x']) {
    const text = listOf(`{"name":"${name}"}`)
    assert.equal(shortenLists(text, reads), name.startsWith('read_') || name.startsWith('\\u0072') ? text : listOf(''))
  }
})

it('for any list, what is left is what the caller sees, and everything else is as it was', () => {
  const tool = fc.record({
    name: fc.constantFrom('read_a', 'read_b', 'write', 'x'),
    extra: fc.jsonValue({ maxDepth: 2 }),
  })
  const answer = fc.record({ tools: fc.array(tool, { maxLength: 12 }), spaces: fc.nat(3), isLast: fc.boolean() })
  fc.assert(
    fc.property(answer, ({ tools, spaces, isLast }) => {
      const around = (shown: unknown) => ({
        id: 7,
        result: isLast ? { tools: shown } : { tools: shown, nextCursor: 'c' },
      })
      const text = JSON.stringify(around(tools), undefined, spaces)

      const shown = readStrictText(shortenLists(text, reads) as string).value

      const kept = tools.filter(({ name }) => name.startsWith('read_'))
      assert.deepEqual(shown, readStrictText(JSON.stringify(around(kept))).value)
    }),
    { numRuns: 500 },
  )
})

it('ten thousand tools are shortened at once', () => {
  const tools = Array.from(
    { length: 10_000 },
    (_, at) => `{"name":"${at % 2 ? 'read' : 'write'}_${at}","inputSchema":{"type":"object"}}`,
  )
  const start = performance.now()

  const shortened = shortenLists(listOf(tools.join(',')), reads)

  assert.ok(performance.now() - start < 3000)
  assert.equal(JSON.parse(shortened as string).result.tools.length, 5000)
})
