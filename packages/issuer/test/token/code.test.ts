import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { type RunningIssuer, startIssuer } from '../given.ts'
import {
  claimsOf,
  givenConfidential,
  givenPublic,
  headerOf,
  keepTokenEvents,
  type Party,
  post,
  REDIRECT,
} from '../party.ts'

describe('codes', () => {
  const events: IssuerEvent[] = []
  let running: RunningIssuer
  let client: Party
  before(async () => {
    running = await startIssuer({ onEvent: keepTokenEvents(events) })
    client = await givenPublic(running)
  })
  beforeEach(() => {
    events.length = 0
  })
  after(() => running.close())

  it('become an access token as RFC 9068 has it, for one audience, that says nothing about the person', async () => {
    const { status, headers, body } = await client.redeem(await client.code())

    assert.equal(status, 200)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(body.token_type, 'Bearer')
    assert.equal(body.expires_in, 900)
    const token = body.access_token as string
    const { kid, ...header } = headerOf(token)
    assert.deepEqual(header, { alg: 'ES256', typ: 'at+jwt' })
    assert.equal(JSON.parse(running.issuer.keySet()).keys[0].kid, kid)
    const { iat, exp, jti, grant_id, ...claims } = claimsOf(token)
    const account = await running.stores.accounts.findByName('ada')
    assert.deepEqual(claims, {
      iss: running.url,
      sub: account?.id,
      aud: running.resource,
      client_id: client.id,
      scope: 'mcp:read mcp:write',
    })
    assert.equal(Number(exp) - Number(iat), 900)
    assert.equal(typeof jti, 'string')
    assert.equal(typeof grant_id, 'string')
  })

  it('of twenty redemptions at once one gets tokens', async () => {
    const code = await client.code()

    const answers = await Promise.all(Array.from({ length: 20 }, () => client.redeem(code)))

    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.deepEqual(
      new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.error)),
      new Set(['invalid_grant']),
    )
  })

  it('that come back take along what they led to (AS-75)', async () => {
    const code = await client.code()
    const { body } = await client.redeem(code)

    assert.equal((await client.redeem(code)).status, 400)

    assert.equal((await client.refresh(body.refresh_token as string)).status, 400)
    assert.deepEqual(
      events.map(({ type, grantId }) => [type, grantId]),
      ['grant.revoked', 'code.replayed'].map((type) => [type, claimsOf(body.access_token as string).grant_id]),
    )
  })

  it('that come back with a wrong verifier, redirect or client fail and revoke nothing', async () => {
    const code = await client.code()
    const { body } = await client.redeem(code)
    const other = await givenPublic(running)

    assert.equal((await client.redeem({ ...code, verifier: 'y'.repeat(43) })).status, 400)
    assert.equal((await client.redeem(code, { redirect_uri: 'http://127.0.0.1:9/other' })).status, 400)
    assert.equal((await other.redeem(code)).status, 400)

    assert.equal((await client.refresh(body.refresh_token as string)).status, 200)
    assert.deepEqual(events, [])
  })

  it('are not spent by a request that is refused', async () => {
    const code = await client.code()

    assert.equal((await client.redeem({ ...code, verifier: 'y'.repeat(43) })).status, 400)
    assert.equal((await client.redeem(code, { resource: 'https://other.example/mcp' })).body.error, 'invalid_target')

    assert.equal((await client.redeem(code)).status, 200)
  })

  it('need no redirect URI again, and do not take another one (AS-77)', async () => {
    const { code, verifier } = await client.code()
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }

    assert.equal((await client.ask('token', { ...fields, redirect_uri: `${REDIRECT}/x` })).status, 400)
    assert.equal((await client.ask('token', fields)).status, 200)
  })

  it('need the verifier, and none of the form is taken twice', async () => {
    const code = await client.code()

    assert.equal((await client.redeem(code, { code_verifier: '' })).body.error, 'invalid_grant')
    for (const name of ['code', 'code_verifier', 'redirect_uri', 'client_id', 'grant_type']) {
      const fields = { ...{ grant_type: 'authorization_code', redirect_uri: REDIRECT }, client_id: client.id }
      const once: Record<string, string> = { ...fields, code: code.code, code_verifier: code.verifier }
      const value = once[name] as string
      const { status, body } = await post(client.at('token'), { ...once, [name]: [value, value] })
      assert.deepEqual([name, status, body.error], [name, 400, 'invalid_request'])
    }
    assert.equal((await client.redeem(code)).status, 200)
  })

  it('end after a minute', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const code = await client.code()
    t.mock.timers.tick(61_000)

    assert.equal((await client.redeem(code)).body.error, 'invalid_grant')
  })

  it('bring a refresh token without offline_access, to clients that can use one (AS-45)', async () => {
    const without = await givenPublic(running, { grant_types: ['authorization_code'] })

    assert.equal(typeof (await client.tokens({ scope: 'mcp:read' })).refresh_token, 'string')
    assert.equal(
      typeof (await client.tokens({ scope: 'mcp:read offline_access', prompt: 'consent' })).refresh_token,
      'string',
    )
    assert.equal((await without.tokens()).refresh_token, undefined)
  })

  it('lead to tokens that outlive the browser session', async () => {
    const { refresh_token: token } = await client.tokens()
    const [session] = await running.stores.artifacts.list({ model: 'Session' }, 0)
    await running.stores.artifacts.remove('Session', session?.idHash as string)

    assert.equal((await client.refresh(token)).status, 200)
  })

  it('of a client with a secret need the secret, once and in one place', async () => {
    const service = await givenConfidential(running)
    const code = await service.code()
    const fields = { grant_type: 'authorization_code', code: code.code, code_verifier: code.verifier }
    const { client_secret: secret = '' } = service.proof
    const basic = { authorization: `Basic ${Buffer.from(`${service.id}:${secret}`).toString('base64')}` }

    const wrong = await post(service.at('token'), fields, {
      authorization: `Basic ${Buffer.from(`${service.id}:x`).toString('base64')}`,
    })
    assert.equal(wrong.status, 401)
    assert.match(wrong.headers.get('www-authenticate') ?? '', /^Basic realm=/)
    assert.equal((await service.redeem(code, { client_secret: '' })).status, 401)
    assert.equal((await post(service.at('token'), { ...fields, client_secret: secret }, basic)).status, 400)
    assert.equal((await post(service.at('token'), fields, basic)).status, 200)
  })
})

