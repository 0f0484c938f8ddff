import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiKeys, memoryBindings, policy, publicAccess, unlisted } from '../../src/index.ts'
import { issue } from '../../src/keys/index.ts'
import { limits } from '../../src/limits/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'
import { bearer, call, given, passageOf, refusalOf, toVisit } from './given.ts'

describe('who is let in', () => {
  it('is who the credential says, with what was sent', async () => {
    const { key, knock, gate } = given()
    const { secret, record } = await key()

    const passage = passageOf(await knock({ headers: bearer(secret), message: call('read_note', { id: 'n1' }) }))

    assert.equal(passage.principal.clientId, record.clientId)
    assert.deepEqual(passage.message, call('read_note', { id: 'n1' }))
    assert.equal(passage.authInfo.clientId, record.clientId)
    assert.equal(String(passage.authInfo.resource), gate.resource)
    assert.equal(passage.authInfo.extra.principal, passage.principal)
    assert.equal(JSON.stringify(passage.authInfo).includes(secret), false)
  })

  it('is anybody, where access is public, and the record names nobody', async () => {
    const { knock, events } = given({ access: [publicAccess()] })
    const passage = passageOf(await knock({}))
    passage.end(200)

    assert.equal(passage.principal.kind, 'anonymous')
    assert.equal(events.length, 1)
    assert.equal((events[0] as { principal?: unknown }).principal, undefined)
  })

  it('is the holder of a secret URL, by the URL alone', async () => {
    const store = memoryCredentials()
    const { knock, gate } = given({ access: [unlisted(store), apiKeys(store)] })
    const { secret } = await issue(store, { kind: 'secret-url', server: gate.name, name: 'x' }, 1_800_000_000)
    const other = await issue(store, { kind: 'api-key', server: gate.name, name: 'y' }, 1_800_000_000)

    assert.equal(passageOf(await knock({ target: `/notes/mcp/${secret}` })).principal.kind, 'secret-url')
    assert.deepEqual(refusalOf(await knock({ target: `/notes/mcp/${secret}x` })), [404, 'not_found'])
    assert.deepEqual(refusalOf(await knock({ target: `/notes/mcp/${secret}`, headers: bearer(other.secret) })), [
      400,
      'credentials_conflict',
    ])
    // At any other address the URL's secret is no credential.
    assert.deepEqual(refusalOf(await knock({ target: `/elsewhere/${secret}` })), [401, 'key_missing'])
  })
})

describe('a stranger', () => {
  it('is turned away before anything of the body is read', async () => {
    const { knock, bodiesRead } = given()

    assert.deepEqual(refusalOf(await knock({})), [401, 'key_missing'])
    assert.deepEqual(refusalOf(await knock({ headers: bearer('nonsense') })), [401, 'key_malformed'])
    assert.equal(bodiesRead(), 0)
  })

  it('is turned away at every path and by every method: routing is not what protects', async () => {
    const { knock } = given()

    for (const target of ['/', '//notes/mcp', '/notes/mcp/..;/', '/notes%2fmcp', '/NOTES/MCP', '/notes/mcp/', '*']) {
      for (const method of ['GET', 'POST', 'DELETE', 'PUT', 'get', 'HEAD', 'OPTIONS', '']) {
        assert.deepEqual(refusalOf(await knock({ target, method })), [401, 'key_missing'], `${method} ${target}`)
      }
    }
  })

  it('with a good key in the query is told to send it elsewhere, and is not let in', async () => {
    const { key, knock } = given()
    const { secret } = await key()

    for (const query of [`access_token=${secret}`, `api_key=${secret}`, `x=1&key=${secret}`, `whatever=${secret}`]) {
      const target = `/notes/mcp?${query}`
      assert.deepEqual(refusalOf(await knock({ target })), [400, 'credential_in_query'])
      assert.deepEqual(refusalOf(await knock({ target, headers: bearer(secret) })), [400, 'credential_in_query'])
    }
    passageOf(await knock({ target: '/notes/mcp?page=2', headers: bearer(secret) }))
  })

  it('is not let in when the store does not answer, and learns nothing of why', async () => {
    const store = memoryCredentials()
    const silent = { ...store, changes: () => Promise.reject(new Error('disk at /var/secret is gone')) }
    const { knock, warnings } = given({ access: [apiKeys(silent)] })

    const admission = await knock({ headers: bearer('x') })

    assert.deepEqual(
      refusalOf(await knock({ headers: bearer(`pcls_${'a'.repeat(16)}_${'b'.repeat(43)}_${'c'.repeat(6)}`) })),
      [503, 'unavailable'],
    )
    assert.equal(JSON.stringify(admission).includes('secret'), false)
    assert.match(warnings.join(), /disk at/)
  })
})

