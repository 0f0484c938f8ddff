import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { remoteIssuer } from '../../src/issuers/index.ts'
import { MAX_KEYS } from '../../src/issuers/key-set.ts'
import { BACK_OFF_SECONDS, REFRESH_SECONDS, RETRY_SECONDS, STALE_SECONDS } from '../../src/issuers/published-keys.ts'
import { NOON } from '../guard/given.ts'
import {
  givenGuardOf,
  givenIssuer,
  givenKey,
  givenSurroundings,
  json,
  type LocalIssuer,
  type Signer,
  text,
  why,
} from './given.ts'

const open: LocalIssuer[] = []
async function given(signer?: Signer) {
  const issuer = await givenIssuer('', signer)
  open.push(issuer)
  const surroundings = givenSurroundings()
  const { clock, options } = surroundings
  const guarded = givenGuardOf([remoteIssuer({ issuer: issuer.url, ...options })], clock)
  /** A token that outlives every test. */
  const token = (signer?: Signer, claims = {}, header = {}) =>
    issuer.token({ exp: NOON + 10 * STALE_SECONDS, ...claims }, header, signer)
  return { issuer, ...surroundings, ...guarded, token, jwks: () => issuer.asked.get('/jwks') ?? 0 }
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()))
})

/** What is done in the background has been done. */
async function until(isDone: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !isDone(); tries++) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(isDone())
}

