import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { remoteIssuer } from '../../src/issuers/index.ts'
import {
  givenGuardOf,
  givenIssuer,
  givenSurroundings,
  json,
  type LocalIssuer,
  principalOf,
  text,
  why,
} from './given.ts'

const open: LocalIssuer[] = []
async function given(path?: string) {
  const issuer = await givenIssuer(path)
  open.push(issuer)
  const surroundings = givenSurroundings()
  const { clock, options } = surroundings
  const guarded = givenGuardOf([remoteIssuer({ issuer: issuer.url, ...options })], clock)
  return { issuer, ...surroundings, ...guarded }
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()))
})

describe('a token of an issuer elsewhere', () => {
  it('lets its holder in, by what the issuer publishes', async () => {
    const { issuer, check, clock } = await given()
    const { scopes, roles, ...principal } = principalOf(await check(await issuer.token()))
    assert.deepEqual([...scopes], ['files:read'])
    assert.deepEqual([...roles], [])
    assert.deepEqual(principal, {
      kind: 'oauth',
      issuer: issuer.url,
      clientId: 'a-client',
      subject: 'ada',
      credentialId: 'a-token',
      token: { issuedAt: clock.now },
      expiresAt: clock.now + 900,
    })
  })

  it('is checked without asking again, whatever the number of tokens', async () => {
    const { issuer, check } = await given()
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, index) => issuer.token({ jti: `t${index}` })))
    const verdicts = await Promise.all(tokens.map((token) => check(token)))
    assert.deepEqual(new Set(verdicts.map(why)), new Set(['granted']))
    assert.equal(issuer.asked.get('/.well-known/oauth-authorization-server'), 1)
    assert.equal(issuer.asked.get('/jwks'), 1)
  })

  it('of an issuer with a path is found at all three places, in this order', async () => {
    const places = [
      '/.well-known/oauth-authorization-server/realms/a',
      '/.well-known/openid-configuration/realms/a',
      '/realms/a/.well-known/openid-configuration',
    ]
    for (const [index, place] of places.entries()) {
      const { issuer, check } = await given('/realms/a')
      const metadata = json(() => ({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }))
      issuer.answers.delete(places[0] as string)
      issuer.answers.set(place, metadata)
      assert.equal(why(await check(await issuer.token())), 'granted')
      assert.deepEqual([...issuer.asked.keys()], [...places.slice(0, index + 1), '/realms/a/jwks'])
    }
  })

  it('is not let in when the metadata names another issuer, by a slash', async () => {
    const { issuer, check } = await given()
    const metadata = json(() => ({ issuer: `${issuer.url}/`, jwks_uri: `${issuer.url}/jwks` }))
    issuer.answers.set('/.well-known/oauth-authorization-server', metadata)
    issuer.answers.set('/.well-known/openid-configuration', metadata)
    await assert.rejects(async () => check(await issuer.token()), { name: 'IssuerFault', code: 'metadata' })
    assert.equal(issuer.asked.has('/jwks'), false)
  })

  it('of the issuer with a slash more is of another issuer', async () => {
    const { issuer, check } = await given()
    assert.equal(why(await check(await issuer.token({ iss: `${issuer.url}/` }))), 'token_invalid issuer')
    assert.equal(issuer.asked.size, 0, 'and nobody is asked about it')
  })

  it('is not let in when the metadata sends us elsewhere for the keys', async () => {
    for (const jwks_uri of ['http://keys.example.com/jwks', 'file:///etc/passwd', 'https://a:b@keys.example.com/', 7]) {
      const { issuer, check } = await given()
      const metadata = json(() => ({ issuer: issuer.url, jwks_uri }))
      issuer.answers.set('/.well-known/oauth-authorization-server', metadata)
      await assert.rejects(async () => check(await issuer.token()), { code: 'metadata' }, String(jwks_uri))
    }
  })

  it('is not let in by metadata that is no strict JSON, or that is HTML, huge or a redirect', async () => {
    const cases: [string, Parameters<typeof text>][] = [
      ['content', ['<html>Sign in</html>']],
      ['content', ['{"issuer":"a","issuer":"b"}', 'application/json']],
      ['content', ['[]', 'application/json']],
      ['large', [`{"issuer":"${'a'.repeat(300_000)}"}`, 'application/json']],
      ['status', ['{}', 'application/json', 500]],
    ]
    for (const [code, args] of cases) {
      const { issuer, check } = await given()
      issuer.answers.set('/.well-known/oauth-authorization-server', text(...args))
      await assert.rejects(async () => check(await issuer.token()), { code }, code)
    }
    const { issuer, check } = await given()
    issuer.answers.set('/.well-known/oauth-authorization-server', (_, response) =>
      response.writeHead(302, { location: `${issuer.url}/elsewhere` }).end(),
    )
    issuer.answers.set(
      '/elsewhere',
      json(() => ({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })),
    )
    await assert.rejects(async () => check(await issuer.token()), { code: 'redirect' })
    assert.equal(issuer.asked.has('/elsewhere'), false, 'redirects are not followed')
  })
})
