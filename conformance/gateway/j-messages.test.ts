import assert from 'node:assert/strict'
import type { Gate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send, Wire } from './harness/http.ts'
import { bearer, errorOf, type Json, mirrored, post, read, type Speaker, speak, textOf } from './harness/mcp.ts'
import { stop } from './harness/pair.ts'
import { until } from './harness/processes.ts'
import { expectRefused, expectServed, framed, startStage } from './harness/stage.ts'
import { afterEachOne, EVERY, LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import type { Journal } from './harness/upstreams.ts'
import type { Witness } from './servers/witness.ts'

topic('J. Bad input: messages and pace', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal
  let modernJournal: Journal
  let key: string
  let stdioKey: string
  let modernKey: string
  let url: string
  let good: Speaker

  setUp(async () => {
    ;({ gate, witness, journal, modernJournal, key, stdioKey, modernKey, url, good } = await startStage())
  })
  tearDown(() => stop(gate, witness))

  afterEachOne(() => expectServed(good, witness))

  const ask = (body: unknown, headers: HeaderFields = {}): Promise<Answer> =>
    post(url, body, { ...bearer(key), ...headers })

  const assertRefused = (answer: Answer, status: number, code: number): void =>
    expectRefused(witness, answer, status, code)

  scenario(
    'a method that nobody knows goes nowhere: 404 in the modern era, an error in a 200 before',
    { for: 'input: unknown methods; TM-06, IT-24, GW-14', on: EVERY },
    async (revision) => {
      for (const method of ['tools/destroy', 'vendor/thing', 'Tools/Call', '__proto__', 'constructor', '']) {
        const [body, headers] = framed(revision, method, '{}', '"the id"')
        const answer = await ask(body, headers)
        assert.equal(answer.status, revision === MODERN ? 404 : 200, method)
        assert.equal((answer.json().error as Json).code, -32601, method)
        assert.equal(answer.json().id, 'the id')
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'verbs other than POST, GET and DELETE are not served',
    { for: 'input: unknown methods; TL-01' },
    async () => {
      for (const method of ['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']) {
        const answer = await send(url, { method, headers: bearer(key) })
        assert.equal(answer.status, 405, method)
        assert.equal(answer.headers.allow, 'POST, GET, DELETE')
      }
      for (const line of [
        'CONNECT 127.0.0.1:22 HTTP/1.1',
        'FOO /http/mcp HTTP/1.1',
        'GET http://evil.example/http/mcp HTTP/1.1',
        'GET /http/mcp HTTP/2.0',
        'GET /http/mcp',
      ]) {
        const wire = await Wire.open(gate.port)
        wire.write(`${line}\r\nHost: 127.0.0.1:${gate.port}\r\nAuthorization: Bearer ${key}\r\n\r\n`)
        await until('an answer or an end', () => wire.isClosed || wire.statuses.length > 0)
        for (const status of wire.statuses) assert.ok(status >= 400 && status < 500, `${line}: ${wire.text}`)
        wire.close()
      }
      const upgrade = await send(url, {
        method: 'GET',
        headers: {
          ...bearer(key),
          connection: 'upgrade',
          upgrade: 'websocket',
          'sec-websocket-key': 'eA==',
          'sec-websocket-version': '13',
        },
      })
      assert.equal(upgrade.status, 405)
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'a notification with an id and a request without one are refused',
    { for: 'input: notifications with ids', on: EVERY },
    async (revision) => {
      const [body, headers] = framed(revision, 'notifications/cancelled', '{"requestId":1}', '7')
      const refused = await ask(body, headers)
      assertRefused(refused, 400, -32600)
      const [request, fields] = framed(revision, 'tools/list', '{}')
      assertRefused(await ask(request.replace('"id":1,', ''), fields), 400, -32600)
      for (const id of ['null', '1.5', '{}', '[]', 'true']) {
        assertRefused(await ask(request.replace('"id":1', `"id":${id}`), fields), 400, -32600)
      }
    },
  )

  scenario(
    'a notification that nobody knows is refused',
    { for: 'input: unknown methods; GW-14', on: EVERY },
    async (revision) => {
      const [body, headers] = framed(revision, 'notifications/vendor', '{}')
      const answer = await ask(body.replace('"id":1,', ''), headers)
      assert.equal(answer.status, 400)
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'a response that nobody asked for is refused',
    { for: 'input: responses nobody asked for; GW-22', on: EVERY },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(key))
      witness.forget()
      for (const id of ['1', '"question-0"', '-1', '1e2']) {
        for (const outcome of ['"result":{}', '"error":{"code":1,"message":"x"}']) {
          const answer = await post(url, `{"jsonrpc":"2.0","id":${id},${outcome}}`, speaker.headers)
          assert.equal(answer.status, 400, answer.text)
        }
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'the server’s question is answered once, in its own session, and not again',
    { for: 'GW-22, TL-19', on: LEGACY },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(key))
      const other = await speak(url, revision, bearer(key))
      const stream = await speaker.stream('tools/call', { name: 'ask' })
      const question = await stream.message('the question', ({ method }) => method === 'elicitation/create')
      const reply = { jsonrpc: '2.0', id: question.id, result: { action: 'decline' } }
      const elsewhere = await post(url, reply, other.headers)
      const first = await post(url, reply, speaker.headers)
      const second = await post(url, reply, speaker.headers)
      await stream.ended()

      assert.equal(elsewhere.status, 400)
      assert.equal(first.status, 202)
      assert.equal(second.status, 400)
      assert.deepEqual(witness.answers.at(-1), reply)
    },
  )

  scenario(
    'numbers beyond 2^53, long decimals and odd spellings reach a server over HTTP byte for byte',
    { for: 'input: numbers beyond 2^53; Gateway transports: raw bytes', on: EVERY },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(key))
      witness.forget()
      const odd =
        '{"name":"echo","arguments":{"big":9007199254740993,"huge":1e400,"tiny":0.1000000000000000055511151231257827,"minus":-0,"e":"\\u00e9\\/","__proto__":{"x":1}}}'
      const [body, headers] = framed(revision, 'tools/call', odd, '9007199254740993')
      const spaced = ` \n${body.replaceAll(',"', ' ,\t"')}\r\n`
      const answer = await post(url, spaced, { ...speaker.headers, ...headers })

      assert.equal(answer.status, 200, answer.text)
      assert.equal(witness.heard[0]?.body, spaced)
    },
  )

  scenario(
    'numbers beyond 2^53 reach a program over stdio digit for digit, and its answer finds the id again',
    { for: 'input: numbers beyond 2^53', on: EVERY },
    async (revision) => {
      const isModern = revision === MODERN
      const [server, own, book] = isModern
        ? (['stdio-modern', modernKey, modernJournal] as const)
        : (['stdio', stdioKey, journal] as const)
      const speaker = await speak(gate.mcp(server), revision, bearer(own))
      const odd =
        '{"name":"echo","arguments":{"big":9007199254740993,"tiny":0.1000000000000000055511151231257827,"__proto__":{"x":1}}}'
      const [body, headers] = framed(revision, 'tools/call', odd, '9007199254740993')
      const answer = await post(gate.mcp(server), body, { ...speaker.headers, ...headers })

      assert.equal(answer.status, 200, answer.text)
      assert.match(answer.text, /"id":9007199254740993[,}]/)
      const line = book.lines().findLast((each) => each.includes('tools/call'))
      assert.ok(
        line?.includes('"big":9007199254740993,"tiny":0.1000000000000000055511151231257827,"__proto__":{"x":1}'),
        line,
      )
    },
  )

  scenario(
    'more members than anybody needs are refused, also before a program over stdio',
    { for: 'input: many members; the gate goes on', on: EVERY },
    async (revision) => {
      const isModern = revision === MODERN
      const [server, own] = isModern ? (['stdio-modern', modernKey] as const) : (['stdio', stdioKey] as const)
      const speaker = await speak(gate.mcp(server), revision, bearer(own))
      const members = Array.from({ length: 1001 }, (_, n) => `"k${n.toString(36)}":1`).join()
      for (const params of [`{"name":"echo","arguments":{},${members}}`, `{"name":"echo","_meta":{${members}}}`]) {
        const [body, headers] = framed(revision, 'tools/call', params)
        const answer = await post(gate.mcp(server), body, { ...speaker.headers, ...headers })
        assert.equal(answer.status, 400, answer.text)
      }
    },
  )

  scenario(
    'the gate’s own answers carry the id as it was spelled',
    { for: 'input: numbers beyond 2^53; GW-19', on: EVERY },
    async (revision) => {
      for (const id of ['9007199254740993', '"\\u0041"', '-1']) {
        const [body, headers] = framed(revision, 'no/such', '{}', id)
        const { text } = await ask(body, headers)
        assert.ok(text.includes(`"id":${id},`), text)
      }
    },
  )

  scenario(
    'batches of 2025-03-26 pass whole and are answered',
    { for: 'input: batches; TL-05', on: ['2025-03-26'] },
    async () => {
      const speaker = await speak(url, '2025-03-26', bearer(key))
      witness.forget()
      const batch =
        '[{"jsonrpc":"2.0","id":1,"method":"tools/list"},{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}},{"jsonrpc":"2.0","id":2,"method":"ping"}]'
      const answer = await post(url, batch, speaker.headers)

      assert.equal(witness.heard[0]?.body, batch)
      assert.deepEqual(
        (JSON.parse(answer.text) as Json[]).map(({ id }) => id),
        [1, 2],
      )
    },
  )

  scenario(
    'other revisions have no batches',
    { for: 'input: batches; TL-05', on: ['2025-06-18', '2025-11-25', MODERN] },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(key))
      witness.forget()
      const batch = '[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]'
      assertRefused(
        await post(url, batch, { ...speaker.headers, ...(revision === MODERN ? mirrored('tools/list') : {}) }),
        400,
        -32600,
      )
      if (revision === MODERN) return
      const { 'mcp-protocol-version': _, ...unnamed } = speaker.headers
      assertRefused(await post(url, batch, unnamed), 400, -32600)
    },
  )

  scenario(
    'batches that are empty, too long, nested, or hold a bad message or an initialize are refused whole',
    { for: 'input: batches; GW-23', on: ['2025-03-26'] },
    async () => {
      const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      const opening =
        '{"jsonrpc":"2.0","id":2,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}'
      const batches = [
        '[]',
        `[${Array(51).fill(ping).join()}]`,
        `[[${ping}]]`,
        `[${ping},1]`,
        `[${ping},{"jsonrpc":"2.0","id":3}]`,
        `[${ping},${opening}]`,
      ]
      for (const batch of batches) assertRefused(await ask(batch), 400, -32600)
      const denied = await ask(`[${ping},{"jsonrpc":"2.0","id":3,"method":"vendor/thing"}]`)
      assert.equal(denied.status, 400)
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'a member called __proto__ has no place beside the protocol’s own, and passes among arguments',
    { for: 'GW-12', on: EVERY },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(key))
      witness.forget()
      const [whole, headers] = framed(revision, 'tools/call', '{"name":"echo","arguments":{}}')
      const fields = { ...speaker.headers, ...headers }
      const outside = whole.replace('"jsonrpc"', '"__proto__":{"method":"ping"},"jsonrpc"')
      const inside = whole.replace('"name"', '"__proto__":{"name":"delete_item"},"name"')
      for (const body of [outside, inside]) assertRefused(await post(url, body, fields), 400, -32700)

      const harmless = whole.replace(
        '"arguments":{}',
        '"arguments":{"__proto__":{"x":1},"constructor":{"prototype":{}}}',
      )
      const answer = await post(url, harmless, fields)
      assert.equal(textOf(read(answer, 1)), 'echo: {"__proto__":{"x":1},"constructor":{"prototype":{}}}', answer.text)
    },
  )

  scenario(
    'whoever sends a head slowly is cut off: 408',
    { for: 'Gateway transports: slow senders cut off' },
    async () => {
      const wire = await Wire.open(gate.port)
      wire.write(`POST /http/mcp HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\n`)
      const startedAt = performance.now()
      const drip = setInterval(() => wire.write('X-Slow: 1\r\n'), 200)
      await wire.closed(6000)
      clearInterval(drip)

      assert.deepEqual(wire.statuses, [408])
      assert.ok(performance.now() - startedAt < 3500, `after ${performance.now() - startedAt} ms`)
    },
  )

  scenario('whoever sends a body slowly is cut off', { for: 'Gateway transports: slow senders cut off' }, async () => {
    const wire = await Wire.open(gate.port)
    wire.write(headOf('Content-Length: 100000'))
    const startedAt = performance.now()
    const drip = setInterval(() => wire.write('x'), 200)
    await wire.closed(8000)
    clearInterval(drip)

    for (const status of wire.statuses) assert.equal(status, 408)
    assert.ok(performance.now() - startedAt < 5000, `after ${performance.now() - startedAt} ms`)
    assert.equal(witness.heard.length, 0)
  })

  scenario(
    'two hundred slow senders keep nobody out',
    { for: 'Gateway transports: slow senders cut off' },
    async () => {
      const wires = await Promise.all(Array.from({ length: 200 }, () => Wire.open(gate.port)))
      for (const wire of wires) wire.write(headOf('Content-Length: 100000'))
      assert.equal(textOf(await good.request('tools/call', { name: 'echo', arguments: {} })), 'echo: {}')
      await until('all are cut off', () => wires.every(({ isClosed }) => isClosed), 8000)
    },
  )

  scenario(
    'a denied tool is told in the words of the protocol, with nothing of the inside',
    { for: 'Clear errors, nothing leaked', on: EVERY },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(key))
      const { code, message } = errorOf(await speaker.request('vendor/thing'))
      assert.equal(code, -32601)
      assert.doesNotMatch(message, /node|\/work|Error:/)
    },
  )

  function headOf(...fields: readonly string[]): string {
    return [
      'POST /http/mcp HTTP/1.1',
      `Host: 127.0.0.1:${gate.port}`,
      `Authorization: Bearer ${key}`,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
      ...fields,
      '',
      '',
    ].join('\r\n')
  }
})
