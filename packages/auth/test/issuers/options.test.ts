import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  allowInsecureIssuers,
  dangerouslyAcceptAnyAudience,
  type RemoteIssuerOptions,
  remoteIssuer,
  type SharedSecretOptions,
  sharedSecretIssuer,
  type Warning,
} from '../../src/issuers/index.ts'

const issuer = 'https://login.example.com'
const introspection = { clientId: 'a', clientSecret: 'b' }
/** As somebody writes it who has no compiler. */
const untyped = (value: object) => value as Partial<RemoteIssuerOptions>

describe('options of an issuer', () => {
  const wrong: [string, Partial<RemoteIssuerOptions>, RegExp][] = [
    ['no URL', { issuer: 'login.example.com' }, /"issuer" must be an https URL: write a whole URL/],
    ['no issuer', untyped({ issuer: undefined }), /"issuer" must be an https URL/],
    [
      'plain http elsewhere',
      { issuer: 'http://login.example.com' },
      /write "https:", or .* \[allowInsecureIssuers\]: true/,
    ],
    ['a host that only begins like this machine', { issuer: 'http://127.example.com' }, /write "https:"/],
    ['a host that only ends like it', { issuer: 'http://evil.localhost.example.com' }, /write "https:"/],
    ['a fragment', { issuer: `${issuer}/#a` }, /without user name and fragment/],
    ['a user name', { issuer: 'https://a:b@login.example.com' }, /without user name/],
    ['a query', { issuer: `${issuer}/?a=b` }, /no query \(RFC 8414 §2\)/],
    ['keys in the clear', { jwksUri: 'http://login.example.com/jwks' }, /"jwksUri" must be an https URL/],
    ['no algorithms', { algorithms: [] }, /"algorithms" must name at least one/],
    ['none', untyped({ algorithms: ['none'] }), /"algorithms" must not name "none": write one of ES256/],
    ['a shared secret', untyped({ algorithms: ['RS256', 'HS256'] }), /never mixes with them/],
    ['no audience', { audience: [] }, /"audience" must name at least one/],
    ['an empty audience', { audience: '' }, /"audience" must name at least one/],
    ['no clients', { clients: [] }, /"clients" must name at least one/],
    [
      'an unknown claim',
      untyped({ claims: { groups: 'groups' } }),
      /"groups" of "claims" is not known: write one of scopes/,
    ],
    ['an empty claim', { claims: { roles: '' } }, /"claims.roles" must be the name of a claim, or a path/],
    ['an empty path', { claims: { roles: [] } }, /"claims.roles"/],
    ['no types', { types: [] }, /"types" must name at least one/],
    ['a claim that is no text', untyped({ requires: { ver: 2 } }), /"requires" must give each claim as a text/],
    ['nobody who asks', untyped({ introspection: { clientId: 'a' } }), /"clientId" and "clientSecret"/],
    ['an endless delay', { introspection: { ...introspection, maxAge: 3601 } }, /0 to 3600 seconds/],
    ['a delay before now', { introspection: { ...introspection, maxAge: -1 } }, /0 to 3600 seconds/],
    ['an unknown method', untyped({ introspection: { ...introspection, method: 'none' } }), /client_secret_basic or/],
    [
      'an endpoint in the clear',
      { introspection: { ...introspection, endpoint: 'http://a.example' } },
      /must be an https/,
    ],
    ['any audience and one', { audience: 'a', [dangerouslyAcceptAnyAudience]: true }, /leave one of them out/],
  ]
  for (const [what, options, message] of wrong) {
    it(`cannot have ${what}`, () => {
      assert.throws(() => remoteIssuer({ issuer, ...options }), { name: 'TypeError', message })
    })
  }

  it('may be in the clear on this machine, and elsewhere by a symbol, which is warned of', () => {
    const warnings: Warning[] = []
    const onWarning = (warning: Warning) => void warnings.push(warning)
    for (const local of ['http://localhost:8080', 'http://127.0.0.1/realms/a', 'http://[::1]:1']) {
      remoteIssuer({ issuer: local, onWarning })
    }
    assert.deepEqual(warnings, [])
    remoteIssuer({ issuer: 'http://login.example.com', [allowInsecureIssuers]: true, onWarning })
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['insecure_issuer'],
    )
    const fromFile = JSON.parse('{"issuer":"http://login.example.com","allowInsecureIssuers":true}')
    assert.throws(() => remoteIssuer(fromFile), TypeError)
  })

  it('are warned of on the console unless somebody listens, and a listener that fails stops nothing', (context) => {
    const warn = context.mock.method(console, 'warn', () => {})
    remoteIssuer({ issuer, [dangerouslyAcceptAnyAudience]: true })
    assert.match(String(warn.mock.calls[0]?.arguments[0]), /^portcullis: tokens of https:\/\/login\.example\.com/)
    const onWarning = () => {
      throw new Error('out of paper')
    }
    assert.ok(remoteIssuer({ issuer, [dangerouslyAcceptAnyAudience]: true, onWarning }))
  })
})

describe('options of a shared secret', () => {
  const secret = 'q3t6w9z$C&F)J@NcRfUjXn2r5u8x/A?D'
  const silent = { onWarning: () => {} }
  const wrong: [string, Partial<SharedSecretOptions>, RegExp][] = [
    ['fewer than 256 bits', { secret: secret.slice(1) }, /at least 32 random bytes/],
    ['none', { secret: '' }, /at least 32 random bytes/],
    ['one character repeated', { secret: 'a'.repeat(64) }, /long enough, but not random/],
    ['bytes that are all zero', { secret: new Uint8Array(32) }, /not random/],
    ['no audience', { audience: undefined as unknown as string }, /"audience" must say/],
    ['an empty audience', { audience: [] }, /"audience" must name/],
    ['an issuer with a space', { issuer: 'a b' }, /without white space/],
    ['an empty issuer', { issuer: '' }, /leave it out for tokens without "iss"/],
  ]
  for (const [what, options, message] of wrong) {
    it(`cannot have ${what}`, () => {
      const make = () => sharedSecretIssuer({ secret, audience: 'a', ...silent, ...options })
      assert.throws(make, { name: 'TypeError', message })
      assert.throws(make, (error: Error) => !error.message.includes(secret))
    })
  }

  it('may be 32 bytes, or a text of as many', () => {
    assert.ok(sharedSecretIssuer({ secret, audience: 'a', ...silent }))
    assert.ok(sharedSecretIssuer({ secret: new TextEncoder().encode(secret), audience: 'a', ...silent }))
  })
})
