import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { apiKeys, type GuardOptions, guard, policy, publicAccess, unlisted } from '../../src/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'

const store = memoryCredentials()
const RIGHT = { resource: 'https://mcp.example.com/notes/mcp', access: [apiKeys(store)] }

describe('an option that is wrong fails at construction, and says what to write instead', () => {
  const wrong: [what: string, options: Partial<Record<keyof GuardOptions, unknown>>, says: RegExp][] = [
    ['no resource', { resource: undefined }, /"resource" must be the absolute URL/],
    ['a path as resource', { resource: '/mcp' }, /"resource" must be the absolute URL/],
    ['plain http elsewhere', { resource: 'http://mcp.example.com/mcp' }, /"resource" must use https/],
    ['a host that only begins like loopback', { resource: 'http://127.0.0.1.example.com/mcp' }, /must use https/],
    ['another scheme', { resource: 'ftp://mcp.example.com/mcp' }, /must use https/],
    ['a query', { resource: 'https://mcp.example.com/mcp?a=1' }, /no query, fragment or user/],
    ['a fragment', { resource: 'https://mcp.example.com/mcp#' }, /no query, fragment or user/],
    ['a user', { resource: 'https://me:pw@mcp.example.com/mcp' }, /no query, fragment or user/],
    ['no way in', { access: [] }, /"access" must name at least one way in/],
    ['no access', { access: undefined }, /"access" must name at least one way in/],
    ['public beside keys', { access: [publicAccess(), apiKeys(store)] }, /publicAccess\(\) stands alone/],
    ['two stores', { access: [apiKeys(store), unlisted(memoryCredentials())] }, /must share one store/],
    ['a name with spaces', { name: 'my notes' }, /"name" must be/],
    ['limits that are none', { limits: [] }, /"limits" is made by limits\(\)/],
  ]
  for (const [what, options, says] of wrong) {
    it(what, () => {
      assert.throws(() => guard({ ...RIGHT, ...options } as GuardOptions), { name: 'TypeError', message: says })
    })
  }

  it('a store that is none', () => {
    assert.throws(() => apiKeys(undefined as never), { name: 'TypeError', message: /needs a store/ })
    assert.throws(() => unlisted({} as never), { name: 'TypeError', message: /needs a store/ })
  })

  it('keys from an environment that has none: nobody could come in', () => {
    assert.throws(() => apiKeys.fromEnv('PORTCULLIS_TEST_UNSET'), {
      name: 'TypeError',
      message: /PORTCULLIS_TEST_UNSET/,
    })
    assert.throws(() => apiKeys.fromText(' , \n'), TypeError)
    assert.throws(() => apiKeys.fromText('short'), TypeError)
  })

  it('a scope that is none', () => {
    assert.throws(() => policy({ scopes: { 'a b': ['*'] } }), { name: 'TypeError', message: /is no scope/ })
    assert.throws(() => policy({ scopes: { a: 'read_*' as never } }), { name: 'TypeError', message: /"scopes.a"/ })
    assert.throws(() => policy({ rules: [{ tools: ['*'], scopes: ['a"b'] }] }), { name: 'TypeError' })
  })
})

describe('what is not said', () => {
  it('comes from the resource: its name, its canonical form, its metadata', () => {
    const named = (resource: string) => guard({ ...RIGHT, resource }).name
    assert.equal(named('https://mcp.example.com/notes/mcp'), 'notes')
    assert.equal(named('https://mcp.example.com/mcp'), 'mcp')
    assert.equal(named('https://mcp.example.com'), 'mcp')
    assert.equal(named('https://mcp.example.com/%20/mcp'), 'mcp')
    assert.equal(guard({ ...RIGHT, resource: 'https://MCP.example.com:443/notes/mcp/' }).resource, RIGHT.resource)
    assert.equal(guard({ ...RIGHT, resource: new URL('https://mcp.example.com/') }).resource, 'https://mcp.example.com')
  })

  it('is not told of: keys from the environment have no form, those of a store have', async () => {
    const named = apiKeys.fromText(`laptop:${'0'.repeat(64)}`)
    const visit = {
      method: 'POST',
      target: '/mcp',
      peer: '192.0.2.1',
      header: () => undefined,
      isRepeated: () => false,
    }
    const told = async (access: GuardOptions['access']) =>
      JSON.stringify(await guard({ ...RIGHT, access }).admit(visit, () => undefined))

    assert.match(await told([apiKeys(store)]), /pcls_/)
    assert.match(await told([apiKeys(store), named]), /pcls_/)
    assert.doesNotMatch(await told([named]), /pcls_/)
  })

  it('is warned of where it weakens: keys in clear', () => {
    const warnings: string[] = []
    const access = [apiKeys.fromText('k'.repeat(32), 'KEYS')]
    guard({ ...RIGHT, access, onWarning: (text) => void warnings.push(text) })

    assert.equal(warnings.length, 1)
    assert.match(warnings[0] as string, /KEYS: entry 1 is a key in clear/)
  })
})
