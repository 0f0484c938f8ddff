import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { Gate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send, Wire } from './harness/http.ts'
import { bearer, post, type Speaker } from './harness/mcp.ts'
import { stop } from './harness/pair.ts'
import { runProgram } from './harness/processes.ts'
import { expectServed, framed, startStage } from './harness/stage.ts'
import { afterEachOne, EVERY, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import type { Witness } from './servers/witness.ts'

const MIB = 1024 * 1024

topic('J. Bad input: lengths and headers', () => {
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

  scenario(
    'a body at the bound is taken, one byte more is not',
    { for: 'Gateway transports: large bodies bounded (413)' },
    async () => {
      const bodyOf = (length: number): string => {
        const [start, end] = [
          '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":"',
          '"}}}',
        ]
        return start + 'x'.repeat(length - start.length - end.length) + end
      }
      assert.equal((await ask(bodyOf(4 * MIB))).status, 200)
      assert.equal(witness.heard[0]?.bytes.length, 4 * MIB)
      assert.equal((await ask(bodyOf(4 * MIB + 1))).status, 413)
      assert.equal(witness.heard.length, 1)
    },
  )

  scenario(
    'other content types are refused: 415',
    { for: 'input: wrong content types', on: EVERY },
    async (revision) => {
      const [body, headers] = framed(revision, 'tools/list', '{}')
      const types = [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json; charset=iso-8859-1',
        'application/json, text/plain',
        'application/jsonp',
        'application/json; charset=utf-8; charset=utf-16',
      ]
      for (const type of types) {
        const answer = await ask(body, { ...headers, 'content-type': type })
        assert.equal(answer.status, 415, type)
        assert.equal(answer.json().error, 'unsupported_media_type')
      }
      const without = await send(url, { headers: { ...bearer(key), ...headers }, body })
      assert.equal(without.status, 415)
      assert.equal(witness.heard.length, 0)
      for (const type of [
        'application/json',
        'Application/JSON',
        'application/json;charset=UTF-8',
        'application/json; charset="utf-8"',
      ]) {
        assert.equal((await ask(body, { ...headers, 'content-type': type })).status, 200, type)
      }
    },
  )

  scenario('a compressed body is refused: 415', { for: 'GW-12' }, async () => {
    const answer = await ask(gzipSync('{"jsonrpc":"2.0","id":1,"method":"tools/list"}'), { 'content-encoding': 'gzip' })
    assert.equal(answer.status, 415)
    assert.equal(witness.heard.length, 0)
  })

  scenario(
    'who is still sending when refused gets to read why, as the usual clients send',
    { for: 'Clear errors; large bodies bounded (413)' },
    async () => {
      const body = Buffer.alloc(6 * MIB, 'x')
      const json = { 'content-type': 'application/json' }
      for (const [status, headers] of [
        [413, bearer(key)],
        [401, {}],
        [415, { ...bearer(key), 'content-type': 'text/plain' }],
      ] as const) {
        const fields = { ...json, ...headers } as Record<string, string>
        for (let round = 0; round < 10; round++) {
          assert.equal((await send(url, { headers: fields, body })).status, status, 'node:http')
          assert.equal((await fetch(url, { method: 'POST', headers: fields, body })).status, status, 'fetch')
        }
        const given = Object.entries(fields).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
        const piped = ['--data-binary', '@-', '-H', 'Expect:', '-H', 'Transfer-Encoding: chunked']
        const curled = await runProgram('curl', ['-s', '-i', ...given, ...piped, url], { input: 'x'.repeat(6 * MIB) })
        assert.match(curled.stdout, new RegExp(`^HTTP/1.1 ${status} `), 'curl')
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  const SMUGGLED = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_item"}}'

  scenario(
    'a request whose end can be read in two ways is refused, and the connection ends',
    { for: 'input: conflicting Content-Length/Transfer-Encoding' },
    async () => {
      const chunked = `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`
      const second = `POST /http/mcp HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`
      for (const [what, head, body] of [
        ['both', headOf('Content-Length: 6', 'Transfer-Encoding: chunked'), `0\r\n\r\n${second}`],
        ['both, other order', headOf('Transfer-Encoding: chunked', 'Content-Length: 6'), chunked],
        ['two lengths', headOf('Content-Length: 0', `Content-Length: ${SMUGGLED.length}`), SMUGGLED],
        ['two lengths in one', headOf(`Content-Length: 0, ${SMUGGLED.length}`), SMUGGLED],
        ['a signed length', headOf(`Content-Length: +${SMUGGLED.length}`), SMUGGLED],
        ['a negative length', headOf('Content-Length: -1'), SMUGGLED],
        ['a hexadecimal length', headOf('Content-Length: 0x10'), SMUGGLED],
        ['an unknown coding', headOf('Transfer-Encoding: gzip, chunked'), chunked],
        ['chunked twice', headOf('Transfer-Encoding: chunked, chunked'), chunked],
        ['chunked and then not', headOf('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'), chunked],
        ['chunked with a vertical tab', headOf('Transfer-Encoding: \x0bchunked'), chunked],
        ['a space before the colon', headOf('Transfer-Encoding : chunked', 'Content-Length: 0'), second],
        ['a folded line', headOf('Transfer-Encoding:\r\n chunked', 'Content-Length: 0'), second],
        ['bare line feeds', headOf('Content-Length: 0').replaceAll('\r\n', '\n'), second],
      ] as const) {
        const wire = await Wire.open(gate.port)
        wire.write(head + body)
        await wire.closed(4000).catch((error: Error) => assert.fail(`${what}: ${error.message}: ${wire.text}`))
        assert.ok(wire.statuses.length === 1 && (wire.statuses[0] as number) >= 400, `${what}: ${wire.text}`)
        assert.ok([400, 501].includes(wire.statuses[0] as number), `${what}: ${wire.text}`)
        assert.doesNotMatch(wire.text, /HPE_|llhttp|node:/, what)
      }
      assert.equal(witness.heard.length, 0, 'the server behind heard nothing')
    },
  )

  scenario(
    'nothing can be injected with a header: control characters end the connection',
    { for: 'input: header injection' },
    async () => {
      for (const value of ['a\rX-Evil: 1', 'a\nX-Evil: 1', 'a\0b', 'a\x01b', 'a\x7fb']) {
        const wire = await Wire.open(gate.port)
        wire.write(headOf(`Content-Length: ${SMUGGLED.length}`, `Accept-Language: ${value}`) + SMUGGLED)
        const status = await wire.status(2000)
        if (status === 200) {
          // A bare line feed ends a line (RFC 9112 §2.2): then it is a field of its own, and one that does not travel.
          assert.equal(value, 'a\nX-Evil: 1')
        } else assert.equal(status, 400, JSON.stringify(value))
        wire.close()
      }
      for (const { rawHeaders } of witness.heard) assert.doesNotMatch(rawHeaders.join('\n'), /evil/i)
    },
  )

  scenario('what a caller puts into names comes out of no header', { for: 'input: header injection' }, async () => {
    const name = 'echo\r\nSet-Cookie: x=1\r\n\r\n'
    const answer = await ask(
      JSON.stringify({ jsonrpc: '2.0', id: '\r\nX-Evil: 1', method: 'tools/call', params: { name, arguments: {} } }),
    )
    assert.equal(answer.headers['set-cookie'], undefined)
    assert.equal(answer.headers['x-evil'], undefined)
    assert.equal(answer.json().id, '\r\nX-Evil: 1')
  })

  scenario('ten thousand header fields are refused: 431', { for: 'input: ten thousand headers' }, async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `X-${index}: 1`)
    const wire = await Wire.open(gate.port)
    wire.write(headOf('Content-Length: 0', ...many))
    await wire.closed(2000)
    assert.deepEqual(wire.statuses, [431])

    const empty = await Wire.open(gate.port)
    empty.write(headOf('Content-Length: 0', ...Array.from({ length: 1000 }, () => 'a:')))
    assert.equal(await empty.status(2000), 431)
    empty.close()

    const large = await Wire.open(gate.port)
    large.write(headOf('Content-Length: 0', `X-Large: ${'x'.repeat(MIB)}`))
    await large.closed(2000)
    assert.deepEqual(large.statuses, [431])
    assert.equal(witness.heard.length, 0)
  })

  scenario(
    'whoever speaks HTTP/1.0 is sent no interim answer, and is served',
    { for: 'RFC 9110 §10.1.1, §15.2' },
    async () => {
      const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      const head = (version: string): string =>
        `POST /http/mcp HTTP/${version}\r\nHost: 127.0.0.1:${gate.port}\r\nAuthorization: Bearer ${key}\r\n` +
        'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' +
        `Expect: 100-continue\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
      for (const [version, statuses] of [
        ['1.0', [200]],
        ['1.1', [100, 200]],
      ] as const) {
        const wire = await Wire.open(gate.port)
        wire.write(head(version) + body)
        await wire.closed()
        assert.deepEqual(wire.statuses, statuses, version)
      }
    },
  )

  scenario('an endless URL leads nowhere', { for: 'input: header injection; bounds' }, async () => {
    const { status } = await post(`${url}?${'x'.repeat(5000)}`, '{}', bearer(key))
    assert.equal(status, 414)
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
