import assert from 'node:assert/strict'
import { type Gate, startGate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send } from './harness/http.ts'
import { bearer, envelope, errorOf, type Json, mirrored, post, read, speak, textOf } from './harness/mcp.ts'
import { MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const MISMATCH = -32020
const INVALID_PARAMS = -32602
const on = [MODERN] as const

/** Names, and how a header carries them (MCP 2026-07-28, Value Encoding). */
const ENCODED: readonly (readonly [name: string, field: string])[] = [
  ['echo', 'echo'],
  ['echo', '=?base64?ZWNobw==?='],
  ['two words', 'two words'],
  ['größer', '=?base64?Z3LDtsOfZXI=?='],
  [' padded ', '=?base64?IHBhZGRlZCA=?='],
  ['line\nbreak', '=?base64?bGluZQpicmVhaw==?='],
  ['=?base64?ZWNobw==?=', '=?base64?PT9iYXNlNjQ/WldOb2J3PT0/PQ==?='],
  ['=?base64?ZWNobw==', '=?base64?ZWNobw=='],
  ['=?BASE64?ZWNobw==?=', '=?BASE64?ZWNobw==?='],
  ['ZWNobw==?=', 'ZWNobw==?='],
]

topic('I. Eras: what a modern request mirrors in its headers', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal
  const keys: Record<string, string> = {}

  setUp(async () => {
    witness = await Witness.start()
    journal = journaledProgram('modern')
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        stdio: { upstream: journal.upstream, access: ['api-key'] },
      },
    })
    for (const server of ['http', 'stdio']) keys[server] = (await gate.key(server)).key
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const messageOf = (method: string, params: Json = {}, meta: Json | undefined = envelope()): Json => {
    return { jsonrpc: '2.0', id: 7, method, params: { ...params, ...(meta === undefined ? {} : { _meta: meta }) } }
  }
  const ask = (message: Json, headers: HeaderFields, server = 'http'): Promise<Answer> =>
    post(gate.mcp(server), message, { ...bearer(keys[server] as string), ...headers })
  const without = (fields: HeaderFields, name: string): HeaderFields =>
    Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name))

  /** Refused with this code and the request's id, and the servers behind have heard nothing. */
  async function assertRefused(code: number, message: Json, headers: HeaderFields, what?: string): Promise<void> {
    for (const server of ['http', 'stdio']) {
      witness.forget()
      const before = journal.lines().length
      const answer = await ask(message, headers, server)
      const words = `${what ?? ''} over ${server}: ${answer.text}`

      assert.equal(answer.status, 400, words)
      assert.equal((answer.json().error as Json).code, code, words)
      assert.equal(answer.json().id, message.id, words)
      assert.equal(witness.heard.length, 0, words)
      assert.equal(journal.lines().length, before, words)
    }
  }

  const call = messageOf('tools/call', { name: 'echo', arguments: {} })
  const callFields = mirrored('tools/call', { name: 'echo' })

  scenario('a request that says the same in both passes', { for: 'TM-10', on }, async () => {
    for (const server of ['http', 'stdio']) {
      assert.equal(textOf(read(await ask(call, callFields, server), 7)), 'echo: {}')
    }
    // Names of fields do not know case, and space around values does not count
    const odd = { 'MCP-PROTOCOL-VERSION': `  ${MODERN} `, 'mCP-mETHOD': ' tools/call', 'MCP-NAME': 'echo\t' }
    assert.equal((await ask(call, odd)).status, 200)
  })

  scenario('a required field that is missing: 400, -32020', { for: 'TM-10, TM-11, TM-13', on }, async () => {
    for (const name of Object.keys(callFields)) await assertRefused(MISMATCH, call, without(callFields, name), name)
    const read = messageOf('resources/read', { uri: 'test://one' })
    const get = messageOf('prompts/get', { name: 'greet' })
    const task = messageOf('tasks/get', { taskId: 'one' })
    for (const message of [read, get, task]) {
      const { method } = message as { method: string }
      await assertRefused(MISMATCH, message, without(mirrored(method, message.params as Json), 'mcp-name'), method)
    }
  })

  scenario(
    'a field that says otherwise: 400, -32020, and case counts',
    { for: 'TM-11, TM-12, GW-10', on },
    async () => {
      const wrong: HeaderFields[] = [
        { 'mcp-protocol-version': '2026-07-29' },
        { 'mcp-protocol-version': '2027-01-01' },
        { 'mcp-protocol-version': '2025-11-25' },
        { 'mcp-method': 'tools/list' },
        { 'mcp-method': 'Tools/call' },
        { 'mcp-method': '' },
        { 'mcp-name': 'delete_item' },
        { 'mcp-name': 'Echo' },
        { 'mcp-name': 'echo, echo' },
        { 'mcp-name': '' },
      ]
      for (const fields of wrong)
        await assertRefused(MISMATCH, call, { ...callFields, ...fields }, JSON.stringify(fields))
      const read = messageOf('resources/read', { uri: 'test://a%20b' })
      const decoded = mirrored('resources/read', { uri: 'test://a b' })
      await assertRefused(MISMATCH, read, decoded, 'a percent is not decoded (IT-28)')

      // Before there were such fields nobody need send them; what stands in them travels on, and is no lie either
      const { headers, request } = await speak(gate.mcp('http'), '2025-03-26', bearer(keys.http as string))
      const legacy = { jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'echo', arguments: {} } }
      const bodies: [unknown, HeaderFields][] = [
        [legacy, { 'mcp-method': 'tools/list' }],
        [legacy, { 'mcp-method': 'tools/call', 'mcp-name': 'delete_item' }],
        [legacy, { 'mcp-name': 'delete_item' }],
        [[{ ...legacy, id: 8, method: 'tools/list' }, legacy], { 'mcp-method': 'tools/list' }],
        [{ jsonrpc: '2.0', method: 'notifications/cancelled', params: {} }, { 'mcp-method': 'tools/call' }],
        [{ jsonrpc: '2.0', id: 7, result: {} }, { 'mcp-method': 'tools/call' }],
      ]
      witness.forget()
      for (const [body, fields] of bodies) {
        const answer = await post(gate.mcp('http'), body, { ...headers, ...fields })
        assert.equal(answer.status, 400, answer.text)
        assert.equal((answer.json().error as Json).code, MISMATCH, answer.text)
      }
      assert.equal(witness.heard.length, 0)
      const mirror = { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZWNobw==?=', 'mcp-param-region': 'Bern' }
      assert.equal((await request('tools/call', legacy.params, { headers: mirror })).status, 200)
      const [heard] = witness.heard
      assert.equal(heard?.headers['mcp-method'], 'tools/call')
      assert.equal(heard?.headers['mcp-param-region'], undefined, 'nobody there holds it against the body')
    },
  )

  scenario('a field that comes twice: 400', { for: 'IT-39', on }, async () => {
    for (const name of Object.keys(callFields)) {
      const value = callFields[name] as string
      witness.forget()
      assert.equal((await ask(call, { ...callFields, [name]: [value, value] })).status, 400, name)
      assert.equal(witness.heard.length, 0)
    }
  })

  scenario(
    'without what _meta must say: 400, -32602, whatever the headers say',
    { for: 'TM-04, TM-13, IT-23', on },
    async () => {
      const { 'io.modelcontextprotocol/protocolVersion': version, ...noVersion } = envelope()
      const { 'io.modelcontextprotocol/clientCapabilities': _, ...noCapabilities } = envelope()
      const broken = { ...envelope(), 'io.modelcontextprotocol/clientCapabilities': 'all' }
      const asList = { ...envelope(), 'io.modelcontextprotocol/clientCapabilities': [] }
      const asNumber = { ...envelope(), 'io.modelcontextprotocol/protocolVersion': 20_260_728 }
      for (const meta of [undefined, {}, noVersion, noCapabilities, broken, asList, asNumber]) {
        const message = {
          jsonrpc: '2.0',
          id: 7,
          method: 'tools/list',
          params: meta === undefined ? {} : { _meta: meta },
        }
        await assertRefused(INVALID_PARAMS, message, mirrored('tools/list'), JSON.stringify(meta))
      }
      const bare = { jsonrpc: '2.0', id: 7, method: 'tools/list' }
      await assertRefused(INVALID_PARAMS, bare, mirrored('tools/list'), 'no params')
      assert.equal(version, MODERN)
    },
  )

  scenario('who the client is need not be said', { for: 'TM-04', on }, async () => {
    const { 'io.modelcontextprotocol/clientInfo': _, ...meta } = envelope()
    assert.equal((await ask(messageOf('tools/list', {}, meta), mirrored('tools/list'))).status, 200)
  })

  scenario(
    'modern by the body alone is still modern: the header is demanded',
    { for: 'TR-09, TM-10', on },
    async () => {
      for (const method of ['tools/list', 'initialize', 'ping']) {
        await assertRefused(MISMATCH, messageOf(method), { 'mcp-method': method }, method)
      }
    },
  )

  scenario(
    'names beyond plain ASCII are encoded, and decoded before they are compared',
    { for: 'TM-20, TM-21, TM-22', on },
    async () => {
      for (const [name, field] of ENCODED) {
        witness.forget()
        const message = messageOf('tools/call', { name, arguments: {} })
        const answer = await ask(message, { ...mirrored('tools/call'), 'mcp-name': field })

        assert.equal(answer.status, 200, `${field}: ${answer.text}`)
        assert.equal(textOf(read(answer, 7)), `${name}: {}`)
        assert.equal(witness.heard[0]?.headers['mcp-name'], field, 'it travels on as it came')
      }
    },
  )

  scenario(
    'base64 that two readers could read differently: 400, -32020',
    { for: 'TM-11, TM-22, TM-23', on },
    async () => {
      const wrong = [
        ['echo', '=?base64?ZWNobw?='],
        ['echo', '=?base64?ZWNobw=?='],
        ['echo', '=?base64?ZWNobx==?='],
        ['echo', '=?base64?ZWNo bw==?='],
        ['echo', '=?base64?ZWNo\tbw==?='],
        ['echo', '=?base64?ZWNobw==ZWNobw==?='],
        ['echo', '=?BASE64?ZWNobw==?='],
        ['>>>', '=?base64?Pj4-?='],
        ['', '=?base64?='],
        ['\uFFFD', '=?base64?/w==?='],
        ['/', '=?base64?wK8=?='],
        ['delete_item', '=?base64?ZWNobw==?='],
        ['größer', 'größer'],
      ]
      for (const [name, field] of wrong) {
        const message = messageOf('tools/call', { name, arguments: {} })
        await assertRefused(MISMATCH, message, { ...mirrored('tools/call'), 'mcp-name': field as string }, field)
      }
    },
  )

  scenario('a notification need not mirror itself, but may not contradict itself', { for: 'TM-14', on }, async () => {
    const note = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99, _meta: envelope() } }
    const bare = { 'mcp-protocol-version': MODERN }
    assert.equal((await ask(note, bare)).status, 202)
    assert.equal((await ask(note, { ...bare, 'mcp-method': 'notifications/cancelled' })).status, 202)
    await assertRefused(MISMATCH, note, { ...bare, 'mcp-method': 'tools/call' })
  })

  scenario('a notification that names two revisions is refused', { for: 'TM-12, TM-14', on }, async () => {
    const note = (_meta?: Json): Json => {
      const params = { requestId: 99, ...(_meta === undefined ? {} : { _meta }) }
      return { jsonrpc: '2.0', method: 'notifications/cancelled', params }
    }
    const fields = { 'mcp-protocol-version': MODERN }
    await assertRefused(MISMATCH, note(envelope('2027-01-01')), fields, 'two of the era')
    await assertRefused(MISMATCH, note(envelope('2025-11-25')), fields, 'one of each era')
    await assertRefused(MISMATCH, note(envelope()), { 'mcp-protocol-version': '2025-11-25' }, 'one of each era')
    await assertRefused(MISMATCH, note(envelope()), {}, 'one in the body alone')
    for (const server of ['http', 'stdio']) assert.equal((await ask(note(), fields, server)).status, 202)
  })

  scenario('fields of single parameters travel on as they are', { for: 'GW-40', on }, async () => {
    witness.forget()
    const further = { 'mcp-param-region': '=?base64?Z3LDtsOfZXI=?=', 'Mcp-Param-Odd.Name': 'a, b' }
    assert.equal((await ask(call, { ...callFields, ...further })).status, 200)

    const [heard] = witness.heard
    assert.equal(heard?.headers['mcp-param-region'], '=?base64?Z3LDtsOfZXI=?=')
    assert.equal(heard?.headers['mcp-param-odd.name'], 'a, b')
  })

  scenario('sessions mean nothing here: none is looked up, kept or made', { for: 'TM-02, TM-03', on }, async () => {
    witness.forget()
    const answer = await ask(call, { ...callFields, 'mcp-session-id': 'somebody-elses' })

    assert.equal(answer.status, 200)
    assert.equal(answer.headers['mcp-session-id'], undefined)
    assert.equal(witness.heard[0]?.headers['mcp-session-id'], undefined)
  })

  scenario('GET and DELETE: 405, and POST is named', { for: 'TM-01, TM-02', on }, async () => {
    witness.forget()
    for (const server of ['http', 'stdio']) {
      for (const method of ['GET', 'DELETE']) {
        const headers = {
          ...bearer(keys[server] as string),
          'mcp-protocol-version': MODERN,
          accept: 'text/event-stream',
        }
        const answer = await send(gate.mcp(server), { method, headers })

        assert.equal(answer.status, 405)
        assert.equal(answer.headers.allow, 'POST')
      }
    }
    assert.equal(witness.heard.length, 0)
  })

  scenario(
    'methods of the other era, and unknown ones: 404, -32601, with the id',
    { for: 'TM-06, IT-22, IT-24', on },
    async () => {
      const methods = [
        'initialize',
        'ping',
        'logging/setLevel',
        'resources/subscribe',
        'resources/unsubscribe',
        'no/such',
      ]
      for (const method of methods) {
        for (const server of ['http', 'stdio']) {
          witness.forget()
          const answer = await ask(messageOf(method, { uri: 'test://one' }), mirrored(method), server)
          const spoken = read(answer, 7)

          assert.equal(answer.status, 404, `${method}: ${answer.text}`)
          assert.equal(errorOf(spoken).code, -32601)
          assert.equal(witness.heard.length, 0)
        }
      }
    },
  )
})