describe('what was sent', () => {
  it('is read strictly: what parsers disagree about goes nowhere', async () => {
    const { key, knock } = given()
    const headers = bearer((await key()).secret)
    const bytes = (text: string) => ({ kind: 'bytes' as const, bytes: new TextEncoder().encode(text) })
    const message = '"jsonrpc":"2.0","id":1,"method":"tools/call"'

    for (const text of [
      '',
      '{',
      'null',
      '[]',
      `{${message},"params":{"name":"a","name":"b"}}`,
      `{${message},"method":"tools/list"}`,
      `{${message},"Method":"tools/list"}`,
      `{${message},"params":{"__proto__":{"name":"x"},"name":"a"}}`,
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
    ]) {
      const [status] = refusalOf(await knock({ headers, body: bytes(text) }))
      assert.equal(status, 400, text.slice(0, 60))
    }
    assert.deepEqual(refusalOf(await knock({ headers, body: { kind: 'too_large' } })), [413, 'body_too_large'])
    assert.deepEqual(refusalOf(await knock({ headers, body: { kind: 'parsed', value: undefined } }))[0], 400)
  })

  it('late finds a credential that has ended meanwhile ended', async () => {
    const { key, knock, store, clock, gate } = given()
    const { secret, record } = await key()
    const late = async (meanwhile: () => unknown) => {
      const visit = toVisit({ headers: bearer(secret) })
      return gate.admit(visit, async () => {
        await sleep(250)
        await meanwhile()
        return { kind: 'parsed', value: call('delete_all') }
      })
    }
    passageOf(await late(() => undefined))

    assert.deepEqual(refusalOf(await late(() => store.revoke(record.id, clock.now))), [401, 'key_revoked'])
    passageOf(await knock({ headers: bearer((await key()).secret) }))
  })

  it('of an unknown revision or by another method is refused', async () => {
    const { key, knock } = given()
    const own = bearer((await key()).secret)

    assert.deepEqual(refusalOf(await knock({ headers: { ...own, 'mcp-protocol-version': 'tomorrow' } })), [400, -32600])
    assert.deepEqual(refusalOf(await knock({ method: 'PUT', headers: own })), [405, 'method_not_allowed'])
    passageOf(await knock({ method: 'GET', headers: own }))
  })
})

