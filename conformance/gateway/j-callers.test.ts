import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Gate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send, Wire } from './harness/http.ts'
import { bearer, post, type Speaker } from './harness/mcp.ts'
import { stop } from './harness/pair.ts'
import { memoryOf, until } from './harness/processes.ts'
import { expectRefused, expectServed, framed, startStage } from './harness/stage.ts'
import { afterEachOne, EVERY, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import type { Witness } from './servers/witness.ts'

const MIB = 1024 * 1024

topic('J. Bad input: callers', () => {
  let gate: Gate
  let witness: Witness
  let key: string
  let url: string
  let good: Speaker

  setUp(async () => {
    ;({ gate, witness, key, url, good } = await startStage())
  })
  tearDown(() => stop(gate, witness))

  afterEachOne(() => expectServed(good, witness))

  const ask = (body: unknown, headers: HeaderFields = {}): Promise<Answer> =>
    post(url, body, { ...bearer(key), ...headers })

  const assertRefused = (answer: Answer, status: number, code: number): void =>
    expectRefused(witness, answer, status, code)

  scenario('malformed JSON is a parse error', { for: 'input: malformed JSON', on: EVERY }, async (revision) => {
    const [, headers] = framed(revision, 'tools/list', '{}')
    for (const body of [
      '',
      '{',
      '{"jsonrpc":"2.0",}',
      "{'jsonrpc':'2.0'}",
      'NaN',
      '{"a":1}{"b":2}',
      '[1,]',
      '\u0000',
      '{"a":01}',
    ]) {
      assertRefused(await ask(body, headers), 400, -32700)
    }
  })

  scenario(
    'JSON that is no message is an invalid request',
    { for: 'input: malformed JSON', on: EVERY },
    async (revision) => {
      const [, headers] = framed(revision, 'tools/list', '{}')
      for (const body of [
        '1',
        '"x"',
        'null',
        '{}',
        '{"jsonrpc":"1.0","id":1,"method":"ping"}',
        '{"jsonrpc":"2.0","id":1}',
        '{"jsonrpc":"2.0","id":1,"method":7}',
        '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
        '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}',
      ]) {
        assertRefused(await ask(body, headers), 400, -32600)
      }
    },
  )

  scenario(
    'bytes that are not UTF-8 are refused, and so are halves of characters in names',
    { for: 'Gateway transports: invalid UTF-8 refused' },
    async () => {
      const text = Buffer.from(
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":"',
      )
      const rest = Buffer.from('"}}}')
      for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
        assertRefused(await ask(Buffer.concat([text, Buffer.from(bytes), rest])), 400, -32700)
      }
      const half = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud800","arguments":{}}}'
      const refused = await ask(half)
      assert.equal(refused.status, 400)
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'a key that stands twice is refused, wherever it stands and however it is spelled',
    { for: 'input: duplicate keys; GW-12', on: EVERY },
    async (revision) => {
      const [whole, headers] = framed(revision, 'tools/call', '{"name":"echo","arguments":{}}')
      for (const [from, to] of [
        ['"method":', '"method":"tools/list","method":'],
        ['"name":', '"name":"delete_item","name":'],
        ['"name":', '"n\\u0061me":"delete_item","name":'],
        ['"arguments":{}', '"arguments":{"a":1,"a":2}'],
        ['"arguments":{}', '"arguments":{"deep":[{"a":1,"\\u0061":2}]}'],
        ['"id":1', '"id":1,"id":2'],
      ] as const) {
        assertRefused(await ask(whole.replace(from, to), headers), 400, -32700)
      }
    },
  )

  scenario(
    'a key that differs from a member of the protocol only in case is refused',
    { for: 'input: duplicate keys; GW-12, GW-13', on: EVERY },
    async (revision) => {
      const [whole, headers] = framed(revision, 'tools/call', '{"name":"echo","arguments":{}}')
      for (const [from, to] of [
        ['"name":', '"Name":"delete_item","name":'],
        ['"method":', '"Method":"tools/list","method":'],
        ['"params":', '"PARAMS":{},"params":'],
        ['"arguments":', '"argument\\u017f":{},"arguments":'],
      ] as const) {
        assertRefused(await ask(whole.replace(from, to), headers), 400, -32700)
      }
    },
  )

  scenario(
    'deep nesting is refused: 129 levels, and a million',
    { for: 'input: deep nesting', on: EVERY },
    async (revision) => {
      const nested = (depth: number) =>
        framed(revision, 'tools/call', `{"name":"echo","arguments":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`)
      const [fine, headers] = nested(100)
      const [deep] = nested(129)
      const [abysmal] = nested(MIB)

      assert.equal((await ask(fine, headers)).status, 200)
      witness.forget()
      assertRefused(await ask(deep, headers), 400, -32700)
      assertRefused(await ask(abysmal, headers), 400, -32700)
      assertRefused(await ask('{"a":'.repeat(500_000), headers), 400, -32700)
    },
  )

  scenario(
    'a body whose stated length is 100 MB is refused before it is sent',
    { for: 'input: 100 MB bodies' },
    async () => {
      const wire = await Wire.open(gate.port)
      wire.write(headOf(`Content-Length: ${100 * MIB}`))
      await wire.closed(3000)

      assert.deepEqual(wire.statuses, [413])
      assert.match(wire.text, /"error":"body_too_large"/)
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario('a caller that waits for 100 Continue is told 413 instead', { for: 'input: 100 MB bodies' }, async () => {
    const wire = await Wire.open(gate.port)
    wire.write(headOf(`Content-Length: ${100 * MIB}`, 'Expect: 100-continue'))
    await wire.closed(3000)

    assert.deepEqual(wire.statuses, [413])
  })

  scenario(
    'a 100 MB body of unstated length is refused at the bound, and neither read nor kept',
    { for: 'input: 100 MB bodies' },
    async () => {
      const before = memoryOf(gate.pid)
      const wire = await Wire.open(gate.port)
      wire.write(headOf('Transfer-Encoding: chunked'))
      const chunk = Buffer.alloc(MIB, 'x')
      let sent = 0
      for (; sent < 100 && !wire.isClosed && wire.statuses.length === 0; sent++) {
        wire.write(`${chunk.length.toString(16)}\r\n`)
        wire.write(chunk)
        wire.write('\r\n')
        await Promise.race([new Promise((resolve) => wire.socket.once('drain', resolve)), pause(50)])
      }
      await until('413', () => wire.statuses.includes(413), 2000)
      const after = memoryOf(gate.pid)
      wire.close()

      assert.ok(sent < 50, `${sent} MiB were taken`)
      assert.ok(after - before < 64 * MIB, `memory grew by ${(after - before) / MIB} MiB`)
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario('many such bodies at once cost no more than their bounds', { for: 'input: 100 MB bodies' }, async () => {
    const before = memoryOf(gate.pid)
    const body = Buffer.alloc(100 * MIB, 'x')
    const headers = { ...bearer(key), 'content-type': 'application/json' }
    const answers = await Promise.all(Array.from({ length: 8 }, () => send(url, { headers, body })))

    for (const { status } of answers) assert.equal(status, 413)
    assert.ok(memoryOf(gate.pid) - before < 100 * MIB)
  })

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