it('tokens live as long as the configuration says, each kind by itself', async () => {
  const running = await startIssuer({ lifetimes: { accessToken: 300, refreshToken: 1000, grant: 600 } })
  try {
    const client = await givenPublic(running)
    const { access_token: token } = await client.tokens()
    const { iat, exp } = claimsOf(token)
    assert.equal(Number(exp) - Number(iat), 300)
    const now = Math.floor(Date.now() / 1000)
    const lifeOf = async (model: string) =>
      Number((await running.stores.artifacts.list({ model }, now))[0]?.expiresAt) - now
    assert.ok(Math.abs((await lifeOf('Grant')) - 600) <= 1)
    // Not longer than the grant that it stands on.
    assert.ok(Math.abs((await lifeOf('RefreshToken')) - 600) <= 1)
  } finally {
    await running.close()
  }
})

it('tokens are signed with Ed25519 where the configuration says so', async () => {
  const running = await startIssuer({ algorithm: 'EdDSA' })
  try {
    const { access_token: token } = await (await givenPublic(running)).tokens()
    assert.equal(headerOf(token).alg, 'EdDSA')
    assert.notEqual(await running.issuer.signingKeys.verify(token), undefined)
  } finally {
    await running.close()
  }
})

it('a client that was stored with another algorithm than keys have today is served', async () => {
  const running = await startIssuer({ algorithm: 'EdDSA' })
  try {
    const client = await givenPublic(running, { id_token_signed_response_alg: 'ES256' })
    assert.equal((await client.redeem(await client.code())).status, 200)
  } finally {
    await running.close()
  }
})