describe('a decision', () => {
  const rules = policy({ scopes: { 'notes:read': ['read_*'] }, rules: [{ tools: ['drop_*'], roles: ['editor'] }] })

  it('is the gateway’s: outside of the list there is nothing', async () => {
    const { key, knock } = given({ policy: rules })
    const headers = bearer((await key({ scopes: ['notes:read'] })).secret)

    passageOf(await knock({ headers, message: call('read_note') }))
    for (const tool of ['write_note', 'drop_note', 'no_such_tool']) {
      assert.deepEqual(refusalOf(await knock({ headers, message: call(tool) })), [200, -32602], tool)
    }
    assert.deepEqual(
      refusalOf(await knock({ headers, message: { ...call('x'), method: 'vendor/odd' } })),
      [200, -32601],
    )
  })

  it('on a rule that stands next to a tool holds from when it is noted', async () => {
    const { key, knock, gate } = given()
    const headers = bearer((await key()).secret)
    passageOf(await knock({ headers, message: call('wipe') }))

    gate.policy.rules.note('wipe', { roles: ['owner'] })

    assert.deepEqual(refusalOf(await knock({ headers, message: call('wipe') })), [200, -32602])
  })

  it('on a scope that a tool names for itself knows who holds it, from then on', async () => {
    const { key, knock, gate } = given({ policy: policy({ scopes: { 'notes:read': ['*'] } }) })
    const [unlimited, holder, other] = [
      await key(),
      await key({ scopes: ['notes:read', 'notes:wipe'] }),
      await key({ scopes: ['notes:read'] }),
    ].map(({ secret }) => bearer(secret))
    for (const headers of [unlimited, holder, other]) passageOf(await knock({ headers: headers ?? {} }))

    gate.policy.rules.note('wipe', { scopes: ['notes:wipe'] })

    for (const headers of [unlimited, holder]) {
      const { principal } = passageOf(await knock({ headers: headers ?? {}, message: call('wipe') }))
      assert.equal(principal.scopes.has('notes:wipe'), true)
    }
    assert.deepEqual(refusalOf(await knock({ headers: other ?? {}, message: call('wipe') })), [200, -32602])
  })

  it('lets methods of the operator’s through for callers without limits', async () => {
    const { key, knock } = given({ methods: ['vendor/odd'] })
    const message = { jsonrpc: '2.0', id: 1, method: 'vendor/odd' }

    passageOf(await knock({ headers: bearer((await key()).secret), message }))
    const limited = bearer((await key({ tools: ['read_*'] })).secret)
    assert.deepEqual(refusalOf(await knock({ headers: limited, message })), [200, -32601])
  })
})

describe('a legacy session', () => {
  it('is its opener’s own, also after a rotation, and nobody else’s', async () => {
    const { key, knock } = given()
    const [one, other] = [await key(), await key()]
    const own = { ...bearer(one.secret), 'mcp-session-id': 's1' }
    const opening = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} }
    assert.deepEqual(refusalOf(await knock({ headers: own })), [404, -32600])

    await passageOf(await knock({ headers: bearer(one.secret), message: opening })).opened('s1')

    passageOf(await knock({ headers: own }))
    for (const method of ['POST', 'GET', 'DELETE']) {
      const headers = { ...bearer(other.secret), 'mcp-session-id': 's1' }
      assert.deepEqual(refusalOf(await knock({ method, headers })), [404, -32600])
    }
    const twice = { ...bearer(one.secret), 'mcp-session-id': ['s1', 's1'] }
    assert.deepEqual(refusalOf(await knock({ headers: twice })), [404, -32600])
  })

  it('is nobody else’s by calling the request one of the modern era', async () => {
    const { key, knock } = given()
    const [one, other] = [await key(), await key()]
    await passageOf(await knock({ headers: bearer(one.secret) })).opened('s1')
    const stolen = { ...bearer(other.secret), 'mcp-session-id': 's1' }
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' }
    const modern = { ...call('read_note'), params: { name: 'read_note', _meta } }

    assert.deepEqual(refusalOf(await knock({ headers: stolen, message: modern })), [404, -32600])
    const headers = { ...stolen, 'mcp-protocol-version': '2026-07-28' }
    assert.deepEqual(refusalOf(await knock({ headers, message: modern })), [404, -32600])
    passageOf(await knock({ headers: bearer(other.secret), message: modern }))
  })

  it('stays whoever else opens many: each owner gives up its own', async () => {
    const kept = memoryBindings(3, 2)
    await kept.bind('alice-1', 'alice')
    for (let at = 0; at < 10; at++) await kept.bind(`mallory-${at}`, 'mallory')

    assert.equal(await kept.ownerOf('alice-1'), 'alice')
    assert.deepEqual([await kept.ownerOf('mallory-6'), await kept.ownerOf('mallory-7')], [undefined, 'mallory'])
    await kept.bind('carol-1', 'carol')
    assert.equal(await kept.ownerOf('alice-1'), undefined)
    assert.equal(await kept.ownerOf('mallory-9'), 'mallory')
    assert.throws(() => memoryBindings(0), TypeError)
  })

  it('ends when the server says so, and is nobody’s then', async () => {
    const { key, knock } = given()
    const headers = { ...bearer((await key()).secret), 'mcp-session-id': 's1' }
    const { 'mcp-session-id': _, ...plain } = headers
    await passageOf(await knock({ headers: plain })).opened('s1')

    passageOf(await knock({ method: 'DELETE', headers })).end(405)
    passageOf(await knock({ headers }))
    passageOf(await knock({ method: 'DELETE', headers })).end(200)

    assert.deepEqual(refusalOf(await knock({ headers })), [404, -32600])
  })

  it('that is handed out twice stays with whoever had it first', async () => {
    const { key, knock } = given()
    const [one, other] = [await key(), await key()]
    await passageOf(await knock({ headers: bearer(one.secret) })).opened('s1')
    await passageOf(await knock({ headers: bearer(other.secret) })).opened('s1')

    passageOf(await knock({ headers: { ...bearer(one.secret), 'mcp-session-id': 's1' } }))
    assert.deepEqual(
      refusalOf(await knock({ headers: { ...bearer(other.secret), 'mcp-session-id': 's1' } })),
      [404, -32600],
    )
  })
})

