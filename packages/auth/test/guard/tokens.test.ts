import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { readJwtHeader } from '../../src/crypto/index.ts'
import { toReply, type Verdict } from '../../src/guard/index.ts'
import { turn, unknown, view } from './given.ts'
import { files, type Given, givenSigner, givenTokens, ISSUER, RESOURCE } from './tokens.ts'

/** Why a token was refused, in the words of the record. */
function why(verdict: Verdict): string {
  if (verdict.kind === 'granted') return 'granted'
  const { refusal } = verdict
  return 'because' in refusal ? `${refusal.reason} ${refusal.because}` : refusal.reason
}

const json = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('an access token', () => {
  let given: Given
  beforeEach(async () => {
    given = await givenTokens()
  })

  it('says who calls, and what it may do', async () => {
    const verdict = await given.check(await given.token())
    assert.ok(verdict.kind === 'granted')
    const { principal, access } = verdict
    assert.deepEqual(
      { ...principal, scopes: [...principal.scopes], roles: [...principal.roles] },
      {
        kind: 'oauth',
        issuer: ISSUER,
        subject: 'ada',
        clientId: 'a-client',
        credentialId: 'a-token',
        scopes: ['files:read'],
        roles: [],
        expiresAt: given.clock.now + 900,
        token: { issuedAt: given.clock.now, grantId: 'a-grant' },
      },
    )
    assert.deepEqual(access.lacks('read_file'), [])
    assert.deepEqual(access.lacks('write_file'), ['files:write'])
    assert.deepEqual(access.lacks('something_else'), ['mcp:write'])
    assert.equal(access.sees('write_file'), true, 'what a person could grant is on the list')
  })

  it('has one spelling: those that decode to the same bytes are not it', async () => {
    const token = await given.token()
    const parts = token.split('.')
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const bytes = (text: string) => Buffer.from(text, 'base64url').toString('hex')
    const respelled = parts.flatMap((part, index) => {
      const ends = [...letters].map((letter) => part.slice(0, -1) + letter)
      const more = ['=', '==', ' ', '\n', '\t'].map((end) => part + end)
      const same = [...ends, ...more].filter((text) => text !== part && bytes(text) === bytes(part))
      return same.map((text) => parts.with(index, text).join('.'))
    })
    assert.ok(respelled.length >= 32, String(respelled.length))
    for (const spelling of respelled) assert.equal(readJwtHeader(spelling), undefined, spelling)
    // White space around it is not the token's but the header's.
    for (const spelling of respelled.filter((text) => text === text.trim())) {
      assert.notEqual(why(await given.check(spelling)), 'granted', spelling)
    }
    assert.equal(why(await given.check(token)), 'granted')
  })

  it('is verified once and weighed each time', async () => {
    const token = await given.token()
    assert.equal(why(await given.check(token)), 'granted')
    const verdict = given.guard.check(
      { header: (name) => (name === 'authorization' ? `Bearer ${token}` : undefined), isRepeated: () => false },
      files,
    )
    assert.ok(!(verdict instanceof Promise), 'what was proven is answered at once')
    given.clock.now += 900
    assert.equal(why(await given.check(token)), 'token_expired')
  })

  it('ends with its grant, its own revocation, its person or its client on the next request', async () => {
    const cases = [
      { kind: 'token', id: 'a-token' },
      { kind: 'grant', id: 'a-grant' },
      { kind: 'account', id: 'ada' },
      { kind: 'client', id: 'a-client' },
    ] as const
    for (const { kind, id } of cases) {
      const { check, token, revocations, clock } = await givenTokens()
      const good = await token()
      assert.equal(why(await check(good)), 'granted')
      await revocations.revoke([{ kind, id, at: clock.now, expiresAt: clock.now + 960 }])
      assert.equal(why(await check(good)), `token_revoked ${kind}`)
      assert.equal(
        why(await check(await token({ jti: 'another', grant_id: 'other', sub: 'bob', client_id: 'c2' }))),
        'granted',
      )
    }
  })

  it('of a person who was let in again counts when it is newer', async () => {
    const { check, token, revocations, clock } = given
    await revocations.revoke([{ kind: 'account', id: 'ada', at: clock.now, expiresAt: clock.now + 960 }])
    assert.equal(why(await check(await token())), 'token_revoked account')
    assert.equal(why(await check(await token({ iat: clock.now + 1, jti: 'later' }))), 'granted')
  })

  it('that ends early or expires takes along what is open on it', async () => {
    for (const end of ['revoked', 'expired', 'silent'] as const) {
      const { guard, check, token, revocations, clock } = await givenTokens()
      const verdict = await check(await token())
      assert.ok(verdict.kind === 'granted')
      let ended = 0
      guard.watch.until(verdict.principal, () => ended++)
      await guard.watch.look()
      assert.equal(ended, 0)
      if (end === 'revoked') {
        await revocations.revoke([{ kind: 'grant', id: 'a-grant', at: clock.now, expiresAt: clock.now + 960 }])
      } else if (end === 'expired') clock.now += 900
      else revocations.fail = true
      await turn()
      await guard.watch.look()
      assert.equal(ended, 1, end)
    }
  })

  it('is not let in while nobody knows what was revoked', async () => {
    const token = await given.token()
    assert.equal(why(await given.check(token)), 'granted')
    given.revocations.fail = true
    await assert.rejects(async () => given.check(token), /silent/)
  })

  it('is proven anew when its key is published no more', async () => {
    const token = await given.token()
    assert.equal(why(await given.check(token)), 'granted')
    given.keys.delete('k1')
    assert.equal(why(await given.check(token)), 'token_invalid key')
    given.keys.set('k1', (await givenSigner('k1')).published)
    assert.equal(why(await given.check(token)), 'token_invalid signature', 'another key of the same name')
  })

  it('is for one server, and no sibling takes it', async () => {
    for (const aud of [
      `${ISSUER}/other/mcp`,
      ISSUER,
      `${RESOURCE}/`,
      `${RESOURCE}?a=b`,
      RESOURCE.replace('files', 'Files'),
      [],
    ]) {
      assert.equal(why(await given.check(await given.token({ aud }))), 'token_elsewhere', String(aud))
    }
    for (const aud of [RESOURCE, [RESOURCE], ['https://else.example', RESOURCE], RESOURCE.replace('mcp.', 'MCP.')]) {
      assert.equal(why(await given.check(await given.token({ aud }))), 'granted', String(aud))
    }
  })

  it('is refused when it is no access token of this issuer', async () => {
    const { token, check, clock } = given
    const elsewhere = await givenSigner('k1')
    const cases: [string, string][] = [
      ['token_invalid type', await token({}, { typ: 'JWT' })],
      ['token_invalid shape', await token({}, { typ: undefined })],
      ['token_invalid type', await token({}, { typ: 'id_token' })],
      ['token_invalid issuer', await token({ iss: `${ISSUER}/` })],
      ['token_invalid issuer', await token({ iss: undefined })],
      ['token_invalid signature', await token({}, {}, elsewhere)],
      ['token_invalid key', await token({}, { kid: 'k2' })],
      ['token_invalid shape', await token({}, { kid: undefined })],
      ['token_invalid bound', await token({ cnf: { jkt: 'x' } })],
      ['token_invalid not_yet', await token({ nbf: clock.now + 60 })],
      ['token_invalid not_yet', await token({ iat: clock.now + 60 })],
      ['token_invalid claims', await token({ exp: undefined })],
      ['token_invalid claims', await token({ exp: 'tomorrow' })],
      ['token_invalid claims', await token({ sub: undefined })],
      ['token_invalid claims', await token({ client_id: 7 })],
      ['token_invalid claims', await token({ jti: undefined })],
      ['token_invalid claims', await token({ scope: ['files:write'] })],
      ['token_expired', await token({ exp: clock.now })],
      ['token_invalid shape', 'opaque'],
      ['token_invalid shape', 'a.b.c'],
    ]
    for (const [expected, text] of cases) assert.equal(why(await check(text)), expected, text)
  })

  it('cannot choose its own algorithm or key', async () => {
    const { token, check, signer } = given
    const [, payload, signature] = (await token()).split('.')
    for (const header of [
      { alg: 'none', kid: 'k1', typ: 'at+jwt' },
      { alg: 'HS256', kid: 'k1', typ: 'at+jwt' },
      { alg: 'RS256', kid: 'k1', typ: 'at+jwt' },
      { alg: 'ES256', kid: 'k1', typ: 'at+jwt', crit: ['exp'] },
      { alg: 'ES256', kid: 'k1', typ: 'at+jwt', b64: false, crit: ['b64'] },
    ]) {
      for (const tail of [signature, '']) {
        assert.match(why(await check(`${json(header)}.${payload}.${tail}`)), /^token_invalid (shape|key|signature)$/)
      }
    }
    const attacker = await givenSigner('k1')
    for (const trick of [
      { jku: 'https://evil.example/jwks' },
      { jwk: { kty: 'EC' } },
      { x5u: 'https://evil.example' },
    ]) {
      assert.equal(why(await check(await token({}, trick, attacker))), 'token_invalid signature')
      assert.equal(why(await check(await token({}, trick, signer))), 'granted', 'what is not looked at does no harm')
    }
  })

  it('changed by one byte is nobody’s', async () => {
    const token = await given.token()
    for (const at of [5, token.indexOf('.') + 5, token.length - 3]) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      assert.match(why(await given.check(changed)), /^token_invalid/)
    }
  })
})