describe('the keys of an issuer', () => {
  it('are asked for again when a token names a new one, and then it counts', async () => {
    const { issuer, check, clock, token, jwks } = await given()
    assert.equal(why(await check(await token())), 'granted')
    const next = await givenKey('k2')
    issuer.keys = [issuer.signer.jwk, next.jwk]
    clock.now += BACK_OFF_SECONDS
    assert.equal(why(await check(await token(next))), 'granted')
    assert.equal(jwks(), 2)
  })

  it('are asked for once per back-off, however many unknown ids arrive', async () => {
    const { check, clock, token, jwks } = await given()
    assert.equal(why(await check(await token())), 'granted')
    const stranger = await givenKey('k1')
    const tokens = await Promise.all(
      Array.from({ length: 200 }, (_, index) => token(stranger, {}, { kid: `made-up-${index}` })),
    )
    clock.now += BACK_OFF_SECONDS
    for (const verdict of await Promise.all(tokens.map((each) => check(each)))) {
      assert.equal(why(verdict), 'token_invalid key')
    }
    assert.equal(jwks(), 2)
    clock.now += BACK_OFF_SECONDS - 1
    await Promise.all(tokens.map((each) => check(each)))
    assert.equal(jwks(), 2)
    clock.now += 1
    await Promise.all(tokens.map((each) => check(each)))
    assert.equal(jwks(), 3)
    assert.equal(why(await check(await token())), 'granted')
  })

  it('are not asked for by path tricks in a key id', async () => {
    const { issuer, check, token, clock } = await given()
    assert.equal(why(await check(await token())), 'granted')
    const stranger = await givenKey('k1')
    for (const kid of ['../../etc/passwd', '/dev/null', `${issuer.url}/evil`, "' or 1=1", '__proto__', 'constructor']) {
      clock.now += BACK_OFF_SECONDS
      assert.equal(why(await check(await token(stranger, {}, { kid }))), 'token_invalid key', kid)
    }
    for (const kid of ['', 'k'.repeat(257)]) {
      assert.equal(why(await check(await token(stranger, {}, { kid }))), 'token_invalid shape', kid)
    }
    assert.deepEqual([...issuer.asked.keys()], ['/.well-known/oauth-authorization-server', '/jwks'])
  })

  it('take along what they proved when they are withdrawn, by the next refresh', async () => {
    const { issuer, check, clock, token, jwks } = await given()
    const good = await token()
    assert.equal(why(await check(good)), 'granted')
    issuer.keys = [(await givenKey('k2')).jwk]
    clock.now += REFRESH_SECONDS
    assert.equal(why(await check(good)), 'granted', 'nobody waits for a refresh')
    await until(() => jwks() === 2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(why(await check(good)), 'token_invalid key')
  })

  it('that stay are the same: what they proved needs no second look', async () => {
    const { issuer, guard, server, check, clock, token, jwks } = await given()
    const good = await token()
    assert.equal(why(await check(good)), 'granted')
    issuer.keys = [(await givenKey('k2')).jwk, issuer.signer.jwk]
    clock.now += REFRESH_SECONDS
    await check(good)
    await until(() => jwks() === 2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${good}` : undefined) }
    const verdict = guard.check({ ...view, isRepeated: () => false }, server)
    assert.ok(!(verdict instanceof Promise), 'it is answered at once')
    assert.equal(why(verdict), 'granted')
  })

  it('are another key under the same id when they are: what the old one proved is gone', async () => {
    const { issuer, check, clock, token, jwks } = await given()
    const good = await token()
    assert.equal(why(await check(good)), 'granted')
    issuer.keys = [(await givenKey('k1')).jwk]
    clock.now += REFRESH_SECONDS
    await check(good)
    await until(() => jwks() === 2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(why(await check(good)), 'token_invalid signature')
  })

  it('count while the issuer is down, and no longer than a day', async () => {
    const { issuer, check, clock, token, codes } = await given()
    const good = await token()
    assert.equal(why(await check(good)), 'granted')
    issuer.answers.clear()
    clock.now += STALE_SECONDS - 1
    assert.equal(why(await check(good)), 'granted')
    await until(() => codes().includes('keys_stale'))
    clock.now += RETRY_SECONDS
    await assert.rejects(async () => check(good), { name: 'IssuerFault', code: 'status' })
    const asked = issuer.asked.get('/jwks')
    await assert.rejects(async () => check(good), { name: 'IssuerFault' })
    assert.equal(issuer.asked.get('/jwks'), asked, 'one who is down is not asked by every request')
    issuer.answers.set(
      '/jwks',
      json(() => ({ keys: issuer.keys })),
    )
    clock.now += RETRY_SECONDS
    assert.equal(why(await check(good)), 'granted', 'and counts again when it is back')
  })

  const bad: Readonly<Record<string, (issuer: LocalIssuer) => ReturnType<typeof json>>> = {
    HTML: () => text('<html>We are down for maintenance</html>'),
    'a list': () => text('[]', 'application/json'),
    'no keys': () => json(() => ({})),
    'a key twice in an object': ({ keys }) => text(`{"keys":[],"keys":${JSON.stringify(keys)}}`, 'application/json'),
    megabytes: () => text(`{"keys":[],"pad":"${'a'.repeat(2_000_000)}"}`, 'application/json'),
    'endless bytes': () => (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const write = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      }
      response.on('drain', write)
      write()
    },
    'too many keys': ({ signer }) =>
      json(() => ({ keys: Array.from({ length: MAX_KEYS + 1 }, (_, index) => ({ ...signer.jwk, kid: `k${index}` })) })),
    'ten thousand keys': ({ signer }) =>
      json(() => ({ keys: Array.from({ length: 10_000 }, (_, index) => ({ ...signer.jwk, kid: `k${index}` })) })),
    'a redirect':
      ({ url }) =>
      (_, response) =>
        response.writeHead(307, { location: `${url}/other` }).end(),
    'an error': () => text('{}', 'application/json', 503),
    'a closed connection': () => (request) => request.socket.destroy(),
  }
  for (const [what, answer] of Object.entries(bad)) {
    it(`stay as they were when the issuer sends ${what}`, async () => {
      const { issuer, check, clock, token, warnings, jwks } = await given()
      const good = await token()
      assert.equal(why(await check(good)), 'granted')
      issuer.answers.set('/jwks', answer(issuer))
      issuer.answers.set(
        '/other',
        json(() => ({ keys: [] })),
      )
      clock.now += REFRESH_SECONDS
      assert.equal(why(await check(good)), 'granted')
      await until(() => warnings.length > 0)
      assert.equal(why(await check(good)), 'granted')
      assert.equal(warnings[0]?.code, 'keys_stale')
      assert.match(warnings[0]?.message ?? '', new RegExp(`^${issuer.url}: `))
      assert.equal(issuer.asked.has('/other'), false)
      assert.equal(jwks(), 2)
    })
  }

  it('stay as they were when the issuer is slow: nobody waits for it but those it is new to', async () => {
    const { issuer, check, clock, token, codes } = await given()
    const good = await token()
    assert.equal(why(await check(good)), 'granted')
    issuer.answers.set('/jwks', (_, response) => response.writeHead(200).write('{"keys"'))
    clock.now += REFRESH_SECONDS
    const before = Date.now()
    assert.equal(why(await check(good)), 'granted')
    assert.ok(Date.now() - before < 1000)
    const stranger = await givenKey('k9')
    assert.equal(why(await check(await token(stranger))), 'token_invalid key')
    assert.ok(Date.now() - before < 8000, 'and they do not wait for ever')
    assert.deepEqual(codes(), ['keys_stale'])
  })
})

describe('in a key set', () => {
  it('a private key is never used, and told of once', async () => {
    const { issuer, check, clock, token, warnings, jwks } = await given()
    issuer.keys = [issuer.signer.privateJwk]
    assert.equal(why(await check(await token())), 'token_invalid key')
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['private_key_published'],
    )
    assert.match(warnings[0]?.message ?? '', /"k1"/)
    assert.equal(JSON.stringify(warnings).includes(String(issuer.signer.privateJwk.d)), false)
    clock.now += BACK_OFF_SECONDS
    assert.equal(why(await check(await token())), 'token_invalid key')
    assert.equal(jwks(), 2)
    assert.equal(warnings.length, 1)
  })

  it('a shared secret is never used: no public text can be one', async () => {
    const { issuer, check, codes, token } = await given()
    issuer.keys = [{ kty: 'oct', k: Buffer.alloc(32, 7).toString('base64url'), kid: 'k1', alg: 'HS256' }]
    assert.equal(why(await check(await token())), 'token_invalid key')
    assert.deepEqual(codes(), ['key_unusable'])
  })

  it('keys for something else are passed over', async () => {
    for (const change of [
      { use: 'enc' },
      { key_ops: ['deriveBits'] },
      { alg: 'ES384' },
      { kty: 'unheard-of' },
      { kid: 7 },
      { kid: undefined },
      { crv: 'secp256k1', alg: undefined },
    ]) {
      const { issuer, check, token, codes } = await given()
      issuer.keys = [{ ...issuer.signer.jwk, ...change }]
      assert.equal(why(await check(await token())), 'token_invalid key', JSON.stringify(change))
      assert.deepEqual(codes(), [])
    }
  })

  it('a broken key and a short one are told of, and the others count', async () => {
    const { issuer, check, codes, token } = await given()
    const { x: _, ...broken } = issuer.signer.jwk
    const short = { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 255).toString('base64url'), kid: 'short', alg: 'RS256' }
    issuer.keys = [{ ...broken, kid: 'broken' }, short, issuer.signer.jwk]
    assert.equal(why(await check(await token())), 'granted')
    assert.deepEqual(codes().toSorted(), ['key_unusable', 'key_unusable'])
  })

  it('of two keys with one id and algorithm the first counts, and the other is told of', async () => {
    const { issuer, check, codes, token } = await given()
    const twin = await givenKey('k1')
    issuer.keys = [issuer.signer.jwk, issuer.signer.jwk, twin.jwk]
    assert.equal(why(await check(await token())), 'granted')
    assert.equal(why(await check(await token(twin))), 'token_invalid signature')
    assert.deepEqual(codes(), ['key_doubled'])
  })

  it('one id may name keys of several algorithms', async () => {
    const { issuer, check, token } = await given()
    const other = await givenKey('k1', 'ES384')
    issuer.keys = [issuer.signer.jwk, other.jwk]
    assert.equal(why(await check(await token())), 'granted')
    assert.equal(why(await check(await token(other))), 'granted')
  })

  it('a key without "alg" is for the usual one of its type', async () => {
    for (const alg of ['ES256', 'ES384', 'RS256', 'EdDSA', 'Ed25519']) {
      const { issuer, check, token } = await given(await givenKey('k1', alg))
      const { alg: _, ...jwk } = issuer.signer.jwk
      issuer.keys = [jwk]
      assert.equal(why(await check(await token())), 'granted', alg)
    }
    const { issuer, check, token } = await given(await givenKey('k1', 'PS256'))
    const { alg: _, ...jwk } = issuer.signer.jwk
    issuer.keys = [jwk]
    assert.equal(why(await check(await token())), 'token_invalid key', 'PS256 is not the usual one')
  })

  it('a token without key id counts where there is one key for its algorithm, and only there', async () => {
    const { issuer, check, clock, token } = await given()
    const without = { kid: undefined }
    assert.equal(why(await check(await token(undefined, {}, without))), 'granted')
    const other = await givenKey('k2', 'ES384')
    issuer.keys = [issuer.signer.jwk, other.jwk]
    clock.now += BACK_OFF_SECONDS
    assert.equal(why(await check(await token(other, {}, without))), 'granted')
    const twin = await givenKey('k3')
    issuer.keys = [issuer.signer.jwk, twin.jwk]
    clock.now += REFRESH_SECONDS
    await check(await token(twin))
    await until(() => issuer.asked.get('/jwks') === 3)
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(why(await check(await token(twin, { jti: 'later' }, without))), 'token_invalid key')
  })

  it('a key without id counts for tokens without one', async () => {
    const { issuer, guard, server, check, token } = await given()
    const { kid: _, ...jwk } = issuer.signer.jwk
    issuer.keys = [jwk]
    const good = await token(undefined, {}, { kid: undefined })
    assert.equal(why(await check(good)), 'granted')
    const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${good}` : undefined) }
    assert.ok(!(guard.check({ ...view, isRepeated: () => false }, server) instanceof Promise))
    assert.equal(why(await check(await token())), 'token_invalid key')
  })
})
