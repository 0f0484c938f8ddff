import assert from 'node:assert/strict'
import { it } from 'node:test'
import { guardTools, requires } from '../../src/adapters/mcp/index.ts'
import { policy, principalOf, publicAccess } from '../../src/index.ts'
import { bearer, call, given, passageOf, refusalOf } from './given.ts'

async function givenAuthInfo(terms = {}) {
  const { key, knock } = given({ policy: policy({ scopes: { 'notes:read': ['*'], 'notes:write': ['*'] } }) })
  const { authInfo, principal } = passageOf(await knock({ headers: bearer((await key(terms)).secret) }))
  return { authInfo, principal }
}

it('the principal is found where each SDK puts it', async () => {
  const { authInfo, principal } = await givenAuthInfo()

  assert.equal(principalOf({ authInfo }), principal)
  assert.equal(principalOf({ http: { authInfo } }), principal)
  assert.equal(principalOf(authInfo), principal)
  assert.equal(principalOf({ authInfo: { ...authInfo } }), principal)
  assert.equal(principalOf({ raw: { auth: authInfo } }), principal)
  assert.equal(principalOf({ var: { authInfo } }), principal)
})

it('what looks like a principal is none', async () => {
  const { principal } = await givenAuthInfo()

  for (const context of [
    undefined,
    null,
    'x',
    {},
    { authInfo: {} },
    { authInfo: { extra: { principal: { ...principal } } } },
    { authInfo: { extra: { principal: structuredClone({ kind: 'api-key', scopes: [], roles: ['owner'] }) } } },
    { extra: { principal: null } },
  ]) {
    assert.equal(principalOf(context), undefined)
  }
})

it('a handler with requirements runs for those who meet them, and hears nothing of others', async () => {
  const heard: unknown[] = []
  const handler = requires({ scopes: ['notes:write'] }, (args: object, _extra: object) => {
    heard.push(args)
    return { content: [] as { type: 'text'; text: string }[] }
  })
  const writer = await givenAuthInfo({ scopes: ['notes:write'] })
  const reader = await givenAuthInfo({ scopes: ['notes:read'] })

  assert.deepEqual(handler({ id: 1 }, { authInfo: writer.authInfo }), { content: [] })
  for (const extra of [
    { authInfo: reader.authInfo },
    {},
    { authInfo: { extra: { principal: { scopes: new Set(['notes:write']) } } } },
  ]) {
    const result = handler({ id: 2 }, extra) as { isError?: boolean }
    assert.equal(result.isError, true)
  }
  assert.deepEqual(heard, [{ id: 1 }])
})

it('requirements that ask for nothing, or for what nobody could tell, are a mistake at once', () => {
  const handler = () => ({ content: [] })
  assert.throws(() => requires({}, handler), TypeError)
  assert.throws(() => requires({ when: 'true' }, handler), { name: 'TypeError', message: /policy\(\{ conditions \}\)/ })
})

it('nobody in particular meets no requirement, whatever a server that is open to all lets them do', async () => {
  const { knock, gate } = given({ access: [publicAccess()] })
  gate.policy.rules.note('write_note', { scopes: ['notes:write'] })
  const { authInfo } = passageOf(await knock({ message: call('read_note') }))
  const handler = requires({ scopes: ['notes:write'] }, (_: object) => ({ content: [] }))

  assert.equal((handler({ authInfo }) as { isError?: boolean }).isError, true)
  assert.deepEqual(refusalOf(await knock({ message: call('write_note') })), [200, -32602])
})

it('a tool that is renamed takes along what stands next to it', async () => {
  const { gate, key, knock } = given()
  const registered = { update: (_: object) => undefined }
  const server = { connect: async () => {}, registerTool: (..._: unknown[]) => registered }
  guardTools(server, gate)
  const handler = requires({ roles: ['owner'] }, () => ({ content: [] }))
  const tool = server.registerTool('admin', {}, handler) as { update(updates: object): unknown }

  tool.update({ name: 'admin_two' })

  const headers = bearer((await key()).secret)
  for (const name of ['admin', 'admin_two']) {
    assert.deepEqual(refusalOf(await knock({ headers, message: call(name) })), [200, -32602], name)
  }
  passageOf(await knock({ headers, message: call('other') }))
})

it('a tool that gets another handler holds what stands next to that one', async () => {
  const { gate, key, knock } = given()
  const registered = { update: (_: object) => undefined }
  const server = { connect: async () => {}, registerTool: (..._: unknown[]) => registered }
  guardTools(server, gate)
  const tool = server.registerTool('admin', {}, () => ({ content: [] })) as { update(updates: object): unknown }
  const headers = bearer((await key()).secret)
  passageOf(await knock({ headers, message: call('admin') }))

  tool.update({ callback: requires({ roles: ['owner'] }, () => ({ content: [] })) })

  assert.deepEqual(refusalOf(await knock({ headers, message: call('admin') })), [200, -32602])
})

it('what does not speak of name or handler changes no rule: another server of this policy may know better', async () => {
  const { gate, key, knock } = given()
  const registering = () => {
    const server = {
      connect: async () => {},
      registerTool: (..._: unknown[]) => ({ update: (_: object): unknown => undefined }),
    }
    guardTools(server, gate)
    const handler = requires({ scopes: ['weak'] }, () => ({ content: [] }))
    return server.registerTool('admin', {}, handler)
  }
  const [stale, hardened] = [registering(), registering()]
  hardened.update({ callback: requires({ roles: ['owner'] }, () => ({ content: [] })) })

  stale.update({ enabled: false })

  const headers = bearer((await key()).secret)
  assert.deepEqual(refusalOf(await knock({ headers, message: call('admin') })), [200, -32602])
})

it('an update that is refused changes no rule', async () => {
  const { gate, key, knock } = given()
  const update = (_: object): unknown => {
    throw new TypeError('no such schema')
  }
  const server = { connect: async () => {}, registerTool: (..._: unknown[]) => ({ update }) }
  guardTools(server, gate)
  const tool = server.registerTool('admin', {}, () => ({ content: [] }))

  assert.throws(() => tool.update({ callback: requires({ roles: ['owner'] }, () => ({ content: [] })) }), /schema/)

  passageOf(await knock({ headers: bearer((await key()).secret), message: call('admin') }))
})

it('its resource can be read, copied and replaced like any other member, and is one’s own', async () => {
  const { gate, key, knock } = given()
  const headers = bearer((await key()).secret)
  const [one, other] = [passageOf(await knock({ headers })), passageOf(await knock({ headers }))]
  const replaced = one.authInfo as { resource?: URL }
  ;(one.authInfo.resource as URL).pathname = '/elsewhere'

  assert.equal(String({ ...other.authInfo }.resource), gate.resource)
  assert.equal(JSON.parse(JSON.stringify(other.authInfo)).resource, gate.resource)
  replaced.resource = new URL('https://other.example/mcp')
  assert.equal(String(one.authInfo.resource), 'https://other.example/mcp')
})
