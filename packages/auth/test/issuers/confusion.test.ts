import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { FlattenedSign, GeneralSign, SignJWT } from 'jose'
import { remoteIssuer, sharedSecretIssuer } from '../../src/issuers/index.ts'
import { MAX_TOKEN } from '../../src/protocol/index.ts'
import { NOON } from '../guard/given.ts'
import {
  bearerServer,
  givenGuardOf,
  givenIssuer,
  givenKey,
  givenSurroundings,
  type LocalIssuer,
  principalOf,
  RESOURCE,
  type Signer,
  serverFor,
  usualClaims,
  why,
} from './given.ts'

const SECRET = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37 + 11) % 256))
const b64 = (value: string | Buffer) => Buffer.from(value).toString('base64url')

/** A compact JWT of this header and these claims, with an HMAC over it, or with any signature. */
function handMade(header: object, claims: object, secret: string | Buffer | undefined, hash = 'sha256'): string {
  const input = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(claims))}`
  return `${input}.${secret === undefined ? '' : createHmac(hash, secret).update(input).digest('base64url')}`
}

describe('a token cannot choose how it is checked', () => {
  let issuer: LocalIssuer
  let rsa: Signer
  before(async () => {
    rsa = await givenKey('rsa', 'RS256')
    issuer = await givenIssuer('', rsa)
  })
  after(() => issuer.close())

  function given() {
    const { clock, options } = givenSurroundings()
    return { ...givenGuardOf([remoteIssuer({ issuer: issuer.url, ...options })], clock), clock }
  }

  it('nor be unsigned', async () => {
    const { check } = given()
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const token = handMade({ alg, kid: 'rsa', typ: 'at+jwt' }, usualClaims(issuer.url), undefined)
      assert.match(why(await check(token)), /^token_invalid (?:key|shape)$/, alg)
      assert.match(why(await check(`${token}${b64('signature')}`)), /^token_invalid (?:key|shape)$/, alg)
    }
  })

  it('nor be signed with the public key as if it were a secret', async () => {
    const { check } = given()
    const pem = `-----BEGIN PUBLIC KEY-----\n${await spki(rsa)}\n-----END PUBLIC KEY-----\n`
    const secrets = [
      pem,
      pem.trim(),
      JSON.stringify(rsa.jwk),
      String(rsa.jwk.n),
      Buffer.from(String(rsa.jwk.n), 'base64url'),
    ]
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const secret of secrets) {
        const header = { alg, kid: 'rsa', typ: 'at+jwt' }
        const token = handMade(header, usualClaims(issuer.url), secret, `sha${alg.slice(2)}`)
        assert.equal(why(await check(token)), 'token_invalid key', alg)
      }
    }
  })

  it('nor be signed by another algorithm than its key is for', async () => {
    const { check } = given()
    const ec = await givenKey('rsa', 'ES256')
    for (const alg of ['PS256', 'ES256', 'EdDSA', 'RS384', 'RS512', 'ES256K']) {
      const [, payload] = (await issuer.token()).split('.')
      const header = b64(JSON.stringify({ alg, kid: 'rsa', typ: 'at+jwt' }))
      assert.equal(why(await check(`${header}.${payload}.${b64('x'.repeat(256))}`)), 'token_invalid key', alg)
    }
    assert.equal(why(await check(await issuer.token({}, {}, ec))), 'token_invalid key')
    const { privateKey } = rsa
    const pss = new SignJWT(usualClaims(issuer.url)).setProtectedHeader({ alg: 'RS256', kid: 'rsa', typ: 'at+jwt' })
    assert.equal(why(await check(await pss.sign(privateKey))), 'granted')
  })

  it('nor bring its own key, or say where one is', async () => {
    const stranger = await givenKey('rsa', 'RS256')
    const evil = await givenIssuer('', stranger)
    try {
      const { check } = given()
      for (const trick of [
        { jwk: stranger.jwk },
        { jku: `${evil.url}/jwks` },
        { x5u: `${evil.url}/jwks` },
        { x5c: ['MIIB'], 'x5t#S256': 'x' },
        { kid: `${evil.url}/jwks` },
      ]) {
        assert.match(why(await check(await issuer.token({}, trick, stranger))), /^token_invalid (?:signature|key)$/)
      }
      assert.equal(evil.asked.size, 0)
      assert.equal(why(await check(await issuer.token({}, { jwk: stranger.jwk }))), 'granted', 'and needs none')
    } finally {
      await evil.close()
    }
  })

  it('nor call for what is not understood here', async () => {
    const { check } = given()
    const claims = usualClaims(issuer.url)
    const sign = (header: object) => signRaw(rsa, { alg: 'RS256', kid: 'rsa', typ: 'at+jwt', ...header }, claims)
    assert.equal(why(await check(await sign({}))), 'granted')
    for (const header of [
      { crit: ['exp'], exp: NOON + 900 },
      { crit: [] },
      { crit: ['b64'], b64: true },
      { b64: false },
      { b64: true },
      { zip: 'DEF' },
      { cty: 'JWT' },
      { cty: 'jwt' },
      { cty: 'application/JWT' },
      { kid: 7 },
      { kid: null },
      { typ: ['at+jwt'] },
      { alg: ['RS256'] },
      { alg: undefined },
    ]) {
      assert.equal(why(await check(await sign(header))), 'token_invalid shape', JSON.stringify(header))
    }
  })

  it('nor nest one in another, be encrypted, or be in JSON', async () => {
    const { check, guard, server } = given()
    const inner = await issuer.token()
    const nested = await signRaw(rsa, { alg: 'RS256', kid: 'rsa', typ: 'at+jwt' }, inner)
    assert.equal(why(await check(nested)), 'token_invalid shape')
    assert.equal(why(await check('a.b.c.d.e')), 'token_invalid shape', 'five parts')
    assert.equal(why(await check(`${inner}.`)), 'token_invalid shape')
    assert.equal(why(await check(`.${inner}`)), 'token_invalid shape')
    const payload = Buffer.from(JSON.stringify(usualClaims(issuer.url)))
    const header = { alg: 'RS256', kid: 'rsa', typ: 'at+jwt' }
    const flat = await new FlattenedSign(payload).setProtectedHeader(header).sign(rsa.privateKey)
    const general = await new GeneralSign(payload).addSignature(rsa.privateKey).setProtectedHeader(header).sign()
    for (const value of [flat, general]) {
      const text = JSON.stringify(value)
      for (const field of [`Bearer ${text}`, `Bearer ${b64(text)}`, `Bearer ${Buffer.from(text).toString('base64')}`]) {
        const view = {
          header: (name: string) => (name === 'authorization' ? field : undefined),
          isRepeated: () => false,
        }
        assert.equal((await guard.check(view, server)).kind, 'refused')
      }
    }
  })

  it('nor have its payload exchanged once it is known', async () => {
    const { check } = given()
    const good = await issuer.token()
    assert.equal(why(await check(good)), 'granted')
    const [header, , signature] = good.split('.')
    const claims = { ...usualClaims(issuer.url), sub: 'eve', scope: 'mcp:write' }
    assert.equal(why(await check(`${header}.${b64(JSON.stringify(claims))}.${signature}`)), 'token_invalid signature')
    assert.equal(principalOf(await check(good)).subject, 'ada')
  })

  it('nor be longer than is read, and is refused before anything is done with it', async () => {
    const { check, guard, server } = given()
    const long = await issuer.token({ pad: 'x'.repeat(MAX_TOKEN) })
    const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${long}` : undefined) }
    const verdict = guard.check({ ...view, isRepeated: () => false }, server)
    assert.ok(!(verdict instanceof Promise))
    assert.equal(why(verdict), 'token_invalid size')
    const padded = await issuer.token({ pad: 'x'.repeat(10_000) })
    assert.equal(why(await check(padded)), 'granted')
  })

  it('nor be of one issuer with the key of another', async () => {
    const other = await givenIssuer('', await givenKey('rsa', 'RS256'))
    try {
      const { clock, options } = givenSurroundings()
      const issuers = [issuer, other].map(({ url }) => remoteIssuer({ issuer: url, ...options }))
      const { check, server } = givenGuardOf(issuers, clock)
      assert.equal(why(await check(await issuer.token())), 'granted')
      assert.equal(why(await check(await other.token())), 'granted')
      assert.equal(why(await check(await issuer.token({ iss: other.url }))), 'token_invalid signature')
      const narrow = serverFor([issuer.url])
      assert.equal(why(await check(await other.token(), narrow)), 'token_invalid issuer', 'not every server takes both')
      assert.equal(why(await check(await other.token(), server)), 'granted')
    } finally {
      await other.close()
    }
  })
})

