import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  type ClaimNames,
  dangerouslyAcceptAnyAudience,
  type RemoteIssuerOptions,
  remoteIssuer,
} from '../../src/issuers/index.ts'
import { NOON } from '../guard/given.ts'
import { givenGuardOf, givenIssuer, givenSurroundings, type LocalIssuer, principalOf, serverFor, why } from './given.ts'

let issuer: LocalIssuer
before(async () => {
  issuer = await givenIssuer()
})
after(() => issuer.close())

function given(options: Omit<RemoteIssuerOptions, 'issuer'> = {}) {
  const { clock, options: usual, codes } = givenSurroundings()
  return { ...givenGuardOf([remoteIssuer({ issuer: issuer.url, ...usual, ...options })], clock), clock, codes }
}

/** Who a token with these claims is from, where claims are read so. */
async function principal(names: ClaimNames, claims: Record<string, unknown>, more = {}) {
  const { check } = given({ claims: names, ...more })
  return principalOf(await check(await issuer.token(claims)))
}

async function refusal(
  claims: Record<string, unknown>,
  options: Omit<RemoteIssuerOptions, 'issuer'> = {},
  header = {},
) {
  const { check } = given(options)
  return why(await check(await issuer.token(claims, header)))
}

describe('claims of an issuer', () => {
  it('say scopes, as a text or a list, under the names that issuers use', async () => {
    const cases: Record<string, unknown>[] = [
      { scope: 'files:read files:write' },
      { scope: ' files:read  files:write ' },
      { scope: ['files:read', 'files:write'] },
      { scope: undefined, scp: ['files:read', 'files:write'] },
      { scope: undefined, scp: 'files:read files:write', permissions: ['mcp:write'] },
      { scope: undefined, permissions: ['files:read', 'files:write', 'another'] },
    ]
    for (const claims of cases) {
      const { scopes } = await principal({}, claims)
      assert.deepEqual([...scopes], ['files:read', 'files:write'], JSON.stringify(claims))
    }
    assert.deepEqual([...(await principal({}, { scope: undefined })).scopes], [], 'none without any')
    assert.deepEqual(
      [...(await principal({}, { scope: undefined }, { defaultScopes: ['files:read'] })).scopes],
      ['files:read'],
    )
    assert.deepEqual([...(await principal({}, { scope: '' }, { defaultScopes: ['files:read'] })).scopes], [])
  })

  it('say scopes without the prefix that the issuer puts before them', async () => {
    const scope = 'api://files/files:read files:write api://other/mcp:write'
    const { scopes } = await principal({}, { scope }, { scopePrefix: 'api://files/' })
    assert.deepEqual([...scopes], ['files:read', 'files:write'])
  })

  it('say roles, tenant and tools by name or path, and a server of a tenant takes no other’s', async () => {
    const names = { roles: 'realm_access.roles', tenant: 'https://example.com/org', tools: ['a.b', 'tools'] }
    const claims = {
      realm_access: { roles: ['admin', 'ops'] },
      'https://example.com/org': 'acme',
      'a.b': { tools: ['read_*'] },
    }
    const { roles, tenant, tools } = await principal(names, claims)
    assert.deepEqual([...roles], ['admin', 'ops'])
    assert.equal(tenant, 'acme')
    assert.deepEqual(tools, ['read_*'])

    const { check } = given({ claims: names })
    const token = await issuer.token(claims)
    assert.equal(why(await check(token, serverFor([issuer.url], { tenant: 'acme' }))), 'granted')
    assert.equal(why(await check(token, serverFor([issuer.url], { tenant: 'other' }))), 'token_invalid tenant')
    const without = await issuer.token({ ...claims, 'https://example.com/org': undefined })
    assert.equal(why(await check(without)), 'token_invalid claims', 'what is mapped must be there')
  })

  it('limit a caller to its tools: another is not on its list', async () => {
    const { check } = given()
    const verdict = await check(await issuer.token({ tools: ['read_a'], scope: 'files:read files:write mcp:write' }))
    assert.ok(verdict.kind === 'granted')
    assert.equal(verdict.access.sees('read_a'), true)
    assert.equal(verdict.access.sees('read_b'), false)
    assert.equal(verdict.access.sees('write_a'), false)
  })

  it('of an issuer that says no tenant leave that of the server', async () => {
    const { check } = given()
    const verdict = await check(await issuer.token({ tenant: 'other' }), serverFor([issuer.url], { tenant: 'acme' }))
    assert.equal(principalOf(verdict).tenant, 'acme')
  })

  it('name the client, else who is authorized, else the subject', async () => {
    assert.equal((await principal({}, { azp: 'b' })).clientId, 'a-client')
    assert.equal((await principal({}, { client_id: undefined, azp: 'b' })).clientId, 'b')
    assert.equal((await principal({}, { client_id: undefined })).clientId, 'ada')
    assert.equal((await principal({ clientId: 'cid' }, { cid: 'c' })).clientId, 'c')
    assert.equal(await refusal({}, { claims: { clientId: 'cid' } }), 'token_invalid claims')
    assert.equal((await principal({ subject: 'oid' }, { oid: 'o' })).subject, 'o')
    assert.equal(await refusal({}, { claims: { subject: 'oid' } }), 'token_invalid claims')
    assert.equal(await refusal({ sub: undefined }), 'token_invalid claims', 'a client is not its users')
  })

  it('without a good id are called by the beginning of the token’s hash, which is not the token', async () => {
    for (const jti of [undefined, '', 'with space', 'x'.repeat(129), 'line\nbreak', 7]) {
      const token = await issuer.token({ jti })
      const { credentialId } = principalOf(await given().check(token))
      assert.match(credentialId, /^[\w-]{16}$/)
      assert.equal(token.includes(credentialId), false)
      assert.equal(principalOf(await given().check(token)).credentialId, credentialId, 'the same for the same token')
    }
  })

  it('reach no prototype: what an object inherits is nobody’s claim', async () => {
    const polluting = JSON.parse('{"__proto__":{"roles":["admin"],"tenant":"acme","polluted":true}}')
    const { roles } = await principal({ roles: '__proto__.roles' }, { realm_access: {} })
    assert.deepEqual([...roles], [])
    for (const path of ['__proto__.polluted', 'constructor.name', 'toString', 'realm_access.constructor.name']) {
      const { roles } = await principal({ roles: path }, { realm_access: {} })
      assert.deepEqual([...roles], [], path)
      assert.equal(await refusal({ realm_access: {} }, { claims: { tenant: path } }), 'token_invalid claims', path)
    }
    const payload = `{"iss":"${issuer.url}","sub":"ada","aud":"https://mcp.example.com/files/mcp","exp":${NOON + 9},"scope":"files:read","__proto__":{"roles":["admin"],"polluted":true}}`
    const token = await signed(payload)
    const verdict = principalOf(await given().check(token))
    assert.deepEqual([...verdict.roles], [], 'its own member of that name is read by that name alone')
    assert.deepEqual(
      [...principalOf(await given({ claims: { roles: '__proto__.roles' } }).check(token)).roles],
      ['admin'],
    )
    assert.equal(Object.hasOwn(polluting, '__proto__'), true)
    assert.equal(({} as Record<string, unknown>).polluted, undefined)
  })

  it('are bounded in number and length, and of the right type', async () => {
    const long = 'x'.repeat(257)
    const many = Array.from({ length: 201 }, (_, index) => `r${index}`)
    const cases: Record<string, unknown>[] = [
      { scope: [long] },
      { scope: many },
      { scope: many.join(' ') },
      { scope: 7 },
      { scope: { 'files:read': true } },
      { scope: ['files:read', 7] },
      { roles: many },
      { roles: ['a\u0000b'] },
      { tools: 7 },
      { tools: [''] },
      { sub: long },
      { sub: 'line\nbreak' },
      { sub: ['ada'] },
      { client_id: long },
      { client_id: {} },
      { aud: [7] },
      { aud: { a: 1 } },
      { aud: many.concat(many) },
    ]
    for (const claims of cases) assert.equal(await refusal(claims), 'token_invalid claims', JSON.stringify(claims))
    for (const claims of [{ scope: [long] }, { tenant: long }]) {
      assert.equal(await refusal(claims, { claims: { tenant: 'tenant' } }), 'token_invalid claims')
    }
  })

  it('of time are whole seconds of this era', async () => {
    for (const name of ['exp', 'nbf', 'iat']) {
      for (const value of [NOON + 0.5, -1, 1e20, 1e15, '1800000900', true, null, [NOON], {}]) {
        const claims = { [name]: value }
        assert.equal(await refusal(claims), 'token_invalid claims', JSON.stringify(claims))
      }
    }
    assert.equal(await refusal({ exp: undefined }), 'token_invalid claims', 'what never ends opens nothing')
    assert.equal(await refusal({ exp: 0 }), 'token_invalid claims')
    assert.equal(await refusal({ exp: NOON }), 'token_expired')
    assert.equal(await refusal({ nbf: NOON + 31 }), 'token_invalid not_yet')
    assert.equal(await refusal({ iat: NOON + 31 }), 'token_invalid not_yet')
    assert.equal(await refusal({ nbf: 0, iat: undefined }), 'granted')
    assert.equal(await refusal({ exp: 253_402_300_799 }), 'granted')
  })

  it('that come twice count neither time', async () => {
    const usual = `"iss":"${issuer.url}","sub":"ada","aud":"https://mcp.example.com/files/mcp","exp":${NOON + 9},"client_id":"c"`
    const { check } = given()
    assert.equal(why(await check(await signed(`{${usual}}`))), 'granted')
    for (const twice of [`"sub":"eve"`, `"scope":"a","scope":"b"`, `"x":{"a":1,"a":2}`, String.raw`"su\u0062":"eve"`]) {
      assert.equal(why(await check(await signed(`{${usual},${twice}}`))), 'token_invalid shape', twice)
    }
    const header = `{"alg":"ES256","kid":"k1","kid":"k1","typ":"at+jwt"}`
    assert.equal(why(await check(await signed(`{${usual}}`, header))), 'token_invalid shape')
    for (const payload of ['[]', '"text"', 'null', '{', '', `${'['.repeat(200)}${']'.repeat(200)}`]) {
      assert.equal(why(await check(await signed(payload))), 'token_invalid shape', payload)
    }
  })
})