describe('what a caller without a good token learns', () => {
  const fields = ({ headers }: { readonly headers: readonly string[] }) =>
    headers[headers.indexOf('www-authenticate') + 1]
  const metadata = `resource_metadata="${ISSUER}/.well-known/oauth-protected-resource/files/mcp"`

  it('is where to sign in, without an error when it brought nothing (RFC 6750 §3.1)', async () => {
    const { guard } = await givenTokens()
    const verdict = await guard.check(view(), files)
    assert.ok(verdict.kind === 'refused')
    const reply = toReply(verdict.refusal, files)
    assert.equal(reply.status, 401)
    assert.equal(fields(reply), `Bearer scope="files:read", ${metadata}`)
  })

  it('is that the token is invalid, when it brought one', async () => {
    const { check } = await givenTokens()
    const verdict = await check('opaque')
    assert.ok(verdict.kind === 'refused')
    const reply = toReply(verdict.refusal, files)
    assert.equal(reply.status, 401)
    assert.equal(
      fields(reply),
      `Bearer error="invalid_token", error_description="The access token is not valid.", scope="files:read", ${metadata}`,
    )
  })

  it('is a 403 without a challenge for a bad key: a 401 would open a browser', async () => {
    const { guard } = await givenTokens()
    for (const request of [
      view({ authorization: `Bearer ${unknown()}` }),
      view({ authorization: 'Bearer pcls_short' }),
      view({ 'x-api-key': unknown() }),
      view({ 'x-api-key': 'anything' }),
      view({ 'x-api-key': '' }),
    ]) {
      const verdict = await guard.check(request, files)
      assert.ok(verdict.kind === 'refused')
      const reply = toReply(verdict.refusal, files)
      assert.equal(reply.status, 403)
      assert.equal(reply.headers.includes('www-authenticate'), false)
      assert.equal(JSON.parse(reply.body).error, 'invalid_api_key')
    }
  })

  it('is that no key is taken, where none is', async () => {
    const { guard } = await givenTokens()
    const server = { ...files, access: new Set(['oauth'] as const) }
    const verdict = await guard.check(view({ 'x-api-key': unknown() }), server)
    assert.equal(why(verdict), 'key_invalid not_taken')
    assert.ok(verdict.kind === 'refused')
    assert.equal(toReply(verdict.refusal, server).status, 403)
  })
})