describe('a shared secret', () => {
  const claims = { sub: 'ada', aud: RESOURCE, scope: 'files:read', exp: NOON + 900 }
  const given = (more: Partial<Parameters<typeof sharedSecretIssuer>[0]> = {}) => {
    const { clock, options, codes, warnings } = givenSurroundings()
    const issuer = sharedSecretIssuer({ secret: SECRET, audience: RESOURCE, ...options, ...more })
    const server = bearerServer([issuer.issuer])
    const guarded = givenGuardOf([issuer], clock)
    return { codes, warnings, clock, check: (token: string, at = server) => guarded.check(token, at) }
  }

  it('lets in who has a token made with it, and is warned of', async () => {
    const { check, codes, warnings } = given()
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', typ: 'JWT' }, { alg: 'HS256', typ: 'JWT', kid: 'any' }]) {
      const { kind, issuer, subject, clientId, scopes } = principalOf(await check(handMade(header, claims, SECRET)))
      assert.deepEqual(
        [kind, issuer, subject, clientId, [...scopes]],
        ['jwt', 'shared-secret', 'ada', 'ada', ['files:read']],
      )
    }
    assert.deepEqual(codes(), ['shared_secret'])
    assert.equal(warnings[0]?.message.includes(SECRET.toString()), false)
  })

  it('answers at once for what it has checked before', async () => {
    const { clock, options } = givenSurroundings()
    const issuer = sharedSecretIssuer({ secret: SECRET, audience: RESOURCE, ...options })
    const { guard, check } = givenGuardOf([issuer], clock)
    const server = bearerServer([issuer.issuer])
    const token = handMade({ alg: 'HS256' }, claims, SECRET)
    assert.equal(why(await check(token, server)), 'granted')
    const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }
    assert.ok(!(guard.check({ ...view, isRepeated: () => false }, server) instanceof Promise))
  })

  it('proves nothing by another secret, another algorithm, or none', async () => {
    const { check } = given()
    assert.equal(why(await check(handMade({ alg: 'HS256' }, claims, 'wrong'))), 'token_invalid signature')
    assert.equal(why(await check(handMade({ alg: 'HS256' }, claims, undefined))), 'token_invalid signature')
    for (const alg of ['HS384', 'HS512', 'none', 'RS256', 'ES256']) {
      assert.equal(why(await check(handMade({ alg }, claims, SECRET, 'sha512'))), 'token_invalid key', alg)
    }
  })

  it('is for one issuer: tokens that name another, or any where none was said, are not its own', async () => {
    const named = { ...claims, iss: 'https://a.example' }
    assert.equal(why(await given().check(handMade({ alg: 'HS256' }, named, SECRET))), 'token_invalid issuer')
    const ours = { ...claims, iss: 'shared-secret' }
    assert.equal(why(await given().check(handMade({ alg: 'HS256' }, ours, SECRET))), 'token_invalid issuer')
    const { check } = given({ issuer: 'https://a.example' })
    assert.equal(why(await check(handMade({ alg: 'HS256' }, named, SECRET))), 'granted')
    assert.equal(why(await check(handMade({ alg: 'HS256' }, claims, SECRET))), 'token_invalid issuer')
  })

  it('never stands beside published keys for one issuer', async () => {
    const remote = await givenIssuer()
    try {
      const { clock, options } = givenSurroundings()
      const both = [
        remoteIssuer({ issuer: remote.url, ...options }),
        sharedSecretIssuer({ secret: SECRET, issuer: remote.url, audience: RESOURCE, ...options }),
      ]
      assert.throws(() => givenGuardOf(both, clock), { name: 'TypeError', message: /is there twice/ })
      const apart = [both[0], sharedSecretIssuer({ secret: SECRET, audience: RESOURCE, ...options })] as typeof both
      const { check } = givenGuardOf(apart, clock)
      const server = serverFor([remote.url], {
        access: new Set(['oauth', 'jwt']),
        tokens: { uri: RESOURCE, issuers: ['shared-secret'] },
      })
      assert.equal(principalOf(await check(await remote.token(), server)).kind, 'oauth')
      assert.equal(principalOf(await check(handMade({ alg: 'HS256' }, claims, SECRET), server)).kind, 'jwt')
      const forged = handMade({ alg: 'HS256', kid: 'k1', typ: 'JWT' }, { ...claims, iss: remote.url }, SECRET)
      assert.equal(why(await check(forged, server)), 'token_invalid key')
      const { iss: _, ...unnamed } = usualClaims(remote.url)
      const signed = await signRaw(remote.signer, { alg: 'ES256', kid: 'k1', typ: 'at+jwt' }, unnamed)
      assert.equal(why(await check(signed, server)), 'token_invalid key')
    } finally {
      await remote.close()
    }
  })

  it('still needs an expiry and an audience', async () => {
    const { check } = given()
    const { exp: _, ...endless } = claims
    assert.equal(why(await check(handMade({ alg: 'HS256' }, endless, SECRET))), 'token_invalid claims')
    const { aud: __, ...anyone } = claims
    assert.equal(why(await check(handMade({ alg: 'HS256' }, anyone, SECRET))), 'token_elsewhere')
    assert.equal(why(await check(handMade({ alg: 'HS256' }, { ...claims, aud: 'x' }, SECRET))), 'token_elsewhere')
  })
})

/** Signs any header and any payload: encoders would refuse some. */
async function signRaw({ privateKey, alg }: Signer, header: object, payload: object | string): Promise<string> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const input = `${b64(JSON.stringify(header))}.${b64(body)}`
  const algorithm = alg === 'ES256' ? { name: 'ECDSA', hash: 'SHA-256' } : { name: 'RSASSA-PKCS1-v1_5' }
  const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(input))
  return `${input}.${b64(Buffer.from(signature))}`
}

async function spki({ jwk }: Signer): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify'])
  const bytes = Buffer.from(await crypto.subtle.exportKey('spki', key)).toString('base64')
  return (bytes.match(/.{1,64}/g) as string[]).join('\n')
}
