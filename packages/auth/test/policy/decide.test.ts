import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  type Access,
  compileAccess,
  compileScopes,
  type Decision,
  decideNotification,
  decideRequest,
  TASKS_EXTENSION,
} from '../../src/policy/index.ts'
import type { RequestMessage } from '../../src/protocol/index.ts'

type DecisionContext = Parameters<typeof decideRequest>[1]

const server = compileScopes({ 'files:read': ['read_*'] })
const everyone = compileAccess(server, { scopes: server.all, reads: true, listsOnly: false })
const limited = compileAccess(server, { scopes: new Set(['files:read']), reads: false, listsOnly: false })
const reader = compileAccess(server, { scopes: new Set(['files:read', 'mcp:read']), reads: true, listsOnly: false })
const probe = compileAccess(server, { scopes: server.all, reads: false, listsOnly: true })

const ALLOWED = { kind: 'allowed', shortensList: false }
const SHORTENED = { kind: 'allowed', shortensList: true }
const denied = (reason: string) => ({ kind: 'denied', reason })

const DECLARED = { _meta: { 'io.modelcontextprotocol/clientCapabilities': { extensions: { [TASKS_EXTENSION]: {} } } } }

function decide(access: Access, method: string, name?: string, context: Partial<DecisionContext> = {}): Decision {
  const request: RequestMessage = { kind: 'request', id: '1', method, params: DECLARED, name }
  const era = 'legacy'
  return decideRequest(request, { access, era, furtherMethods: new Set(), ownsTask: () => false, ...context })
}

it('a method that nobody knows goes nowhere, whoever sends it', () => {
  const methods = [
    '',
    'tools',
    'tools/call ',
    'TOOLS/CALL',
    'tools/list/',
    'admin/reset',
    'sampling/createMessage',
    'roots/list',
    'elicitation/create',
    '__proto__',
    'constructor',
    'toString',
    'notifications/initialized',
  ]

  for (const access of [everyone, limited, reader, probe]) {
    for (const method of methods) assert.deepEqual(decide(access, method, 'x'), denied('method_unknown'), method)
  }
})

it('a method that the operator has named is open to who is not limited: what it reaches is not known', () => {
  const further = { furtherMethods: new Set(['acme/reindex']) }

  assert.deepEqual(decide(everyone, 'acme/reindex', undefined, further), ALLOWED)
  assert.deepEqual(decide(limited, 'acme/reindex', undefined, further), denied('method_unknown'))
  assert.deepEqual(decide(probe, 'acme/reindex', undefined, further), denied('method_unknown'))
  assert.deepEqual(decide(everyone, 'acme/Reindex', undefined, further), denied('method_unknown'))
})

it('methods belong to their era', () => {
  const only = {
    legacy: [
      'initialize',
      'ping',
      'logging/setLevel',
      'resources/subscribe',
      'resources/unsubscribe',
      'tasks/list',
      'tasks/result',
    ],
    modern: ['server/discover', 'subscriptions/listen', 'tasks/update'],
  }

  for (const method of only.legacy) {
    assert.notDeepEqual(decide(everyone, method, 'x', { era: 'legacy' }), denied('method_unknown'), method)
    assert.deepEqual(decide(everyone, method, 'x', { era: 'modern' }), denied('method_unknown'), method)
  }
  for (const method of only.modern) {
    assert.notDeepEqual(decide(everyone, method, 'x', { era: 'modern' }), denied('method_unknown'), method)
    assert.deepEqual(decide(everyone, method, 'x', { era: 'legacy' }), denied('method_unknown'), method)
  }
})

it('what opens and keeps up a conversation is open to everybody', () => {
  for (const access of [everyone, limited, reader, probe]) {
    for (const method of ['initialize', 'ping', 'logging/setLevel']) assert.deepEqual(decide(access, method), ALLOWED)
    assert.deepEqual(decide(access, 'server/discover', undefined, { era: 'modern' }), ALLOWED)
  }
})

it('the tools of a list are those that the caller may use', () => {
  assert.deepEqual(decide(everyone, 'tools/list'), ALLOWED)
  assert.deepEqual(decide(probe, 'tools/list'), ALLOWED)
  assert.deepEqual(decide(limited, 'tools/list'), SHORTENED)
  assert.deepEqual(decide(reader, 'tools/list'), SHORTENED)
})

it('a call is decided by its tool’s name alone, so nobody learns which tools there are', () => {
  assert.deepEqual(decide(limited, 'tools/call', 'read_file'), ALLOWED)
  assert.deepEqual(decide(limited, 'tools/call', 'read_what_is_not_there'), ALLOWED)
  for (const name of ['write_file', 'not_there', '', 'Read_file', ' read_file', '*', 'read', '__proto__']) {
    assert.deepEqual(decide(limited, 'tools/call', name), denied('tool_not_listed'), name)
  }
})

it('who names nothing where something must be named is told so', () => {
  for (const method of [
    'tools/call',
    'resources/read',
    'prompts/get',
    'resources/subscribe',
    'tasks/get',
    'tasks/cancel',
    'tasks/result',
  ]) {
    assert.deepEqual(decide(everyone, method, undefined), denied('name_missing'), method)
  }
})

