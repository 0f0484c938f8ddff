import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, it } from 'node:test'
import { type IssuerEvent, type IssuerOptions, openIssuer } from '../../src/index.ts'
import { type RunningIssuer, startIssuer, storesOn } from '../given.ts'
import { Party, REDIRECT } from '../party.ts'
import { type Door, givenDoor } from './given-door.ts'

const ASKED = { client_name: 'A program', redirect_uris: [REDIRECT] }
const HOUR = 3600

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

interface Given {
  readonly running: RunningIssuer
  readonly door: Door
  readonly events: IssuerEvent[]
  readonly clock: { now: number }
}

/** @param isInRealTime Where the engine, which has a clock of its own, takes part. */
async function given(
  options: Partial<IssuerOptions> & { readonly db?: DatabaseSync } = {},
  isInRealTime = false,
): Promise<Given> {
  const events: IssuerEvent[] = []
  const clock = { now: Math.floor(Date.now() / 1000) }
  const running = await startIssuer({
    onEvent: (event) => events.push(event),
    ...(isInRealTime ? {} : { now: () => clock.now }),
    ...options,
  })
  const door = await givenDoor(running)
  ends.push(door.close, running.close)
  return { running, door, events, clock }
}

async function metadataOf({ url }: RunningIssuer): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${url}/.well-known/oauth-authorization-server`)
  return (await response.json()) as Readonly<Record<string, unknown>>
}

describe('registration (RFC 7591)', () => {
  it('counts what pages of other sites ask for apart, so that they use up nothing of their readers’ programs', async () => {
    const { door, running } = await given()
    const headers = { 'content-type': 'text/plain', origin: 'https://evil.example' }
    const send = (more: Record<string, string>) =>
      door.ask('/oauth/register', { method: 'POST', headers: { ...headers, ...more }, body: 'x' })
    for (let n = 0; n < 20; n++) assert.equal((await send({})).status, 400)

    assert.equal((await send({})).status, 429)
    assert.equal((await send({ origin: 'null' })).status, 429)
    assert.equal((await send({ origin: new URL(running.url).origin })).status, 400)
    assert.equal((await door.register(ASKED)).status, 201)
  })

  it('answers 201 with everything as it is kept, for nobody to keep on the way', async () => {
    const { door, running, events } = await given()
    const answer = await door.register({
      ...ASKED,
      scope: 'mcp:read openid profile mcp:nothing',
      logo_uri: 'http://x/',
    })

    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('content-type'), 'application/json')
    const { client_id: id, client_id_issued_at: at, ...rest } = answer.body
    assert.match(String(id), /^client\.[0-9a-z]{24}$/)
    assert.equal(typeof at, 'number')
    assert.deepEqual(rest, {
      client_name: 'A program',
      redirect_uris: [REDIRECT],
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      scope: 'mcp:read openid',
    })
    const [kept] = await running.issuer.clients.list()
    assert.deepEqual([kept?.clientId, kept?.network, kept?.isConfidential], [id, '192.0.2.0/24', false])
    const [event] = events.filter(({ type }) => type === 'client.registered')
    assert.deepEqual([event?.clientId, event?.actor], [id, 'client'])
  })

  for (const method of [undefined, 'none', 'client_secret_basic', 'client_secret_post']) {
    it(`makes a public client of one that asks for ${method}, and gives it no secret`, async () => {
      const { door } = await given()
      const { status, body } = await door.register({ ...ASKED, token_endpoint_auth_method: method })
      assert.equal(status, 201)
      assert.equal(body.token_endpoint_auth_method, 'none')
      assert.ok(!('client_secret' in body) && !('client_secret_expires_at' in body))
    })
  }

  it('lets nobody choose an id, a secret or a way to manage the client', async () => {
    const { door } = await given()
    const chosen = { client_id: 'https://claude.ai/x', client_secret: 'x', registration_access_token: 'x', jwks: {} }
    const { body } = await door.register({ ...ASKED, ...chosen })
    assert.match(String(body.client_id), /^client\./)
    for (const name of ['client_secret', 'registration_access_token', 'registration_client_uri', 'jwks']) {
      assert.ok(!(name in body), name)
    }
  })

  const bad: Record<string, readonly [unknown, string]> = {
    'no JSON': ['{', 'invalid_client_metadata'],
    'a list': [[], 'invalid_client_metadata'],
    null: ['null', 'invalid_client_metadata'],
    'no redirect URI': [{ client_name: 'x' }, 'invalid_redirect_uri'],
    'http to elsewhere': [{ redirect_uris: ['http://client.example/cb'] }, 'invalid_redirect_uri'],
    'a script': [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    'a web application on loopback': [{ ...ASKED, application_type: 'web' }, 'invalid_redirect_uri'],
    'an unknown scheme': [{ redirect_uris: ['com.example.app:/cb'] }, 'invalid_redirect_uri'],
    'a key to prove itself with': [
      { ...ASKED, token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
    ],
    'a scope that is a list': [{ ...ASKED, scope: ['mcp:read'] }, 'invalid_client_metadata'],
    'the implicit grant alone': [{ ...ASKED, grant_types: ['implicit'] }, 'invalid_client_metadata'],
    'a body beyond the bound': [{ ...ASKED, x: 'x'.repeat(17_000) }, 'invalid_client_metadata'],
  }
  for (const [what, [body, error]] of Object.entries(bad)) {
    it(`answers 400 ${error} to ${what}, and keeps nothing`, async () => {
      const { door, running } = await given()
      const answer = await door.register(body)
      assert.equal(answer.status, 400)
      assert.equal(answer.body.error, error)
      assert.equal(typeof answer.body.error_description, 'string')
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.deepEqual(await running.issuer.clients.list(), [])
    })
  }

  it('takes JSON alone, by POST alone', async () => {
    const { door } = await given()
    assert.equal((await door.register(ASKED, { type: 'application/x-www-form-urlencoded' })).status, 400)
    assert.equal((await door.register(ASKED, { type: 'application/json; charset=utf-8' })).status, 201)
    const answer = await door.ask('/oauth/register')
    assert.equal(answer.status, 405)
    assert.equal(answer.headers.get('allow'), 'POST')
  })

  it('cleans names that would deceive the person who reads them', async () => {
    const { door } = await given()
    const { body } = await door.register({ ...ASKED, client_name: `\u202EtpGtahC\u202C\n\u0000 by ${'x'.repeat(500)}` })
    assert.match(String(body.client_name), /^tpGtahC by x+…$/)
    assert.equal([...String(body.client_name)].length, 80)
  })

  it('is found in the metadata', async () => {
    const { running } = await given()
    const metadata = await metadataOf(running)
    assert.equal(metadata.registration_endpoint, `${running.url}/oauth/register`)
    const methods = ['none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt']
    assert.deepEqual(metadata.token_endpoint_auth_methods_supported, methods)
  })
})

describe('floods of registrations', () => {
  it('from one network end at twenty in an hour, whatever address of it they come from', async () => {
    const { door, clock, events } = await given()
    for (let n = 0; n < 20; n++) assert.equal((await door.register(ASKED, { peer: `192.0.2.${n}` })).status, 201)

    const answer = await door.register(ASKED, { peer: '192.0.2.200' })

    assert.equal(answer.status, 429)
    assert.equal(answer.headers.get('retry-after'), String(HOUR))
    assert.equal((await door.register(ASKED, { peer: '::ffff:192.0.2.7' })).status, 429)
    assert.equal((await door.register(ASKED, { peer: '192.0.3.1' })).status, 201)
    clock.now += HOUR
    assert.equal((await door.register(ASKED, { peer: '192.0.2.1' })).status, 201)
    const refusals = events.filter(({ type }) => type === 'registration.refused')
    assert.equal(refusals.length, 1)
    assert.equal(refusals[0]?.detail?.reason, 'too_many_of_network')
  })

  it('over IPv6 are counted by /64', async () => {
    const { door } = await given()
    for (let n = 0; n < 20; n++) await door.register(ASKED, { peer: `2001:db8:1:2::${n}` })
    assert.equal((await door.register(ASKED, { peer: '2001:db8:1:2:ffff::1' })).status, 429)
    assert.equal((await door.register(ASKED, { peer: '2001:db8:1:3::1' })).status, 201)
  })

  it('over IPv6 end for a whole /48, however many of its networks they come from', async () => {
    const { door } = await given()
    const answers: number[] = []
    for (let n = 0; n < 70; n++) answers.push((await door.register(ASKED, { peer: `2001:db8:7:${n}::1` })).status)
    assert.deepEqual([answers.filter((status) => status === 201).length, answers.at(-1)], [60, 429])
    assert.equal((await door.register(ASKED, { peer: '2001:db8:8::1' })).status, 201)
  })

  it('leave room for others: where all places are taken, the network with the most makes way', async () => {
    const { door, running } = await given()
    const { clients } = running.issuer
    await clients.register(ASKED, 'honest')
    for (let n = 0; n < 999; n++) await clients.register(ASKED, '2001:db8::/48')

    for (let n = 0; n < 5; n++) assert.equal((await door.register(ASKED, { peer: `192.0.${n}.1` })).status, 201)

    const kept = await clients.list({ limit: 10_000 })
    assert.equal(kept.length, 1000)
    assert.equal(kept.filter(({ network }) => network === 'honest').length, 1)
  })

  it('make way after ten minutes where each came from a network of its own', async () => {
    const { door, running, clock } = await given()
    for (let n = 0; n < 1000; n++) await running.issuer.clients.register(ASKED, `n${n}`)
    assert.equal((await door.register(ASKED)).status, 503)
    clock.now += 600
    assert.equal((await door.register(ASKED)).status, 201)
  })

  it('count the bad ones, too', async () => {
    const { door } = await given()
    for (let n = 0; n < 20; n++) await door.register('{')
    assert.equal((await door.register(ASKED)).status, 429)
  })

  it('from many networks end at a thousand that nobody used, and used ones do not count', async () => {
    const { door, running } = await given()
    const { clients } = running.issuer
    const [used, ...others] = await Promise.all(
      Array.from({ length: 1000 }, (_, n) => clients.register(ASKED, `n${n}`)),
    )
    assert.equal(others.filter((each) => each === undefined).length, 0)

    const full = await door.register(ASKED)
    assert.equal(full.status, 503)
    assert.equal(full.body.error, 'temporarily_unavailable')
    assert.ok(Number(full.headers.get('retry-after')) > 0)

    await clients.noteUse(String(used?.client_id), 'x')
    assert.equal((await door.register(ASKED)).status, 201)
    assert.equal((await door.register(ASKED)).status, 503)
  })

  it('are told of once a minute, with their number', async () => {
    const { door, clock, events } = await given()
    for (let n = 0; n < 50; n++) await door.register('{', { peer: `192.0.${n}.1` })
    clock.now += 60
    await door.register('{', { peer: '192.0.99.1' })
    const told = events.filter(({ type }) => type === 'registration.refused').map(({ detail }) => detail?.count)
    assert.deepEqual(told, [1, 50])
  })
})

describe('a client that registered itself', () => {
  it('is gone after a day in which nobody let it in', async () => {
    const { door, running, clock } = await given()
    const { body } = await door.register(ASKED)
    const id = String(body.client_id)
    clock.now += 24 * HOUR - 1
    assert.notEqual(await running.issuer.clients.find(id), undefined)
    clock.now += 1
    assert.equal(await running.issuer.clients.find(id), undefined)
  })

  it('stays when a person has let it in, and not for a sign-in alone', async () => {
    const { door, running } = await given({}, true)
    const { body } = await door.register(ASKED)
    const party = new Party(running, String(body.client_id))
    const denied = await fetch(party.authorizationUrl(), { redirect: 'manual' })
    assert.equal(denied.status, 303)
    assert.equal((await running.issuer.clients.view(party.id))?.usedAt, undefined)

    await party.tokens()

    const view = await running.issuer.clients.view(party.id)
    assert.equal(typeof view?.usedAt, 'number')
    assert.equal(view?.expiresAt, undefined)
  })

  it('may ask for more scope than it named: people decide', async () => {
    const { door, running } = await given({}, true)
    const { body } = await door.register({ ...ASKED, scope: 'mcp:read' })
    const party = new Party(running, String(body.client_id))
    const tokens = await party.tokens({ scope: 'mcp:read mcp:write' })
    assert.equal(typeof tokens.access_token, 'string')
  })
})

describe('registration that is gated', () => {
  it('needs an initial access token, which works once', async () => {
    const { door, running } = await given({ registration: 'gated' })
    const token = await running.issuer.invitations.make()

    const without = await door.register(ASKED)
    assert.equal(without.status, 401)
    assert.equal(without.headers.get('www-authenticate'), 'Bearer')
    const wrong = await door.register(ASKED, { token: randomBytes(32).toString('base64url') })
    assert.equal(wrong.status, 401)
    assert.equal(wrong.body.error, 'invalid_token')
    assert.match(String(wrong.headers.get('www-authenticate')), /error="invalid_token"/)

    assert.equal((await door.register(ASKED, { token })).status, 201)
    assert.equal((await door.register(ASKED, { token })).status, 401)
    assert.notEqual((await metadataOf(running)).registration_endpoint, undefined)
  })

  it('lets one in of many who bring one token at once', async () => {
    const { door, running } = await given({ registration: 'gated' })
    const token = await running.issuer.invitations.make()
    const answers = await Promise.all(Array.from({ length: 15 }, () => door.register(ASKED, { token })))
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    assert.equal((await running.issuer.clients.list()).length, 1)
  })

  it('does not use a token up over a mistake, and takes none that has expired', async () => {
    const { door, running, clock } = await given({ registration: 'gated' })
    const token = await running.issuer.invitations.make(HOUR)
    assert.equal((await door.register({}, { token })).status, 400)
    const other = await running.issuer.invitations.make(HOUR)
    assert.equal((await door.register(ASKED, { token })).status, 201)
    clock.now += HOUR
    assert.equal((await door.register(ASKED, { token: other })).status, 401)
  })

  it('keeps no token as it is', async () => {
    const db = new DatabaseSync(':memory:')
    const { running } = await given({ registration: 'gated', db })
    const token = await running.issuer.invitations.make()
    const rows = JSON.stringify(db.prepare('select * from artifacts').all(), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    )
    assert.ok(rows.includes('RegistrationInvitation') && !rows.includes(token))
  })
})

describe('registration that is off', () => {
  it('is not there', async () => {
    const { door, running } = await given({ registration: 'off' })
    assert.equal((await door.register(ASKED)).status, 404)
    assert.ok(!('registration_endpoint' in (await metadataOf(running))))
    assert.deepEqual(await running.issuer.clients.list(), [])
  })

  it('is not what a spelling mistake means', async () => {
    const stores = storesOn(new DatabaseSync(':memory:'))
    const options = { issuer: 'http://127.0.0.1:1', resources: [], stores, sealingKey: randomBytes(32) }
    await assert.rejects(openIssuer({ ...options, registration: 'closed' as never }), TypeError)
    await assert.rejects(openIssuer({ ...options, redirectUris: ['javascript:alert(1)'] }), TypeError)
    await assert.rejects(openIssuer({ ...options, documents: { allow: ['https://a.example'] } }), TypeError)
  })
})
