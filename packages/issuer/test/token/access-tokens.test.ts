import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { type RunningIssuer, startIssuer } from '../given.ts'
import {
  claimsOf,
  givenConfidential,
  givenIntrospecting,
  givenPublic,
  headerOf,
  keepTokenEvents,
  type Party,
  post,
  REDIRECT,
  type Tokens,
} from '../party.ts'

const toText = (part: object | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

describe('introspection and revocation', () => {
  const events: IssuerEvent[] = []
  let later = 0
  let running: RunningIssuer
  let service: Party
  let tokens: Tokens
  before(async () => {
    running = await startIssuer({
      now: () => Math.floor(Date.now() / 1000) + later,
      onEvent: keepTokenEvents(events),
    })
    service = await givenConfidential(running)
  })
  beforeEach(async () => {
    later = 0
    tokens = await service.tokens()
    events.length = 0
  })
  after(() => running.close())

  const introspect = async (token: string, by = service) => (await by.ask('introspect', { token })).body

  it('says of a live access token what it holds (RFC 7662 §2.2)', async () => {
    const { status, headers, body } = await service.ask('introspect', { token: tokens.access_token })

    assert.equal(status, 200)
    assert.match(headers.get('cache-control') ?? '', /no-store/)
    assert.deepEqual(body, { active: true, token_type: 'Bearer', ...claimsOf(tokens.access_token) })
  })

  it('says of a live refresh token whose it is', async () => {
    const { active, client_id: clientId, scope } = await introspect(tokens.refresh_token)

    assert.deepEqual([active, clientId, scope], [true, service.id, 'mcp:read mcp:write'])
  })

  it('tells nothing to who proves nothing, or is another client', async () => {
    const program = await givenPublic(running)
    const own = await program.tokens()
    const other = await givenConfidential(running)

    for (const token of [own.access_token, own.refresh_token, 'x']) {
      const { status, body } = await program.ask('introspect', { token })
      assert.deepEqual([status, body.error], [401, 'invalid_client'])
    }
    assert.equal((await post(service.at('introspect'), { token: tokens.access_token })).status, 400)
    assert.equal((await service.ask('introspect', { token: tokens.access_token, client_secret: 'x' })).status, 401)
    assert.deepEqual(await introspect(tokens.access_token, other), { active: false })
    assert.deepEqual(await introspect(tokens.refresh_token, other), { active: false })
  })

  it('tells a client of the operator that may ask what tokens of others hold, and ends none for it', async () => {
    const asking = await givenIntrospecting(running)
    const { access_token: token, refresh_token: refresh } = tokens

    const answer = await introspect(token, asking)
    assert.deepEqual(answer, { active: true, token_type: 'Bearer', ...claimsOf(token) })
    for (const member of ['scope', 'client_id', 'sub', 'aud', 'exp', 'iat', 'iss']) assert.ok(member in answer, member)
    assert.equal(claimsOf(token).client_id, service.id)
    assert.deepEqual(await introspect(refresh, asking), { active: false }, 'no server is shown a refresh token')
    assert.equal((await asking.ask('revoke', { token })).status, 200)
    assert.equal((await asking.ask('revoke', { token: refresh })).status, 200)
    assert.equal((await introspect(token, asking)).active, true)
    assert.equal((await asking.ask('introspect', { token, client_secret: 'x' })).status, 401)

    const page = await fetch(asking.authorizationUrl(), { redirect: 'manual' })
    assert.deepEqual([page.status, page.headers.get('location')], [400, null], 'nobody signs in to it')

    await service.ask('revoke', { token: refresh })
    assert.deepEqual(await introspect(token, asking), { active: false })
    const another = (await service.tokens()).access_token
    await running.issuer.clients.block(asking.id)
    assert.equal((await asking.ask('introspect', { token: another })).status, 401)
  })

  it('lets no client ask about others that says of itself that it may', async () => {
    const said = { redirect_uris: [REDIRECT], introspects: true, token_endpoint_auth_method: 'client_secret_post' }
    const response = await fetch(service.at('register'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(said),
    })
    const { client_id: id } = (await response.json()) as { client_id: string }

    assert.equal(response.status, 201)
    assert.equal(await running.issuer.clients.mayIntrospect(id), false)
    assert.equal(await running.issuer.clients.mayIntrospect('https://client.example/metadata.json'), false)
    assert.equal(await running.issuer.clients.mayIntrospect(service.id), false)
    assert.equal((await post(service.at('introspect'), { client_id: id, token: tokens.access_token })).status, 401)
  })

  it('calls inactive what is expired, unknown, or no access token of ours', async () => {
    const [header = '', body = '', signature = ''] = tokens.access_token.split('.')
    const claims = claimsOf(tokens.access_token)
    const { x = '' } = JSON.parse(running.issuer.keySet()).keys[0]
    const hmacHeader = toText({ ...headerOf(tokens.access_token), alg: 'HS256' })
    const hmac = createHmac('sha256', Buffer.from(x, 'base64url')).update(`${hmacHeader}.${body}`).digest('base64url')

    for (const token of [
      'unknown',
      randomBytes(32).toString('base64url'),
      `${header}.${toText({ ...claims, scope: 'mcp:all' })}.${signature}`,
      `${toText({ ...headerOf(tokens.access_token), alg: 'none' })}.${body}.`,
      `${toText({ ...headerOf(tokens.access_token), kid: 'other' })}.${body}.${signature}`,
      `${toText({ ...headerOf(tokens.access_token), typ: 'JWT' })}.${body}.${signature}`,
      `${toText({ ...headerOf(tokens.access_token), crit: ['exp'] })}.${body}.${signature}`,
      `${hmacHeader}.${body}.${hmac}`,
    ]) {
      assert.deepEqual(await introspect(token), { active: false }, token)
    }
    later = 901
    assert.deepEqual(await introspect(tokens.access_token), { active: false })
  })

  it('ends a grant by its refresh token, and every token of it (RFC 7009 §2.1)', async () => {
    const { status } = await service.ask('revoke', { token: tokens.refresh_token })

    assert.equal(status, 200)
    assert.equal((await service.refresh(tokens.refresh_token)).status, 400)
    assert.deepEqual(await introspect(tokens.access_token), { active: false })
    assert.deepEqual(await introspect(tokens.refresh_token), { active: false })
    assert.deepEqual(
      events.map(({ type, actor, clientId }) => [type, actor, clientId]),
      [['grant.revoked', 'client', service.id]],
    )
  })

  it('ends one access token, and leaves its grant alone', async () => {
    const { status } = await service.ask('revoke', { token: tokens.access_token, token_type_hint: 'access_token' })

    assert.equal(status, 200)
    assert.deepEqual(await introspect(tokens.access_token), { active: false })
    const [entry] = (await running.stores.revocations.news(0)).toReversed()
    assert.deepEqual([entry?.kind, entry?.id], ['token', claimsOf(tokens.access_token).jti])
    assert.deepEqual(
      events.map(({ type }) => type),
      ['token.revoked'],
    )
    assert.equal((await service.refresh(tokens.refresh_token)).status, 200)
  })

  it('lets programs end their own tokens, without a secret', async () => {
    const program = await givenPublic(running)
    const own = await program.tokens()

    assert.equal((await program.ask('revoke', { token: own.access_token })).status, 200)
    assert.equal((await program.ask('revoke', { token: own.refresh_token })).status, 200)

    assert.equal((await program.refresh(own.refresh_token)).status, 400)
  })

  it('answers 200 for what is unknown or of another client, and ends nothing', async () => {
    const other = await givenConfidential(running)
    for (const token of ['unknown', 'a.b.c', tokens.access_token, tokens.refresh_token]) {
      assert.equal((await other.ask('revoke', { token })).status, 200)
    }

    assert.equal((await introspect(tokens.access_token)).active, true)
    assert.equal((await service.refresh(tokens.refresh_token)).status, 200)
    assert.deepEqual(events, [])
  })

  it('knows tokens of a person, a client or a grant that ended as inactive', async () => {
    const account = claimsOf(tokens.access_token).sub as string
    await running.stores.accounts.setDisabled(account, 1)
    assert.deepEqual(await introspect(tokens.access_token), { active: false })
    await running.stores.accounts.setDisabled(account, undefined)
    assert.equal((await introspect(tokens.access_token)).active, true)

    const grantId = claimsOf(tokens.access_token).grant_id as string
    assert.equal(await running.issuer.grants.revoke(grantId, { actor: 'command' }), true)
    assert.equal(await running.issuer.grants.revoke(grantId, { actor: 'command' }), false)
    assert.deepEqual(await introspect(tokens.access_token), { active: false })
  })
})
