import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { SignJWT } from 'jose'
import { auth0, entra, keycloak, okta, type RemoteIssuerOptions, remoteIssuer } from '../../src/issuers/index.ts'
import { NOON } from '../guard/given.ts'
import {
  givenGuardOf,
  givenIssuer,
  givenKey,
  givenSurroundings,
  json,
  type LocalIssuer,
  principalOf,
  RESOURCE,
  type Signer,
  why,
} from './given.ts'

/**
 * Shapes of metadata, keys and tokens as the vendors document them; nothing here was recorded from a tenant. Their hosts
 * are played by a server on this machine, which the presets reach by a `fetch` of their own.
 */
let local: LocalIssuer
let rsa: Signer
before(async () => {
  rsa = await givenKey('vendor-key', 'RS256')
  local = await givenIssuer('', rsa)
})
after(() => local.close())

/** A guard of this issuer, whose host is the local server. */
function given(options: RemoteIssuerOptions) {
  const { clock, options: usual, warnings } = givenSurroundings()
  const { origin } = new URL(options.issuer)
  const asked: string[] = []
  const fetchLocally = (url: string, init: RequestInit) => {
    assert.ok(url.startsWith(`${origin}/`), url)
    asked.push(url.slice(origin.length))
    return fetch(local.url + url.slice(origin.length), init)
  }
  const issuer = remoteIssuer({ ...options, ...usual, fetch: fetchLocally })
  return { ...givenGuardOf([issuer], clock), asked, warnings, issuer }
}

/** What the vendor's host answers. */
function answers(paths: Readonly<Record<string, object>>): void {
  local.answers.clear()
  for (const [path, value] of Object.entries(paths))
    local.answers.set(
      path,
      json(() => value),
    )
}

function sign(claims: object, header: object): Promise<string> {
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'vendor-key', ...header })
    .sign(rsa.privateKey)
}

const times = { iat: NOON, exp: NOON + 900 }

describe('Auth0', () => {
  const domain = 'example.eu.auth0.com'
  const options = auth0({ domain, audience: 'https://api.example.com', claims: { roles: 'https://example.com/roles' } })
  const access = {
    iss: `https://${domain}/`,
    sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
    aud: ['https://api.example.com', `https://${domain}/userinfo`],
    azp: 'my_client_id',
    scope: 'openid profile files:read',
    permissions: ['files:read', 'files:write'],
    'https://example.com/roles': ['editor'],
    ...times,
  }
  before(() => {
    const { use, kid, alg, kty, n, e } = rsa.jwk
    answers({
      '/.well-known/openid-configuration': {
        issuer: `https://${domain}/`,
        authorization_endpoint: `https://${domain}/authorize`,
        token_endpoint: `https://${domain}/oauth/token`,
        jwks_uri: `https://${domain}/.well-known/jwks.json`,
        registration_endpoint: `https://${domain}/oidc/register`,
        id_token_signing_alg_values_supported: ['HS256', 'RS256', 'PS256'],
      },
      '/.well-known/jwks.json': { keys: [{ kty, use, n, e, kid, x5t: 'x', x5c: ['MIID'], alg }] },
    })
  })

  it('lets in by its access tokens: slash at the end of the issuer, aud of two, azp, no jti', async () => {
    const { check, asked } = given(options)
    const { subject, clientId, scopes, roles, credentialId } = principalOf(
      await check(await sign(access, { typ: 'JWT' })),
    )
    assert.deepEqual([subject, clientId, [...scopes]], [access.sub, 'my_client_id', ['files:read']])
    assert.deepEqual([...roles], ['editor'])
    assert.match(credentialId, /^[\w-]{16}$/)
    assert.deepEqual(asked, [
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/.well-known/jwks.json',
    ])
    const { azp: _, ...profile } = { ...access, client_id: 'my_client_id', jti: 'a-jti' }
    assert.equal(principalOf(await check(await sign(profile, { typ: 'at+jwt' }))).credentialId, 'a-jti')
  })

  it('lets in machines, and nobody by what was made for others', async () => {
    const { check } = given(options)
    const machine = {
      ...access,
      sub: 'my_client_id@clients',
      aud: 'https://api.example.com',
      gty: 'client-credentials',
    }
    assert.equal(why(await check(await sign(machine, { typ: 'JWT' }))), 'granted')
    const idToken = { iss: access.iss, sub: access.sub, aud: 'my_client_id', nonce: 'n', sid: 's', ...times }
    assert.equal(why(await check(await sign(idToken, { typ: 'JWT' }))), 'token_invalid id_token')
    const other = { ...access, aud: [`https://${domain}/userinfo`] }
    assert.equal(why(await check(await sign(other, { typ: 'JWT' }))), 'token_elsewhere')
    const encrypted = `${Buffer.from('{"alg":"dir","enc":"A256GCM"}').toString('base64url')}..aaaa.aaaa.aaaa`
    assert.equal(why(await check(encrypted)), 'token_invalid shape', 'as without an audience')
    assert.equal(
      why(await check(await sign({ ...access, iss: `https://${domain}` }, { typ: 'JWT' }))),
      'token_invalid issuer',
    )
  })

  it('says what is wrong with its options', () => {
    for (const wrong of ['https://example.auth0.com', 'example.auth0.com/', 'Example.auth0.com', '', 'a b']) {
      assert.throws(() => auth0({ domain: wrong, audience: 'a' }), { name: 'TypeError', message: /host name/ }, wrong)
    }
  })
})

