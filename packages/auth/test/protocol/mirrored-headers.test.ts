import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  checkMirroredFields,
  checkMirroredNotification,
  checkUnasked,
  decodeFieldValue,
  eraOfRevision,
  isLegacyRevision,
  isModernRequest,
  type NotificationMessage,
  type RequestMessage,
} from '../../src/protocol/index.ts'

const VERSION = '2026-07-28'
const META = {
  'io.modelcontextprotocol/protocolVersion': VERSION,
  'io.modelcontextprotocol/clientCapabilities': {},
}

function givenRequest(method: string, name?: string, params: object = { _meta: META }): RequestMessage {
  return { kind: 'request', id: '1', method, params: { name, ...params }, name }
}

const call = givenRequest('tools/call', 'read_file')
const fields = { version: VERSION, method: 'tools/call', name: 'read_file' }

it('a call whose fields say what its body says passes', () => {
  assert.equal(checkMirroredFields(call, fields), undefined)
})

it('each required field must be there (TM-10, TM-11)', () => {
  for (const missing of ['version', 'method', 'name']) {
    assert.equal(checkMirroredFields(call, { ...fields, [missing]: undefined })?.code, -32020, missing)
  }
})

it('every method that names something in the modern era mirrors it, others do not (TM-10)', () => {
  for (const method of ['tools/call', 'prompts/get', 'resources/read', 'tasks/get', 'tasks/update', 'tasks/cancel']) {
    const fault = checkMirroredFields(givenRequest(method, 'x'), { version: VERSION, method, name: undefined })
    assert.equal(fault?.code, -32020, method)
  }
  for (const method of ['tools/list', 'server/discover', 'completion/complete', 'subscriptions/listen']) {
    const request = givenRequest(method)
    assert.equal(checkMirroredFields(request, { version: VERSION, method, name: undefined }), undefined, method)
  }
})

it('values are compared with their case, whole (TM-11)', () => {
  for (const differs of [
    { method: 'Tools/Call' },
    { method: 'tools/list' },
    { method: 'tools/call ' },
    { method: '=?base64?dG9vbHMvY2FsbA==?=' },
    { name: 'Read_File' },
    { name: 'read_file2' },
    { name: '' },
    { version: '2026-07-29' },
    { version: '2025-11-25' },
  ]) {
    assert.equal(checkMirroredFields(call, { ...fields, ...differs })?.code, -32020, JSON.stringify(differs))
  }
})

it('the order of the checks is the one that clients are tested against (TM-13)', () => {
  const bare = givenRequest('tools/call', 'read_file', {})
  const wrongAll = { version: '2025-11-25', method: 'x', name: 'y' }

  assert.equal(checkMirroredFields(bare, { ...fields, version: undefined })?.code, -32020)
  assert.equal(checkMirroredFields(bare, wrongAll)?.code, -32602)
  assert.match(checkMirroredFields(call, wrongAll)?.message ?? '', /Version/)
  assert.match(checkMirroredFields(call, { ...wrongAll, version: VERSION })?.message ?? '', /Mcp-Method/)
  assert.match(checkMirroredFields(call, { ...fields, name: 'y' })?.message ?? '', /Mcp-Name/)
})

it('a modern request states its revision and its capabilities, each in its form (IT-23)', () => {
  const [version, capabilities] = Object.keys(META) as [string, string]
  for (const meta of [
    undefined,
    null,
    [],
    'x',
    {},
    { [version]: VERSION },
    { [capabilities]: {} },
    { ...META, [version]: 20260728 },
    { ...META, [version]: null },
    { ...META, [capabilities]: null },
    { ...META, [capabilities]: [] },
    { ...META, [capabilities]: 'all' },
  ]) {
    const fault = checkMirroredFields(givenRequest('tools/call', 'read_file', { _meta: meta }), fields)
    assert.equal(fault?.code, -32602, JSON.stringify(meta))
  }
  const withoutParams = { ...call, params: undefined }
  assert.equal(checkMirroredFields(withoutParams, fields)?.code, -32602)
})

it('a name that the body lacks or spells badly is never equal to a field', () => {
  const nameless = givenRequest('tools/call')

  for (const name of ['', 'undefined', 'null', 'x']) {
    assert.equal(checkMirroredFields(nameless, { ...fields, name })?.code, -32020)
  }
})

it('a field that need not be there must still be true', () => {
  const subscribe = givenRequest('resources/subscribe', 'file:///a')
  const said = { version: VERSION, method: 'resources/subscribe' }

  assert.equal(checkMirroredFields(subscribe, { ...said, name: undefined }), undefined)
  assert.equal(checkMirroredFields(subscribe, { ...said, name: 'file:///a' }), undefined)
  assert.equal(checkMirroredFields(subscribe, { ...said, name: 'file:///b' })?.code, -32020)
})

