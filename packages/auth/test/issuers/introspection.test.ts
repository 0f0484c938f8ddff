import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, it } from 'node:test'
import { ASK_AGAIN_SECONDS } from '../../src/guard/open-answers.ts'
import { dangerouslyAcceptAnyAudience, type RemoteIssuerOptions, remoteIssuer } from '../../src/issuers/index.ts'
import { MOST_UNKNOWN } from '../../src/issuers/introspection.ts'
import { NOON } from '../guard/given.ts'
import {
  givenGuardOf,
  givenIssuer,
  givenSurroundings,
  json,
  type LocalIssuer,
  principalOf,
  serverFor,
  text,
  usualClaims,
  why,
} from './given.ts'

const open: LocalIssuer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()))
})

const CLIENT = { clientId: 'gate:1', clientSecret: 'a secret/+ü' }

/** An issuer that answers questions about tokens, and what it was asked. */
async function given(
  more: Partial<RemoteIssuerOptions['introspection']> = {},
  rest: Partial<RemoteIssuerOptions> = {},
) {
  const issuer = await givenIssuer()
  open.push(issuer)
  const surroundings = givenSurroundings()
  const known = new Map<string, Record<string, unknown>>()
  const questions: { readonly form: URLSearchParams; readonly authorization: string | undefined }[] = []
  issuer.answers.set('/introspect', (request, response, body) => {
    const form = new URLSearchParams(body)
    questions.push({ form, authorization: request.headers.authorization })
    const claims = known.get(form.get('token') ?? '')
    response.end(JSON.stringify(claims === undefined ? { active: false } : { active: true, ...claims }))
  })
  const opaque = (claims: Record<string, unknown> = {}) => {
    const token = randomBytes(24).toString('base64url')
    const { jti: _, ...usual } = usualClaims(issuer.url)
    known.set(token, { ...usual, ...claims })
    return token
  }
  const options = { issuer: issuer.url, introspection: { ...CLIENT, ...more }, ...surroundings.options, ...rest }
  return {
    issuer,
    known,
    questions,
    opaque,
    ...surroundings,
    ...givenGuardOf([remoteIssuer(options)], surroundings.clock),
  }
}

