import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type RunningIssuer, startIssuer } from '../given.ts'

type Document = Readonly<Record<string, unknown>>

/** A request as a proxy or an attacker may send it. */
function ask(url: string, headers: Record<string, string>, method = 'GET'): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(url, { method, headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: `${JSON.stringify(response.headers)}${text}` }),
      )
    })
    sent.on('error', reject).end()
  })
}

const FORGED = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'gopher',
  forwarded: 'host=evil.example;proto=gopher',
}

describe('metadata', () => {
  let running: RunningIssuer
  let document: Document
  const at = (path: string) => `${running.url}${path}`
  before(async () => {
    running = await startIssuer()
    document = (await (await fetch(at('/.well-known/oauth-authorization-server'))).json()) as Document
  })
  after(() => running.close())

  it('is the same at both addresses', async () => {
    assert.deepEqual(await (await fetch(at('/.well-known/openid-configuration'))).json(), document)
  })

  it('promises what is kept, and nothing else (AS-03 to AS-08)', () => {
    const { url, resource } = running
    const expected = {
      issuer: url,
      authorization_endpoint: `${url}/oauth/authorize`,
      token_endpoint: `${url}/oauth/token`,
      revocation_endpoint: `${url}/oauth/revoke`,
      introspection_endpoint: `${url}/oauth/introspect`,
      jwks_uri: `${url}/oauth/jwks`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
      protected_resources: [resource],
      request_uri_parameter_supported: false,
    }
    for (const [name, value] of Object.entries(expected)) assert.deepEqual([name, document[name]], [name, value])
    assert.deepEqual(
      new Set(document.grant_types_supported as string[]),
      new Set(['authorization_code', 'refresh_token']),
    )
    assert.deepEqual(
      new Set(document.scopes_supported as string[]),
      new Set(['openid', 'offline_access', 'mcp:read', 'mcp:write']),
    )
    const methods = ['none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt']
    assert.deepEqual(document.token_endpoint_auth_methods_supported, methods)
    assert.deepEqual(document.introspection_endpoint_auth_methods_supported, methods.slice(1))
    assert.ok(
      (document.token_endpoint_auth_signing_alg_values_supported as string[]).every((alg) => !/^HS|none/.test(alg)),
    )
    for (const name of [
      'userinfo_endpoint',
      'end_session_endpoint',
      'device_authorization_endpoint',
      'claims_parameter_supported',
    ])
      assert.equal(document[name], undefined, name)
  })

  it('leads nowhere that is not served', async () => {
    const names = Object.keys(document).filter((name) => name.endsWith('_endpoint') || name.endsWith('_uri'))
    for (const name of names)
      assert.notEqual((await fetch(String(document[name]), { method: 'HEAD' })).status, 500, name)
    assert.equal((await fetch(at('/interaction/x'))).status, 404)
    assert.equal((await fetch(at('/oauth/unknown'))).status, 404)
  })

  it('is bytes with a tag, kept for a short while by anyone, read by pages of any origin', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/oauth/jwks']) {
      const first = await fetch(at(path))
      const tag = first.headers.get('etag') as string
      assert.equal(first.headers.get('content-type'), 'application/json')
      assert.equal(first.headers.get('cache-control'), 'public, max-age=300')
      assert.equal(first.headers.get('access-control-allow-origin'), '*')

      const again = await fetch(at(path), { headers: { 'if-none-match': `"x", W/${tag}` } })
      assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, tag, ''])

      const head = await fetch(at(path), { method: 'HEAD' })
      assert.deepEqual([head.status, head.headers.get('content-length')], [200, first.headers.get('content-length')])
      const preflight = await fetch(at(path), { method: 'OPTIONS' })
      assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-methods')], [204, 'GET, HEAD'])
      assert.equal((await fetch(at(path), { method: 'POST', body: '{}' })).status, 405)
    }
  })

  it('holds no member of a private key', async () => {
    const { keys } = JSON.parse(running.issuer.keySet())
    assert.deepEqual(await (await fetch(at('/oauth/jwks'))).json(), { keys })
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      assert.equal(key.use, 'sig')
    }
  })

  it('says its own name, whatever Host and proxies say', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/oauth/jwks', '/oauth/token', '/oauth/authorize']) {
      const { text } = await ask(at(path), FORGED)
      assert.doesNotMatch(text, /evil|gopher/, path)
    }
    const asked = new URLSearchParams({ client_id: 'x', response_type: 'code' })
    assert.doesNotMatch((await ask(at(`/oauth/authorize?${asked}`), FORGED)).text, /evil|gopher/)
  })
})

it('the way to sign in does not leave the issuer when Host is forged', async () => {
  const running = await startIssuer()
  try {
    const { givenPublic } = await import('../party.ts')
    const client = await givenPublic(running)
    const { status, text } = await ask(client.authorizationUrl(), FORGED)
    assert.equal(status, 303)
    assert.match(text, /"location":"\/oauth\/interaction\//)
    assert.doesNotMatch(text, /evil|gopher/)
  } finally {
    await running.close()
  }
})

it('an issuer with a path is found at all three addresses (RFC 8414 §3.1), and its tokens name it to the letter', async () => {
  const running = await startIssuer({ path: '/tenant' })
  try {
    const { origin } = new URL(running.url)
    const found = await Promise.all(
      [
        '/.well-known/oauth-authorization-server/tenant',
        '/.well-known/openid-configuration/tenant',
        '/tenant/.well-known/openid-configuration',
      ].map(async (path) => (await fetch(`${origin}${path}`)).json() as Promise<Document>),
    )
    assert.deepEqual(found[1], found[0])
    assert.deepEqual(found[2], found[0])
    assert.equal(found[0]?.issuer, `${origin}/tenant`)
    assert.equal(found[0]?.token_endpoint, `${origin}/oauth/token`)
    const { claimsOf, givenPublic } = await import('../party.ts')
    const { access_token: token } = await (await givenPublic(running)).tokens()
    assert.equal(claimsOf(token).iss, `${origin}/tenant`)
  } finally {
    await running.close()
  }
})