function givenNotification(params?: NotificationMessage['params']): NotificationMessage {
  return { kind: 'notification', method: 'notifications/cancelled', params }
}

it('a notification need not mirror its method, but must not lie about it (TM-14)', () => {
  const said = (method: string | undefined, name?: string) => ({ version: VERSION, method, name })

  for (const note of [givenNotification(), givenNotification({}), givenNotification({ _meta: META })]) {
    assert.equal(checkMirroredNotification(note, said(undefined)), undefined)
    assert.equal(checkMirroredNotification(note, said('notifications/cancelled')), undefined)
    assert.equal(checkMirroredNotification(note, said('notifications/cancelled', 'anything')), undefined)
    for (const other of ['tools/call', 'Notifications/Cancelled', '']) {
      assert.equal(checkMirroredNotification(note, said(other))?.code, -32020, other)
    }
  }
})

it('a notification states its revision in the header, and no other one in its body (TM-10, TM-12)', () => {
  const said = (version: string | undefined) => ({ version, method: undefined, name: undefined })
  const [key] = Object.keys(META) as [string]

  for (const version of [undefined, '', '2026-07-29', '2025-11-25']) {
    assert.equal(checkMirroredNotification(givenNotification({ _meta: META }), said(version))?.code, -32020, version)
  }
  for (const named of ['2027-01-01', '2025-11-25', '', null, 20260728, [VERSION], {}]) {
    const note = givenNotification({ _meta: { ...META, [key]: named } })
    assert.equal(checkMirroredNotification(note, said(VERSION))?.code, -32020, JSON.stringify(named))
  }
})

it('a notification need not say in its body what it says in the header (TM-14)', () => {
  const said = { version: VERSION, method: undefined, name: undefined }

  for (const params of [undefined, {}, { _meta: {} }, { _meta: { progressToken: 1 } }, { requestId: 1 }]) {
    assert.equal(checkMirroredNotification(givenNotification(params), said), undefined, JSON.stringify(params))
  }
})

it('a message that need not be mirrored is none other than its fields say', () => {
  const note = givenNotification()
  const response = { kind: 'response', id: '1' } as const
  const listing = givenRequest('tools/list')
  const none = { method: undefined, name: undefined }

  for (const [message, said] of [
    [call, none],
    [note, none],
    [response, none],
    [call, fields],
    [call, { ...none, name: '=?base64?cmVhZF9maWxl?=' }],
    [listing, { method: 'tools/list', name: 'anything' }],
    [note, { method: note.method, name: 'anything' }],
    [response, { ...none, name: 'anything' }],
  ] as const) {
    assert.equal(checkUnasked(message, said), undefined, JSON.stringify([message, said]))
  }
  for (const [message, said] of [
    [call, { ...none, method: 'tools/list' }],
    [call, { ...none, method: '' }],
    [call, { ...none, name: 'write_file' }],
    [call, { ...none, name: '=?base64?cmVhZF9maWxl' }],
    [call, { ...none, name: '=?base64?cmVhZF9maWxlCg?=' }],
    [givenRequest('tools/call'), { ...none, name: 'read_file' }],
    [listing, fields],
    [note, { ...none, method: 'tools/call' }],
    [response, { ...none, method: 'tools/call' }],
  ] as const) {
    assert.equal(checkUnasked(message, said)?.code, -32020, JSON.stringify([message, said]))
  }
})

it('a revision or method that its readers may decode differently is not equal to itself (TM-11)', () => {
  const [key] = Object.keys(META) as [string]
  const said = { version: 'Ã©', method: 'tools/call', name: 'read_file' }
  const odd = givenRequest('Ã©')
  const dated = givenRequest('tools/call', 'read_file', { _meta: { ...META, [key]: 'Ã©' } })
  const empty = givenRequest('tools/call', 'read_file', { _meta: { ...META, [key]: '' } })

  assert.equal(checkMirroredFields(odd, { version: VERSION, method: 'Ã©', name: undefined })?.code, -32020)
  assert.equal(checkMirroredFields(dated, said)?.code, -32020)
  assert.equal(checkMirroredFields(empty, { ...said, version: '' })?.code, -32020)
})