describe('an opaque token', () => {
  it('lets its holder in when its issuer says so, and is called by its hash', async () => {
    const { check, opaque, questions, clock, issuer } = await given()
    const token = opaque()
    const { scopes, ...principal } = principalOf(await check(token))
    assert.deepEqual([...scopes], ['files:read'])
    assert.match(principal.credentialId, /^[\w-]{16}$/)
    assert.equal(token.includes(principal.credentialId), false)
    assert.deepEqual([principal.issuer, principal.subject, principal.clientId], [issuer.url, 'ada', 'a-client'])
    assert.equal(principal.expiresAt, clock.now + 900)
    const [{ form, authorization }] = questions as [(typeof questions)[number]]
    assert.deepEqual(Object.fromEntries(form), { token, token_type_hint: 'access_token' })
    assert.equal(authorization, `Basic ${Buffer.from('gate%3A1:a+secret%2F%2B%C3%BC').toString('base64')}`)
  })

  it('is asked about with the secret in the form, where the issuer has it so', async () => {
    const { check, opaque, questions } = await given({ method: 'client_secret_post' })
    assert.equal(why(await check(opaque())), 'granted')
    const [{ form, authorization }] = questions as [(typeof questions)[number]]
    assert.deepEqual([form.get('client_id'), form.get('client_secret')], [CLIENT.clientId, CLIENT.clientSecret])
    assert.equal(authorization, undefined)
  })

  it('is asked about on every request, so that a revocation holds on the next', async () => {
    const { check, opaque, known, questions } = await given()
    const token = opaque()
    assert.equal(why(await check(token)), 'granted')
    assert.equal(why(await check(token)), 'granted')
    assert.equal(questions.length, 2)
    known.delete(token)
    assert.equal(why(await check(token)), 'token_invalid inactive')
  })

  it('is asked about once by any number who come at the same time', async () => {
    const { guard, server, opaque, questions } = await given()
    const token = opaque()
    const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }
    const checks = Array.from({ length: 50 }, () => guard.check({ ...view, isRepeated: () => false }, server))
    assert.deepEqual(new Set((await Promise.all(checks)).map(why)), new Set(['granted']))
    assert.equal(questions.length, 1)
  })

  it('may be as old as maxAge says, and not a second older; its expiry holds all the same', async () => {
    const { guard, server, check, opaque, known, questions, clock } = await given({ maxAge: 60 })
    const token = opaque({ exp: NOON + 100 })
    assert.equal(why(await check(token)), 'granted')
    known.delete(token)
    clock.now += 59
    const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }
    const verdict = guard.check({ ...view, isRepeated: () => false }, server)
    assert.ok(!(verdict instanceof Promise), 'what is known is answered at once')
    assert.equal(why(verdict), 'granted')
    clock.now += 1
    assert.equal(why(await check(token)), 'token_invalid inactive')
    assert.equal(questions.length, 2)
    const short = opaque({ exp: clock.now + 30 })
    assert.equal(why(await check(short)), 'granted')
    clock.now += 30
    assert.equal(why(await check(short)), 'token_expired')
  })

  it('that never ends counts for as long as its issuer says so', async () => {
    const { check, opaque } = await given()
    assert.equal(principalOf(await check(opaque({ exp: undefined, iat: undefined }))).expiresAt, undefined)
    assert.equal(why(await check(opaque({ exp: 0 }))), 'token_invalid inactive')
    assert.equal(why(await check(opaque({ exp: 'soon' }))), 'token_invalid inactive')
  })

  it('is not let in by what is no yes', async () => {
    const { check, opaque, clock } = await given()
    const cases: [string, Record<string, unknown>][] = [
      ['token_elsewhere', { aud: 'https://else.example' }],
      ['token_elsewhere', { aud: undefined }],
      ['token_expired', { exp: clock.now }],
      ['token_invalid not_yet', { nbf: clock.now + 60 }],
      ['token_invalid bound', { cnf: { jkt: 'x' }, token_type: 'DPoP' }],
      ['token_invalid inactive', { token_type: 'refresh_token' }],
      ['token_invalid inactive', { iss: 'https://else.example' }],
      ['token_invalid inactive', { sub: undefined }],
      ['token_invalid inactive', { scope: 7 }],
      ['granted', { iss: undefined, token_type: 'bearer' }],
    ]
    for (const [expected, claims] of cases)
      assert.equal(why(await check(opaque(claims))), expected, JSON.stringify(claims))
  })

  it('is not let in when the answer does not come, or is none', async () => {
    const { issuer, check, opaque } = await given()
    const cases: [string, ReturnType<typeof json>][] = [
      ['content', json(() => ({ active: 'true' }))],
      ['content', json(() => ({ active: 1 }))],
      ['content', json(() => ({}))],
      ['content', text('<html></html>')],
      ['content', text('{"active":false,"active":true}')],
      ['large', text(`{"active":true,"pad":"${'x'.repeat(70_000)}"}`)],
      ['status', json(() => ({ active: true }), 500)],
      ['status', json(() => ({ active: true }), 201)],
      ['credentials', json(() => ({ error: 'invalid_client' }), 401)],
      ['redirect', (_, response) => response.writeHead(302, { location: '/introspect' }).end()],
      ['unreachable', (request) => request.socket.destroy()],
    ]
    for (const [code, answer] of cases) {
      issuer.answers.set('/introspect', answer)
      await assert.rejects(async () => check(opaque()), { name: 'IssuerFault', code }, code)
    }
  })

  it('waits for a slow issuer no longer than five seconds', async () => {
    const { issuer, check, opaque } = await given()
    issuer.answers.set('/introspect', (_, response) => response.write('{'))
    const before = Date.now()
    await assert.rejects(async () => check(opaque()), { code: 'slow' })
    assert.ok(Date.now() - before < 8000)
  })

  it('is not asked about in a flood: those that were good before have room beside it', async () => {
    const { issuer, guard, server, opaque, check } = await given()
    let made = 0
    const good = opaque()
    assert.equal((await check(good)).kind, 'granted')
    const waiting: (() => void)[] = []
    issuer.answers.set('/introspect', (_, response) => waiting.push(() => response.end('{"active":false}')))
    const ask = async (token = `made-up-${made++}`) => {
      const view = { header: (name: string) => (name === 'authorization' ? `Bearer ${token}` : undefined) }
      return guard.check({ ...view, isRepeated: () => false }, server)
    }
    const asking = Array.from({ length: MOST_UNKNOWN }, () => ask())
    await assert.rejects(() => ask(), { name: 'IssuerFault', code: 'busy' })
    const served = ask(good)
    while (waiting.length < MOST_UNKNOWN + 1) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const answer of waiting.splice(0)) answer()
    assert.equal((await Promise.all(asking)).length, MOST_UNKNOWN)
    assert.equal(why(await served), 'token_invalid inactive', 'it was asked about in the midst of it')
    const late = ask()
    while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    for (const answer of waiting) answer()
    assert.equal(why(await late), 'token_invalid inactive', 'then there is room again')
  })

  it('ends what is open on it when its issuer says so, within half a minute', async () => {
    for (const end of ['revoked', 'silent'] as const) {
      const { guard, check, opaque, known, clock, questions, issuer } = await given()
      const token = opaque()
      let ended = 0
      guard.watch.until(principalOf(await check(token)), () => ended++)
      const look = async () => {
        await guard.watch.look()
        for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve, 5))
        await guard.watch.look()
      }
      await look()
      assert.equal(questions.length, 1, 'it is not asked about at every look')
      if (end === 'revoked') known.delete(token)
      else issuer.answers.delete('/introspect')
      clock.now += ASK_AGAIN_SECONDS
      await look()
      assert.equal(ended, 1, end)
    }
  })
})