describe('an ID token', () => {
  const asJwt = { typ: 'JWT' }

  it('is no access token, by any of its signs', async () => {
    assert.equal(await refusal({}, {}, asJwt), 'granted')
    for (const claims of [
      { nonce: 'n' },
      { at_hash: 'h' },
      { c_hash: 'h' },
      { client_id: undefined, scope: undefined },
      { aud: ['a-client'] },
      { aud: 'a-client' },
    ]) {
      assert.equal(await refusal(claims, {}, asJwt), 'token_invalid id_token', JSON.stringify(claims))
      const audience = { audience: ['a-client', 'https://mcp.example.com/files/mcp'] }
      assert.equal(await refusal(claims, audience, asJwt), 'token_invalid id_token', 'whatever the audience is called')
    }
    assert.equal(await refusal({ client_id: undefined, azp: 'b', aud: 'b' }, {}, asJwt), 'token_invalid id_token')
  })

  it('is what a few issuers’ access tokens look like, where that was said', async () => {
    assert.equal(await refusal({ nonce: 'n' }, { tolerates: ['nonce'] }, asJwt), 'granted')
    assert.equal(await refusal({ at_hash: 'n' }, { tolerates: ['nonce'] }, asJwt), 'token_invalid id_token')
    const audience = { audience: 'a-client', tolerates: ['client_audience'] as const }
    assert.equal(await refusal({ aud: 'a-client' }, audience, asJwt), 'granted')
  })

  it('has a type of its own at some issuers', async () => {
    for (const typ of ['id_token', 'ID', 'refresh+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt']) {
      assert.equal(await refusal({}, {}, { typ }), 'token_invalid type', typ)
    }
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'jwt', 'JWT']) {
      assert.equal(await refusal({}, {}, { typ }), 'granted', typ)
    }
    assert.equal(await refusal({}, {}, { typ: undefined }), 'token_invalid shape')
    assert.equal(await refusal({}, { types: [null] }, { typ: undefined }), 'granted')
    assert.equal(await refusal({}, { types: ['at+jwt'] }, { typ: 'JWT' }), 'token_invalid type')
  })
})

