import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  type Incoming,
  isFault,
  MAX_BATCH,
  type Message,
  type MessageFault,
  readMessage,
} from '../../src/protocol/index.ts'

function read(body: unknown): Incoming | MessageFault {
  return readMessage(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
}

function given(body: unknown): readonly Message[] {
  const incoming = read(body)
  if (isFault(incoming)) throw new Error(incoming.message)
  return incoming.messages
}

function faultOf(body: unknown): MessageFault {
  const fault = read(body)
  assert.ok(isFault(fault), `not refused: ${typeof body === 'string' ? body : JSON.stringify(body)}`)
  return fault
}

const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read_file', arguments: { path: 'a' } } }

it('reads a request with the tool that it names', () => {
  assert.deepEqual(given(call), [
    { kind: 'request', id: '1', method: 'tools/call', params: call.params, name: 'read_file' },
  ])
})

it('knows where each method keeps the name of what it speaks of', () => {
  const named = {
    'tools/call': 'name',
    'prompts/get': 'name',
    'resources/read': 'uri',
    'resources/subscribe': 'uri',
    'resources/unsubscribe': 'uri',
    'tasks/get': 'taskId',
    'tasks/update': 'taskId',
    'tasks/cancel': 'taskId',
    'tasks/result': 'taskId',
  }
  const params = { name: 'in name', uri: 'in uri', taskId: 'in taskId' }

  for (const [method, member] of Object.entries(named)) {
    const [request] = given({ jsonrpc: '2.0', id: 1, method, params })
    assert.equal(request?.kind === 'request' && request.name, `in ${member}`, method)
  }
  for (const method of ['tools/list', 'ping', 'completion/complete', 'x/y', 'constructor', '__proto__']) {
    const [request] = given({ jsonrpc: '2.0', id: 1, method, params })
    assert.equal(request?.kind === 'request' && request.name, undefined, method)
  }
})

it('a name that is no text is no name', () => {
  const bodies = [
    '{"name":1}',
    '{"name":null}',
    '{"name":["read_file"]}',
    '{"name":{"toString":"read_file"}}',
    '{"name":true}',
    '{"name":"\\ud800"}',
    '{"name":"a\\udc00b"}',
    '{}',
  ]

  for (const params of bodies) {
    const [request] = given(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`)
    assert.equal(request?.kind === 'request' && request.name, undefined, params)
  }
  assert.equal((given({ jsonrpc: '2.0', id: 1, method: 'tools/call' })[0] as { name?: string }).name, undefined)
})

it('keeps an id as it was spelled, so that nobody waits for an answer that never comes', () => {
  for (const id of [
    '0',
    '-1',
    '1',
    '9007199254740993',
    `1${'0'.repeat(60)}`,
    '1.0',
    '1e3',
    '""',
    '"a\\u0062"',
    '"\\"}"',
    '" 1"',
  ]) {
    const [request] = given(`{"jsonrpc":"2.0", "id" : ${id} ,"method":"ping"}`)
    assert.equal(request?.kind === 'request' && request.id, id)
  }
})

it('refuses ids that are neither text nor whole numbers', () => {
  for (const id of ['null', '1.5', '1e400', '-1e400', '1e-1', 'true', '[]', '[1]', '{}', '"\\ud800"']) {
    const fault = faultOf(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`)
    assert.equal(fault.code, -32600)
    assert.equal('id' in fault, false, 'an id that cannot be trusted is not echoed')
  }
})

it('a request needs an id, a notification must have none', () => {
  assert.deepEqual(given({ jsonrpc: '2.0', method: 'notifications/initialized' }), [
    { kind: 'notification', method: 'notifications/initialized', params: undefined },
  ])

  assert.equal(faultOf({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'x' } }).code, -32600)
  assert.equal(faultOf({ jsonrpc: '2.0', method: 'ping' }).code, -32600)
  assert.deepEqual(faultOf({ jsonrpc: '2.0', id: 7, method: 'notifications/cancelled' }), {
    kind: 'invalid',
    code: -32600,
    message: 'A notification has no "id".',
    id: '7',
  })
})

it('an answer has an id and either a result or an error', () => {
  assert.deepEqual(given('{"jsonrpc":"2.0","id":"x","result":{}}'), [{ kind: 'response', id: '"x"' }])
  assert.deepEqual(given('{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}'), [{ kind: 'response', id: '1' }])
  assert.deepEqual(given('{"jsonrpc":"2.0","id":1,"result":null}'), [{ kind: 'response', id: '1' }])

  for (const body of [
    '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"no"}}',
    '{"jsonrpc":"2.0","id":1}',
    '{"jsonrpc":"2.0","result":{}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"no"}}',
    '{"jsonrpc":"2.0"}',
    '{}',
  ]) {
    assert.equal(faultOf(body).code, -32600, body)
  }
})