describe('a JWT of an issuer that is asked', () => {
  it('is checked by its signature, unless the issuer is to be asked about all', async () => {
    const some = await given()
    assert.equal(why(await some.check(await some.issuer.token())), 'granted')
    assert.equal(some.questions.length, 0)
    const all = await given({ takes: 'all' })
    const token = await all.issuer.token()
    assert.equal(why(await all.check(token)), 'token_invalid inactive')
    all.known.set(token, usualClaims(all.issuer.url))
    assert.equal(principalOf(await all.check(token)).credentialId, 'a-token')
    assert.equal(all.questions.length, 2)
  })

  it('of another issuer of the server is never shown to it', async () => {
    const asked = await given({ takes: 'all' })
    const other = await givenIssuer()
    open.push(other)
    const { clock, options } = givenSurroundings()
    const issuers = [
      remoteIssuer({ issuer: asked.issuer.url, introspection: { ...CLIENT, takes: 'all' }, ...options }),
      remoteIssuer({ issuer: other.url, ...options }),
    ]
    const { check } = givenGuardOf(issuers, clock)
    assert.equal(why(await check(await other.token())), 'granted')
    assert.equal(asked.questions.length, 0)
  })

  it('is never shown to two: a server with two that are asked is an error', async () => {
    const { options, clock } = givenSurroundings()
    const issuers = ['https://a.example', 'https://b.example'].map((issuer) =>
      remoteIssuer({ issuer, introspection: CLIENT, ...options }),
    )
    const { check } = givenGuardOf(issuers, clock)
    await assert.rejects(async () => check('opaque'), { name: 'TypeError', message: /same tokens/ })
    const one = serverFor(['https://a.example'])
    await assert.rejects(async () => check('opaque', one), { name: 'IssuerFault' })
  })
})

describe('an opaque token at a server', () => {
  it('whose issuers are never asked is refused', async () => {
    const issuer = await givenIssuer()
    open.push(issuer)
    const { options, clock } = givenSurroundings()
    const { check } = givenGuardOf([remoteIssuer({ issuer: issuer.url, ...options })], clock)
    assert.equal(why(await check('opaque')), 'token_invalid shape')
    assert.equal(issuer.asked.size, 0)
  })

  it('of any audience is let in where that was said', async () => {
    const { check, opaque } = await given({}, { [dangerouslyAcceptAnyAudience]: true })
    assert.equal(why(await check(opaque({ aud: undefined }))), 'granted')
  })
})
