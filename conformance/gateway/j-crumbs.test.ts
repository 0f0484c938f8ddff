import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Gate, startGate } from './harness/gate.ts'
import { send, Wire } from './harness/http.ts'
import { bearer, post, type Speaker, speak } from './harness/mcp.ts'
import { memoryOf, until } from './harness/processes.ts'
import { expectServed } from './harness/stage.ts'
import { afterEachOne, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

const MIB = 1024 * 1024
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'echo', arguments: {} } }
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const CRUMB = '1\r\n \r\n'

/** What the server `words` answers, as it stands on the wire; set by each scenario. */
let answer: (socket: Socket) => void = () => {}

topic('J. Bad input: what costs more than its bytes', () => {
  let gate: Gate
  let witness: Witness
  let raw: Server
  let good: Speaker
  let key: string
  let limitedKey: string

  setUp(async () => {
    witness = await Witness.start()
    raw = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    })
    await once(raw.listen(0, '127.0.0.1'), 'listening')
    const words = { url: `http://127.0.0.1:${(raw.address() as AddressInfo).port}/mcp` }
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        words: { upstream: words, access: ['api-key'] },
        people: { upstream: { url: witness.url() }, access: ['oauth'] },
      },
    })
    const goodKey = (await gate.key('http')).key
    key = (await gate.key('words')).key
    limitedKey = (await gate.key('words', '--tools', 'echo')).key
    good = await speak(gate.mcp('http'), '2025-11-25', bearer(goodKey))
    witness.forget()
  })
  tearDown(async () => {
    await gate?.stop()
    raw?.close()
    witness?.close()
  })
  afterEachOne(() => expectServed(good, witness))

  const head = (method: string, path: string, ...fields: readonly string[]): string =>
    [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${gate.port}`, ...fields, '', ''].join('\r\n')
  const FORM = 'Content-Type: application/x-www-form-urlencoded'
  const JSON_TYPE = 'Content-Type: application/json'
  const CHUNKED = 'Transfer-Encoding: chunked'

  /** Goes on until nobody listens any more. @returns how many crumbs there were. */
  async function crumble(wire: Wire, most: number): Promise<number> {
    const some = CRUMB.repeat(5000)
    let sent = 0
    for (; sent < most && !wire.isClosed && wire.statuses.length === 0; sent += 5000) {
      const isFull = !wire.socket.write(some)
      await until(
        'the gate reads on, or no more',
        () => !(isFull && wire.socket.writableNeedDrain) || wire.isClosed,
        5000,
      )
    }
    return sent
  }

  scenario(
    'whoever sends a body in crumbs is cut off before it is kept, strangers too',
    { for: 'input: 100 MB bodies' },
    async () => {
      const before = memoryOf(gate.pid)
      const authorized = `Authorization: ${bearer(key).authorization}`
      const heads = [
        [head('POST', '/oauth/token', FORM, CHUNKED), 65_000],
        [head('POST', '/words/mcp', authorized, JSON_TYPE, CHUNKED), 2_000_000],
      ] as const
      for (const [begun, most] of heads) {
        const wires = await Promise.all(Array.from({ length: 10 }, () => Wire.open(gate.port)))
        for (const wire of wires) wire.write(begun)
        const sent = await Promise.all(wires.map((wire) => crumble(wire, most)))
        await Promise.all(wires.map((wire) => wire.closed()))

        assert.ok(Math.max(...sent) < 2_000_000, `${sent} crumbs`)
      }
      const grown = (memoryOf(gate.pid) - before) / MIB
      assert.ok(grown < 150, `memory grew by ${grown} MiB`)
      const [told] = await gate.audit('--server', 'words', '--limit', '1')
      assert.equal(told?.reason, 'body_crumbled')
    },
  )

  scenario('a body in many pieces of a common size is read like others', { for: 'input: 100 MB bodies' }, async () => {
    const body = JSON.stringify({ ...CALL, params: { name: 'echo', arguments: { text: 'x'.repeat(400_000) } } })
    const wire = await Wire.open(gate.port)
    const { key: own } = await gate.key('http')
    wire.write(head('POST', '/http/mcp', `Authorization: Bearer ${own}`, JSON_TYPE, CHUNKED, 'Connection: close'))
    for (let at = 0; at < body.length; at += 100) {
      const piece = body.slice(at, at + 100)
      wire.write(`${piece.length.toString(16)}\r\n${piece}\r\n`)
    }
    wire.write('0\r\n\r\n')

    assert.equal(await wire.status(), 200)
    wire.close()
  })

  scenario(
    'an answer in crumbs is passed on, and what is not passed on is not kept',
    { for: 'input: an upstream that sends a 1 GB event' },
    async () => {
      const crumbs = (status: string, type: string, thousands: number) => (socket: Socket) => {
        socket.write(`HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`)
        for (let n = 0; n < thousands; n++) socket.write(CRUMB.repeat(1000))
        const said = '{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}'
        socket.end(`${said.length.toString(16)}\r\n${said}\r\n0\r\n\r\n`)
      }
      const before = memoryOf(gate.pid)
      answer = crumbs('200 OK', 'application/json', 100)
      const all = await post(gate.mcp('words'), CALL, bearer(key))
      answer = crumbs('200 OK', 'application/json', 1500)
      const list = await post(gate.mcp('words'), LIST, bearer(limitedKey))
      answer = crumbs('500 Oh', 'text/plain', 1500)
      const foreign = await post(gate.mcp('words'), CALL, bearer(key))

      for (const { status, text } of [all, list])
        assert.deepEqual([status, text.trim().slice(0, 16)], [200, '{"jsonrpc":"2.0"'])
      assert.deepEqual([foreign.status, foreign.text.includes('upstream_error')], [500, true])
      const grown = (memoryOf(gate.pid) - before) / MIB
      assert.ok(grown < 200, `memory grew by ${grown} MiB`)
    },
  )

  scenario(
    'an event of nothing but lines is as large as what it takes to send it',
    { for: 'input: an upstream that sends a 1 GB event' },
    async () => {
      const lines = 'data\n'.repeat(20_000)
      let sent = 0
      answer = (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
        const piece = `${lines.length.toString(16)}\r\n${lines}\r\n`
        const more = (): void => {
          while (socket.writable) {
            sent += lines.length
            if (!socket.write(piece)) return void socket.once('drain', more)
          }
        }
        more()
      }
      const before = memoryOf(gate.pid)
      const reply = await post(gate.mcp('words'), CALL, bearer(key)).catch(() => undefined)

      assert.equal(reply?.text.includes('"result"') ?? false, false)
      // The bound of an event is 16 MiB; what is on its way comes on top.
      assert.ok(sent < 40 * MIB, `${sent} bytes were taken`)
      const grown = (memoryOf(gate.pid) - before) / MIB
      assert.ok(grown < 600, `memory grew by ${grown} MiB`)
    },
  )

  scenario('megabytes of brackets are not built', { for: 'input: deep nesting' }, async () => {
    const unit = `${'['.repeat(120)}${']'.repeat(120)},`
    const brackets = `[${unit.repeat(16_000)}0]`
    const body = JSON.stringify(CALL).replace('{}', `{"a":${brackets}}`)
    const refused = await send(gate.mcp('words'), {
      headers: { ...bearer(key), 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body,
    })
    assert.deepEqual([refused.status, refused.text.includes('Too many members')], [400, true])

    const said = `{"jsonrpc":"2.0","id":1,"result":{"tools":[],"x":${brackets}}}`
    answer = (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${said.length}\r\n\r\n${said}`)
    const listed = await post(gate.mcp('words'), LIST, bearer(limitedKey))
    assert.equal(listed.status, 502)
  })

  scenario('a GET with a body opens no stream', { for: 'input: wrong content types' }, async () => {
    for (const fields of [['Content-Length: 3000000'], [CHUNKED]]) {
      const wire = await Wire.open(gate.port)
      wire.write(head('GET', '/words/mcp', `Authorization: Bearer ${key}`, 'Accept: text/event-stream', ...fields))

      assert.equal(await wire.status(), 400)
      assert.match(wire.text, /"error":"body_unasked"/)
      wire.close()
    }
  })

  scenario(
    'what cannot be read in the midst of an answer ends it, and puts no words into it',
    { for: 'input: header injection' },
    async () => {
      let isLeft = false
      answer = (socket) => {
        socket.on('close', () => {
          isLeft = true
        })
        socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
        socket.write('d\r\n: something\n\n\r\n')
      }
      const wire = await Wire.open(gate.port)
      const fields = ['Accept: text/event-stream', 'MCP-Protocol-Version: 2025-11-25']
      wire.write(head('GET', '/words/mcp', `Authorization: Bearer ${key}`, ...fields))
      await until('the stream begins', () => wire.text.includes('something'), 5000)
      wire.write('\x01\x02')
      await wire.closed()

      assert.deepEqual(wire.statuses, [200])
      await until('the server is let go', () => isLeft, 3000)
    },
  )

  scenario(
    'an answer without content states no length',
    { for: 'input: an upstream that resets, stalls' },
    async () => {
      answer = (socket) =>
        socket.end('HTTP/1.1 204 No Content\r\ncontent-type: application/json\r\ncontent-length: 46\r\n\r\n')
      const reply = await post(gate.mcp('words'), CALL, bearer(key))

      assert.deepEqual([reply.status, reply.headers['content-length']], [204, undefined])
    },
  )
})
