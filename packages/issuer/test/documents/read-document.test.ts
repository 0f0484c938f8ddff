import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { redirectRules } from '../../src/client-metadata/index.ts'
import { freshFor, readDocument } from '../../src/documents/index.ts'

const ID = 'https://client.example/client.json'
const RULES = { redirects: redirectRules(), algorithms: ['ES256'], allowsLoopback: false }
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const BASIC = { client_id: ID, client_name: 'A client', redirect_uris: ['http://127.0.0.1/cb'] }

const read = (said: object | string) => readDocument(ID, typeof said === 'string' ? said : JSON.stringify(said), RULES)
function good(more: object) {
  const document = read({ ...BASIC, ...more })
  assert.ok(typeof document !== 'string', String(document))
  return document
}

describe('a client’s document (draft-01 §4.1)', () => {
  it('is read, with what it leaves out', () => {
    const { metadata, proof, keys } = good({ scope: 'everything', software_id: 'x' })
    assert.equal(proof, 'none')
    assert.deepEqual(keys, {})
    assert.deepEqual(metadata, {
      client_id: ID,
      client_name: 'A client',
      redirect_uris: ['http://127.0.0.1/cb'],
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    })
  })

  const nothing: Record<string, object | string> = {
    'that is no JSON': '{',
    'that is a list': '[]',
    'that is null': 'null',
    'with another client_id': { ...BASIC, client_id: `${ID}?` },
    'with a client_id that means the same URL and is spelled otherwise': { ...BASIC, client_id: ID.toUpperCase() },
    'without client_id': { ...BASIC, client_id: undefined },
    'without client_name': { ...BASIC, client_name: undefined },
    'with a client_name of nothing that can be seen': { ...BASIC, client_name: '\u202E\u200B ' },
    'without redirect_uris': { ...BASIC, redirect_uris: undefined },
    'with a redirect URI that runs in the browser': { ...BASIC, redirect_uris: ['javascript:alert(1)'] },
    'with a client_secret': { ...BASIC, client_secret: 'x' },
    'with a client_secret_expires_at': { ...BASIC, client_secret_expires_at: 0 },
    'with a client_secret of null': { ...BASIC, client_secret: null },
    'of a client that uses client_secret_basic': { ...BASIC, token_endpoint_auth_method: 'client_secret_basic' },
    'of a client that uses client_secret_post': { ...BASIC, token_endpoint_auth_method: 'client_secret_post' },
    'of a client that uses client_secret_jwt': { ...BASIC, token_endpoint_auth_method: 'client_secret_jwt' },
    'of a client with a method unknown here': { ...BASIC, token_endpoint_auth_method: 'tls_client_auth' },
    'that offers secrets alone': { ...BASIC, token_endpoint_auth_methods_supported: ['client_secret_basic'] },
    'of a client with a key and no key': { ...BASIC, token_endpoint_auth_method: 'private_key_jwt' },
    'with a private key': withKeys({ jwks: { keys: [{ ...KEY, d: 'd' }] } }),
    'with a symmetric key': withKeys({ jwks: { keys: [{ kty: 'oct', k: 'k' }] } }),
    'with an empty key set': withKeys({ jwks: { keys: [] } }),
    'with two sources of keys': withKeys({ jwks: { keys: [KEY] }, jwks_uri: 'https://client.example/keys' }),
    'with keys of an address': withKeys({ jwks_uri: 'https://169.254.169.254/keys' }),
    'with keys by http': withKeys({ jwks_uri: 'http://client.example/keys' }),
    'with keys of the local machine': withKeys({ jwks_uri: 'https://localhost/keys' }),
    'with an algorithm unknown here': withKeys({ jwks: { keys: [KEY] }, token_endpoint_auth_signing_alg: 'HS256' }),
  }
  for (const [what, said] of Object.entries(nothing)) {
    it(`counts for nothing: one ${what}`, () => assert.equal(typeof read(said), 'string'))
  }

  const ways = [
    ['none', { token_endpoint_auth_method: 'none' }],
    ['private_key_jwt', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['none', { token_endpoint_auth_methods_supported: ['none'] }],
    ['none', { token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'] }],
    ['private_key_jwt', { token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_post'] }],
    ['either', { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] }],
    [
      'either',
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      },
    ],
  ] as const
  for (const [proof, said] of ways) {
    it(`with ${JSON.stringify(said)} proves itself by ${proof}`, () => {
      assert.equal(good({ ...said, jwks_uri: 'https://client.example/keys' }).proof, proof)
    })
  }
})

function withKeys(more: object): object {
  return { ...BASIC, token_endpoint_auth_method: 'private_key_jwt', ...more }
}

describe('how long a document counts', () => {
  const NOW = Date.parse('2026-11-21T12:00:00Z') / 1000
  const cases: readonly (readonly [Readonly<Record<string, string>>, number])[] = [
    [{}, 300],
    [{ 'cache-control': 'max-age=600' }, 600],
    [{ 'cache-control': 'public, Max-Age=600, immutable' }, 600],
    [{ 'cache-control': 's-maxage=5, max-age=600' }, 600],
    [{ 'cache-control': 'max-age=600', age: '200' }, 400],
    [{ 'cache-control': 'max-age=0' }, 30],
    [{ 'cache-control': 'no-store' }, 30],
    [{ 'cache-control': 'no-cache, max-age=600' }, 30],
    [{ 'cache-control': 'max-age=9999999999' }, 86_400],
    [{ 'cache-control': 'max-age=-5' }, 300],
    [{ expires: 'Sat, 21 Nov 2026 12:10:00 GMT' }, 600],
    [{ expires: 'Sat, 21 Nov 2020 12:10:00 GMT' }, 30],
    [{ expires: '0' }, 30],
  ]
  for (const [headers, seconds] of cases) {
    it(`with ${JSON.stringify(headers)}: ${seconds} seconds`, () => assert.equal(freshFor(headers, NOW), seconds))
  }
})