describe('the audience of a token', () => {
  it('is the canonical URI, or what the options call it and nothing else', async () => {
    const elsewhere = 'token_elsewhere'
    assert.equal(await refusal({ aud: 'https://api.example.com' }), elsewhere)
    const audience = ['https://api.example.com', 'api://files']
    assert.equal(await refusal({ aud: 'https://api.example.com' }, { audience }), 'granted')
    assert.equal(await refusal({ aud: ['x', 'api://files'] }, { audience }), 'granted')
    assert.equal(await refusal({ aud: 'https://api.example.com/' }, { audience }), elsewhere, 'to the letter')
    assert.equal(await refusal({}, { audience }), elsewhere, 'the URI no longer counts then')
  })

  it('must be there: a token without one is for everybody, and so for nobody', async () => {
    for (const aud of [undefined, []]) {
      assert.equal(await refusal({ aud }), 'token_elsewhere')
      assert.equal(await refusal({ aud }, { audience: 'api://files' }), 'token_elsewhere')
      assert.equal(await refusal({ aud }, { clients: ['a-client'] }), 'token_elsewhere', 'clients are no substitute')
    }
  })

  it('may be anyone where that was said by a symbol, which is warned of; clients narrow it', async () => {
    const dangerous = { [dangerouslyAcceptAnyAudience]: true, clients: ['a-client'] }
    assert.equal(await refusal({ aud: undefined }, dangerous), 'granted')
    assert.equal(await refusal({ aud: 'https://else.example' }, dangerous), 'granted')
    assert.equal(await refusal({ aud: undefined, client_id: 'other' }, dangerous), 'token_invalid client')
    assert.deepEqual(given(dangerous).codes(), ['any_audience'])
    assert.deepEqual(given().codes(), [])
    const asText = JSON.parse('{"dangerouslyAcceptAnyAudience":true}')
    await assert.rejects(refusal({ aud: undefined }, asText), TypeError, 'no file can say it')
  })
})