it('contents are for those who may read', () => {
  for (const [method, name] of [
    ['resources/read', 'file:///a'],
    ['resources/subscribe', 'file:///a'],
    ['resources/unsubscribe', 'file:///a'],
    ['prompts/get', 'p'],
    ['completion/complete', undefined],
  ] as const) {
    assert.deepEqual(decide(everyone, method, name), ALLOWED)
    assert.deepEqual(decide(reader, method, name), ALLOWED)
    assert.deepEqual(decide(limited, method, name), denied('read_scope_missing'))
    assert.deepEqual(decide(probe, method, name), denied('lists_only'))
  }
  assert.deepEqual(decide(limited, 'subscriptions/listen', undefined, { era: 'modern' }), denied('read_scope_missing'))
})

it('who may not read gets empty lists without the upstream being asked; a monitor gets the whole', () => {
  for (const [method, member] of [
    ['prompts/list', 'prompts'],
    ['resources/list', 'resources'],
    ['resources/templates/list', 'resourceTemplates'],
  ] as const) {
    assert.deepEqual(decide(limited, method), { kind: 'empty_list', member, reason: 'read_scope_missing' })
    assert.deepEqual(decide(reader, method), ALLOWED)
    assert.deepEqual(decide(probe, method), ALLOWED)
  }
})

it('a monitor calls nothing', () => {
  const ownsTask = () => true

  for (const [method, name] of [
    ['tools/call', 'read_file'],
    ['tasks/get', 't'],
    ['tasks/cancel', 't'],
    ['tasks/result', 't'],
    ['tasks/list', undefined],
  ] as const) {
    assert.deepEqual(decide(probe, method, name, { ownsTask }), denied('lists_only'), method)
  }
})

it('a task is open to who made it, and to nobody else however much they may', () => {
  const ownsTask = (id: string) => id === 'mine'

  for (const access of [everyone, limited]) {
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/result']) {
      assert.deepEqual(decide(access, method, 'mine', { ownsTask }), ALLOWED)
      assert.deepEqual(decide(access, method, 'theirs', { ownsTask }), denied('task_not_own'))
    }
    assert.deepEqual(decide(access, 'tasks/list', undefined, { ownsTask }), SHORTENED)
  }
})

it('in the modern era tasks are for those who declare them on the request (SEP-2663)', () => {
  const ownsTask = () => true
  const capabilities = 'io.modelcontextprotocol/clientCapabilities'
  const withMeta = (meta: unknown) => {
    const request: RequestMessage = {
      kind: 'request',
      id: '1',
      method: 'tasks/get',
      params: { _meta: meta },
      name: 't',
    }
    return decideRequest(request, { access: everyone, era: 'modern', furtherMethods: new Set(), ownsTask })
  }

  assert.deepEqual(decide(everyone, 'tasks/get', 't', { era: 'modern', ownsTask }), ALLOWED)
  for (const meta of [
    undefined,
    null,
    {},
    { [capabilities]: null },
    { [capabilities]: {} },
    { [capabilities]: { extensions: [] } },
    { [capabilities]: { extensions: { other: {} } } },
    { [capabilities]: { [TASKS_EXTENSION]: {} } },
  ]) {
    assert.deepEqual(withMeta(meta), denied('tasks_undeclared'), JSON.stringify(meta))
  }
  assert.deepEqual(withMeta({ [capabilities]: { extensions: { [TASKS_EXTENSION]: {} } } }), ALLOWED)
})

it('a list of the modern era is private wherever others may get another one', () => {
  const anyone = compileAccess(server, { scopes: server.all, reads: true, listsOnly: false, isPrivate: false })

  for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) {
    assert.deepEqual(decide(everyone, method, undefined, { era: 'modern' }), SHORTENED, method)
    assert.deepEqual(decide(probe, method, undefined, { era: 'modern' }), SHORTENED, method)
    assert.deepEqual(decide(anyone, method, undefined, { era: 'modern' }), ALLOWED, method)
    assert.deepEqual(decide(everyone, method), ALLOWED, method)
  }
})

it('known notifications pass, others only where the operator has named them and the caller is not limited', () => {
  const decideFor = (method: string, further: string[] = [], access = everyone) =>
    decideNotification({ kind: 'notification', method, params: undefined }, access, new Set(further))

  for (const name of ['initialized', 'cancelled', 'progress', 'roots/list_changed', 'tasks/status']) {
    assert.equal(decideFor(`notifications/${name}`), 'allowed')
  }
  for (const method of [
    'notifications/',
    'notifications/Initialized',
    'notifications/acme',
    'notifications/message',
    '__proto__',
  ]) {
    assert.equal(decideFor(method), 'method_unknown', method)
  }
  assert.equal(decideFor('notifications/acme', ['notifications/acme']), 'allowed')
  assert.equal(decideFor('notifications/acme', ['notifications/acme'], limited), 'method_unknown')
  assert.equal(decideFor('notifications/acme', ['notifications/acme'], probe), 'method_unknown')
})