describe('Okta', () => {
  const domain = 'example.okta.com'
  const issuer = `https://${domain}/oauth2/default`
  const options = okta({ domain, audience: 'api://default' })
  const access = {
    ver: 1,
    jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
    iss: issuer,
    aud: 'api://default',
    sub: 'ada@example.com',
    cid: 'nmdP1fcyvdVO11AL7ECm',
    uid: '00uid4BxXw6I6TV4m0g3',
    scp: ['openid', 'files:read'],
    auth_time: NOON - 9,
    ...times,
  }
  before(() => {
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/v1/authorize`,
      token_endpoint: `${issuer}/v1/token`,
      jwks_uri: `${issuer}/v1/keys`,
      introspection_endpoint: `${issuer}/v1/introspect`,
      scopes_supported: ['openid', 'files:read', 'offline_access'],
    }
    const { use, kid, alg, kty, n, e } = rsa.jwk
    answers({
      '/oauth2/default/.well-known/openid-configuration': metadata,
      '/oauth2/default/.well-known/oauth-authorization-server': metadata,
      '/oauth2/default/v1/keys': { keys: [{ kty, alg, kid, use, e, n }] },
    })
  })

  it('lets in by its access tokens: no typ, cid, scp as a list, metadata behind the path', async () => {
    const { check } = given(options)
    const { subject, clientId, scopes, credentialId } = principalOf(await check(await sign(access, {})))
    assert.deepEqual([subject, clientId, [...scopes]], ['ada@example.com', access.cid, ['files:read']])
    assert.equal(credentialId, access.jti)
    const lasting = given(okta({ domain, audience: 'api://default', claims: { subject: 'uid' } }))
    assert.equal(principalOf(await lasting.check(await sign(access, {}))).subject, access.uid)
  })

  it('lets in nobody by an ID token', async () => {
    const { check } = given(okta({ domain, audience: ['api://default', access.cid] }))
    const idToken = { ver: 1, jti: 'ID.x', iss: issuer, sub: '00u', aud: access.cid, amr: ['pwd'], ...times }
    assert.equal(why(await check(await sign({ ...idToken, at_hash: 'h' }, {}))), 'token_invalid id_token')
    assert.equal(why(await check(await sign(idToken, {}))), 'token_invalid id_token')
    assert.equal(why(await check(await sign({ ...idToken, scp: ['openid'] }, {}))), 'token_invalid claims')
  })

  it('says what is wrong with its options', () => {
    const wrong = () => okta({ domain, audience: 'a', authorizationServer: 'org' })
    assert.throws(wrong, { name: 'TypeError', message: /custom authorization server/ })
    assert.equal(okta({ domain, audience: 'a', authorizationServer: 'aus1' }).issuer, `https://${domain}/oauth2/aus1`)
  })
})