describe('what an issuer’s tokens must be', () => {
  it('is what its options require: claims of one value, clients of a list', async () => {
    assert.equal(await refusal({ typ: 'Bearer' }, { requires: { typ: 'Bearer' } }), 'granted')
    assert.equal(await refusal({ typ: 'Refresh' }, { requires: { typ: 'Bearer' } }), 'token_invalid claims')
    assert.equal(await refusal({}, { requires: { typ: 'Bearer' } }), 'token_invalid claims')
    assert.equal(await refusal({}, { clients: ['a-client', 'b'] }), 'granted')
    assert.equal(await refusal({}, { clients: ['b'] }), 'token_invalid client')
  })

  it('is signed by an algorithm of its list', async () => {
    assert.equal(await refusal({}, { algorithms: ['RS256'] }), 'token_invalid key')
    assert.equal(await refusal({}, { algorithms: ['ES256'] }), 'granted')
  })

  it('is for whoever presents it: what is bound to a key is not', async () => {
    assert.equal(await refusal({ cnf: { jkt: 'x' } }), 'token_invalid bound')
    assert.equal(await refusal({ cnf: { 'x5t#S256': 'x' } }), 'token_invalid bound')
  })
})

/** A token of these very texts. */
async function signed(payload: string, header = '{"alg":"ES256","kid":"k1","typ":"at+jwt"}'): Promise<string> {
  const encode = (part: string) => Buffer.from(part).toString('base64url')
  const input = `${encode(header)}.${encode(payload)}`
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(algorithm, issuer.signer.privateKey, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