describe('limits', () => {
  const rules = [{ name: 'calls', per: 'principal', limit: 2, windowSeconds: 60 }] as const

  it('are told with each answer, and where nothing is left the request goes nowhere', async () => {
    const { key, knock, events } = given({ limits: limits(rules) })
    const headers = bearer((await key()).secret)
    assert.ok(passageOf(await knock({ headers })).headers.includes('ratelimit'))
    passageOf(await knock({ headers }))

    const third = await knock({ headers })

    assert.deepEqual(refusalOf(third), [429, 429])
    assert.ok(third.kind === 'refused' && third.reply.headers.includes('retry-after'))
    assert.equal((events.at(-1) as { reason?: string }).reason, 'rate_limited')
    passageOf(await knock({ headers: bearer((await key()).secret) }))
  })

  it('count what a batch holds, whatever it asks for', async () => {
    const { key, knock } = given({ limits: limits(rules) })
    const read = (id: number) => ({ jsonrpc: '2.0', id, method: 'resources/read', params: { uri: 'note://1' } })
    const headers = bearer((await key()).secret)

    assert.equal(refusalOf(await knock({ headers, message: [read(1), read(2), read(3)] }))[0], 429)
    passageOf(await knock({ headers, message: [read(1), read(2)] }))
    assert.equal(refusalOf(await knock({ headers, message: read(1) }))[0], 429)
  })

  it('take nothing of what is not permitted', async () => {
    const { key, knock } = given({ limits: limits(rules), policy: policy({ scopes: { 'notes:read': ['read_*'] } }) })
    const headers = bearer((await key({ scopes: ['notes:read'] })).secret)

    for (let at = 0; at < 5; at++) assert.deepEqual(refusalOf(await knock({ headers, message: call('drop') }))[0], 200)
    passageOf(await knock({ headers }))
  })

  it('that cannot be held let nobody in', async () => {
    const limiter = { take: () => Promise.reject(new Error('redis is gone')) }
    const { key, knock, warnings } = given({ limits: limits(rules, limiter) })

    assert.deepEqual(refusalOf(await knock({ headers: bearer((await key()).secret) })), [503, 'unavailable'])
    assert.match(warnings.join(), /redis is gone/)
    for (const take of [() => undefined, () => ({}), () => Promise.reject(undefined)]) {
      const odd = given({ limits: { rules: [], take: take as never } })
      assert.deepEqual(refusalOf(await odd.knock({ headers: bearer((await odd.key()).secret) })), [503, 'unavailable'])
    }
  })
})