describe('Entra', () => {
  const tenantId = '7fe81447-da57-4385-becb-6de57f21477e'
  const api = '6731de76-14a6-49ae-97bc-6eba6914391e'
  const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`
  const options = entra({ tenantId, audience: `api://${api}` })
  const access = {
    aud: api,
    iss: issuer,
    nbf: NOON,
    azp: '1950a258-227b-4e31-a9cf-717495945fc2',
    azpacr: '0',
    name: 'Ada',
    oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
    scp: 'files:read access_as_user',
    roles: ['Editor'],
    sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
    tid: tenantId,
    uti: 'fqiBqXLPj0eQa82S-IYFAA',
    ver: '2.0',
    ...times,
  }
  before(() => {
    const { kty, n, e, kid } = rsa.jwk
    const key = { kty, use: 'sig', x5t: kid, n, e, x5c: ['MIIC'], cloud_instance_name: 'microsoftonline.com' }
    const consumers = 'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'
    answers({
      [`/${tenantId}/v2.0/.well-known/openid-configuration`]: {
        issuer,
        jwks_uri: `https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`,
        token_endpoint: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
      },
      [`/${tenantId}/discovery/v2.0/keys`]: {
        keys: [
          { ...key, kid, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
          { ...key, kid: 'of-consumers', issuer: consumers },
        ],
      },
    })
  })

  it('lets in by its access tokens: aud a GUID, keys without alg, roles, and scopes that are asked for by a longer name', async () => {
    const { check, warnings, issuer: trusted } = given(options)
    const { subject, clientId, scopes, roles } = principalOf(await check(await sign(access, { typ: 'JWT' })))
    assert.deepEqual([subject, clientId, [...scopes], [...roles]], [access.sub, access.azp, ['files:read'], ['Editor']])
    assert.equal(trusted.scopePrefix, `api://${api}/`)
    assert.deepEqual(warnings, [])
    const self = { ...access, azp: api }
    assert.equal(why(await check(await sign(self, { typ: 'JWT' }))), 'granted', 'client and API of one registration')
  })

  it('lets in nobody of another tenant, version or key, and nobody by an ID token', async () => {
    const { check } = given(options)
    const other = '11111111-2222-3333-4444-555555555555'
    const cases: [string, object, object?][] = [
      ['token_invalid claims', { tid: other }],
      ['token_invalid issuer', { iss: `https://login.microsoftonline.com/${other}/v2.0` }],
      ['token_invalid issuer', { iss: `https://sts.windows.net/${tenantId}/`, ver: '1.0' }],
      ['token_invalid claims', { ver: '1.0' }],
      ['token_elsewhere', { aud: '00000003-0000-0000-c000-000000000000' }],
      ['token_invalid key', {}, { kid: 'of-consumers' }],
      ['token_invalid claims', { azp: undefined }],
      ['token_invalid id_token', { azp: undefined, scp: undefined, aud: api }],
      ['token_invalid id_token', { nonce: 'n' }],
    ]
    for (const [expected, claims, header] of cases) {
      const token = await sign({ ...access, ...claims }, { typ: 'JWT', ...header })
      assert.equal(why(await check(token)), expected, JSON.stringify(claims))
    }
  })

  it('says what is wrong with its options', () => {
    for (const wrong of ['common', 'organizations', 'consumers', 'example.com', '']) {
      assert.throws(() => entra({ tenantId: wrong, audience: api }), {
        name: 'TypeError',
        message: /GUID of one tenant/,
      })
    }
    assert.throws(() => entra({ tenantId, audience: api, host: 'https://login.microsoftonline.us' }), TypeError)
  })
})

describe('Keycloak', () => {
  const url = 'https://login.example.com'
  const issuer = `${url}/realms/my%20realm`
  const options = keycloak({ url: `${url}/`, realm: 'my realm' })
  const access = {
    jti: 'd58f5dc8-fd8f-462b-8a19-716f8f83985b',
    iss: issuer,
    aud: [RESOURCE, 'account'],
    sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
    typ: 'Bearer',
    azp: 'a-client',
    session_state: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
    acr: '1',
    'allowed-origins': ['http://localhost:6080'],
    realm_access: { roles: ['offline_access', 'editor'] },
    resource_access: { account: { roles: ['manage-account'] }, 'my.api': { roles: ['writer'] } },
    scope: 'openid email files:read',
    sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
    ...times,
  }
  before(() => {
    const { kty, n, e, kid, alg, use } = rsa.jwk
    answers({
      '/realms/my%20realm/.well-known/openid-configuration': {
        issuer,
        token_endpoint: `${issuer}/protocol/openid-connect/token`,
        jwks_uri: `${issuer}/protocol/openid-connect/certs`,
        introspection_endpoint: `${issuer}/protocol/openid-connect/token/introspect`,
      },
      '/realms/my%20realm/protocol/openid-connect/certs': {
        keys: [
          { kid, kty, alg, use, n, e, x5c: ['MIIC'], x5t: 'x', 'x5t#S256': 'x' },
          { kid: 'encrypts', kty, alg: 'RSA-OAEP', use: 'enc', n, e, x5c: ['MIIC'] },
        ],
      },
    })
  })

  it('lets in by its access tokens: issuer with a path, azp, roles by a path, a nonce of old versions', async () => {
    const { check, warnings } = given(options)
    const { subject, clientId, scopes, roles } = principalOf(await check(await sign(access, { typ: 'JWT' })))
    assert.deepEqual([subject, clientId, [...scopes]], [access.sub, 'a-client', ['files:read']])
    assert.deepEqual([...roles], ['offline_access', 'editor'])
    assert.deepEqual(warnings, [])
    assert.equal(why(await check(await sign({ ...access, nonce: 'n' }, { typ: 'JWT' }))), 'granted')
    const ofClient = given(
      keycloak({ url, realm: 'my realm', claims: { roles: ['resource_access', 'my.api', 'roles'] } }),
    )
    assert.deepEqual([...principalOf(await ofClient.check(await sign(access, { typ: 'JWT' }))).roles], ['writer'])
  })

  it('lets in nobody without an audience mapper, nor by refresh, logout and ID tokens, all signed alike', async () => {
    const { check } = given(options)
    const cases: [string, object][] = [
      ['token_elsewhere', { aud: undefined }],
      ['token_elsewhere', { aud: 'account' }],
      ['token_invalid claims', { typ: 'Refresh' }],
      ['token_invalid claims', { typ: 'Offline' }],
      ['token_invalid claims', { typ: 'ID', nonce: 'n' }],
      ['token_invalid id_token', { typ: 'ID', at_hash: 'h' }],
      ['token_invalid id_token', { aud: 'a-client' }],
      ['token_invalid claims', { sub: undefined }],
    ]
    for (const [expected, claims] of cases) {
      const token = await sign({ ...access, ...claims }, { typ: 'JWT' })
      assert.equal(why(await check(token)), expected, JSON.stringify(claims))
    }
  })

  it('keeps the path that old versions have, and its own name for the server', async () => {
    assert.equal(keycloak({ url: `${url}/auth`, realm: 'a' }).issuer, `${url}/auth/realms/a`)
    const { check } = given(keycloak({ url, realm: 'my realm', audience: 'files-api' }))
    assert.equal(why(await check(await sign({ ...access, aud: 'files-api' }, { typ: 'JWT' }))), 'granted')
    assert.throws(() => remoteIssuer(keycloak({ url: 'login.example.com', realm: 'a' })), TypeError)
    assert.throws(() => keycloak({ url, realm: '' }), TypeError)
  })
})