it('decodes what is encoded, and takes anything else as it stands (TM-20 to TM-22)', () => {
  const cases: Record<string, string> = {
    '=?base64?SGVsbG8=?=': 'Hello',
    '=?base64?w6nwn5iA?=': 'é😀',
    '=?base64?IHBhZGRlZCA=?=': ' padded ',
    '=?base64?bGluZTEKbGluZTI=?=': 'line1\nline2',
    '=?base64?PT9iYXNlNjQ/eD89?=': '=?base64?x?=',
    '=?base64??=': '',
    'us-west1': 'us-west1',
    'two words': 'two words',
    SGVsbG8: 'SGVsbG8',
    'SGVsbG8=?=': 'SGVsbG8=?=',
    '=?base64?SGVsbG8=': '=?base64?SGVsbG8=',
    '=?BASE64?SGVsbG8=?=': '=?BASE64?SGVsbG8=?=',
    '=?Base64?SGVsbG8=?=': '=?Base64?SGVsbG8=?=',
    '=?base64?SGVsbG8=?= ': '=?base64?SGVsbG8=?= ',
    'x=?base64?SGVsbG8=?=': 'x=?base64?SGVsbG8=?=',
    '': '',
  }

  for (const [value, meant] of Object.entries(cases)) assert.equal(decodeFieldValue(value), meant, value)
})

it('refuses base64 that two readers could read differently (TM-22, TM-23)', () => {
  for (const encoded of [
    'SGVsbG8', // no padding
    'SGVsbG8==', // too much
    'SGVsbG8=\n',
    'SGVs bG8=',
    'SGVsb-8_', // the other alphabet
    'SGVs!!!bG8=',
    'SGVsbG9=', // bits that stand for nothing
    'SGVsbA=',
    '=',
    '====',
    'A',
    'wK8=', // an overlong slash
    '7aCA', // half a surrogate pair
    '/w==',
    'SGVsbG8=?=?=',
  ]) {
    assert.equal(decodeFieldValue(`=?base64?${encoded}?=`), undefined, encoded)
  }
})

it('refuses a value whose mark of beginning and end overlap: some readers decode nothing from it', () => {
  assert.equal(decodeFieldValue('=?base64?='), undefined)
})

it('refuses characters that must be encoded: bytes beyond ASCII are read in several ways (TM-11, TM-21)', () => {
  for (const value of ['é', 'Ã©', '\u0000', 'a\u007f', 'a\r\nb', '😀']) {
    assert.equal(decodeFieldValue(value), undefined, JSON.stringify(value))
  }
  const named = givenRequest('tools/call', 'Ã©')
  assert.equal(checkMirroredFields(named, { ...fields, name: 'Ã©' })?.code, -32020)
  assert.equal(checkMirroredFields(named, { ...fields, name: '=?base64?w4PCqQ==?=' }), undefined)
})

it('a tab within a value stands for itself, which is how the official client sends it (Value Encoding: 0x09)', () => {
  assert.equal(decodeFieldValue('a\tb'), 'a\tb')
  assert.equal(checkMirroredFields(givenRequest('tools/call', 'a\tb'), { ...fields, name: 'a\tb' }), undefined)
})

it('refusals repeat neither header nor body', () => {
  const secret = givenRequest('tools/call', 'secret-tool')

  assert.doesNotMatch(checkMirroredFields(secret, { ...fields, name: 'other' })?.message ?? '', /secret|other/)
})

it('what a request carries tells its era, whatever its method (TR-09)', () => {
  const modern = { _meta: { 'io.modelcontextprotocol/protocolVersion': VERSION } }

  assert.equal(isModernRequest(undefined, VERSION), true)
  assert.equal(isModernRequest(undefined, '2027-01-01'), true)
  assert.equal(isModernRequest(modern, undefined), true)
  assert.equal(isModernRequest(modern, '2025-06-18'), true)
  assert.equal(isModernRequest(undefined, undefined), false)
  assert.equal(isModernRequest({}, '2025-11-25'), false)
  assert.equal(isModernRequest({ _meta: {} }, undefined), false)
  assert.equal(isModernRequest({ _meta: { progressToken: 1 } }, undefined), false)
  assert.equal(isModernRequest({ _meta: null }, undefined), false)
  assert.equal(isModernRequest({ _meta: [VERSION] }, undefined), false)
  assert.equal(isModernRequest({ protocolVersion: VERSION }, undefined), false)
})

it('a revision is a date, and anything else belongs to no era', () => {
  assert.equal(eraOfRevision('2025-03-26'), 'legacy')
  assert.equal(eraOfRevision('2026-07-27'), 'legacy')
  assert.equal(eraOfRevision('2026-07-28'), 'modern')
  assert.equal(eraOfRevision('9999-12-31'), 'modern')
  for (const word of [
    '',
    'draft',
    '2026-07',
    '2026-07-28 ',
    ' 2026-07-28',
    '2026-07-28\n',
    '2026-07-28, 2025-11-25',
    '12026-07-28',
    '２０２６-07-28',
  ]) {
    assert.equal(eraOfRevision(word), undefined, word)
    assert.equal(isModernRequest(undefined, word), false, word)
  }
  assert.equal(isLegacyRevision('2025-06-18'), true)
  assert.equal(isLegacyRevision('2025-06-17'), false)
})