it('nothing is a request and an answer at once', () => {
  for (const extra of ['"result":{}', '"error":{}', '"result":null', '"error":null']) {
    faultOf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"},${extra}}`)
    faultOf(`{"jsonrpc":"2.0",${extra},"method":"notifications/initialized"}`)
  }
  for (const method of ['null', '1', '{}', '["tools/call"]', 'true', '"\\ud800"']) {
    faultOf(`{"jsonrpc":"2.0","id":1,"result":{},"method":${method}}`)
    faultOf(`{"jsonrpc":"2.0","id":1,"method":${method}}`)
  }
})

it('params are an object or absent', () => {
  assert.equal((given({ jsonrpc: '2.0', id: 1, method: 'ping' })[0] as { params?: unknown }).params, undefined)
  for (const params of [[], ['read_file'], null, 'x', 1, true]) {
    assert.deepEqual(faultOf({ jsonrpc: '2.0', id: 5, method: 'tools/call', params }), {
      kind: 'invalid',
      code: -32600,
      message: '"params" must be an object.',
      id: '5',
    })
  }
})

it('only JSON-RPC 2.0 is spoken here', () => {
  for (const jsonrpc of ['"1.0"', '2.0', '2', 'null', '"2"', '["2.0"]']) {
    assert.equal(faultOf(`{"jsonrpc":${jsonrpc},"id":1,"method":"ping"}`).code, -32600)
  }
  assert.equal(faultOf('{"id":1,"method":"ping"}').code, -32600)
})

it('a body that holds no message is refused', () => {
  for (const body of ['null', '1', '"ping"', 'true', '[]', '[null]', '[1]', '["ping"]', '[[]]']) {
    assert.equal(faultOf(body).code, -32600, body)
  }
})

it('reads a batch in its order, with each id as it stands', () => {
  const incoming = read(
    '[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},' +
      '{"jsonrpc":"2.0","id":90071992547409931,"method":"tools/call","params":{"name":"a"}},{"jsonrpc":"2.0","id":"r","result":{}}]',
  )

  assert.ok(!isFault(incoming) && incoming.isBatch)
  assert.deepEqual(
    incoming.messages.map((message) => [message.kind, 'id' in message ? message.id : undefined]),
    [
      ['request', '1'],
      ['notification', undefined],
      ['request', '90071992547409931'],
      ['response', '"r"'],
    ],
  )
})

it('a batch of one is a batch, and a single message is none', () => {
  const alone = read(call)
  const batch = read([call])

  assert.equal(!isFault(alone) && alone.isBatch, false)
  assert.equal(!isFault(batch) && batch.isBatch, true)
})

it('one bad message spoils its batch', () => {
  for (const bad of [
    [call],
    [],
    null,
    1,
    { ...call, id: null },
    { ...call, params: [] },
    { ...call, jsonrpc: '1.0' },
  ]) {
    assert.equal(faultOf([call, bad]).code, -32600, JSON.stringify(bad))
    assert.equal(faultOf([bad, call]).code, -32600, JSON.stringify(bad))
  }
})

it('a batch holds fifty messages and not one more', () => {
  assert.equal(given(Array.from({ length: MAX_BATCH }, (_, id) => ({ ...call, id }))).length, 50)
  assert.equal(faultOf(Array(MAX_BATCH + 1).fill(call)).code, -32600)
  assert.equal(faultOf(Array(100_000).fill(0)).code, -32600)
})

it('two requests of a batch have two ids: answers could not be told apart', () => {
  const other = { ...call, method: 'ping', params: undefined }
  for (const [one, two] of [
    [7, 7],
    ['a', 'a'],
  ]) {
    assert.equal(
      faultOf([
        { ...call, id: one },
        { ...other, id: two },
      ]).code,
      -32600,
    )
  }
  assert.equal(
    given([
      { ...call, id: 7 },
      { ...other, id: '7' },
    ]).length,
    2,
  )
})

it('a repeated or disguised key is unreadable at every level, in a batch as well', () => {
  const bodies = [
    '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","na\\u006de":"b"}}',
    '{"jsonrpc":"2.0","id":1,"Method":"tools/list","method":"tools/call","params":{"name":"a"}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","PARAMS":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Arguments":{}}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"PROGRESSTOKEN":1}}}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolversion":"x"}}}',
    '{"jsonrpc":"2.0","id":1,"result":{},"__proto__":{"method":"tools/call"}}',
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1,"x":2}}}',
  ]

  for (const body of bodies) {
    assert.equal(faultOf(body).code, -32700, body)
    assert.equal(faultOf(`[${body}]`).code, -32700, body)
  }
})

it('a method with a name that the language knows is a method like others', () => {
  for (const method of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    assert.equal((given({ jsonrpc: '2.0', id: 1, method })[0] as { method?: string }).method, method)
  }
})

it('refusals quote nothing of the body', () => {
  const secret = 'pcls_secret'
  for (const body of [
    { ...call, method: 1, id: secret, params: { name: secret } },
    { ...call, params: [secret] },
    { [secret]: 1 },
    `{"${secret}":1,"${secret}":2}`,
  ]) {
    assert.equal(faultOf(body).message.includes(secret), false)
  }
})
