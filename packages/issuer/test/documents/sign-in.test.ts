import assert from 'node:assert/strict'
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { SignJWT } from 'jose'
import { outboundOption } from '../../src/admission/index.ts'
import type { IssuerEvent, IssuerOptions } from '../../src/index.ts'
import { Outbound } from '../../src/outbound/index.ts'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { type Authority, givenAuthority, givenHost, givenNames, type Host } from '../outbound/given-host.ts'
import { Party } from '../party.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = { ...(publicKey.export({ format: 'jwk' }) as JsonWebKey), kid: 'k1', alg: 'ES256', use: 'sig' }

/** Documents by path: what they say beyond the least. Undefined is answered with 404. */
const published = new Map<string, object>()

describe('signing in for a client that names itself by a document', () => {
  let authority: Authority
  let host: Host
  const ends: (() => Promise<void>)[] = []
  before(async () => {
    authority = givenAuthority()
    host = await givenHost(authority, (request, response) => {
      const path = String(request.url)
      const more = published.get(path)
      if (path === '/keys') return response.writeHead(200).end(JSON.stringify({ keys: [KEY] }))
      if (more === undefined) return response.writeHead(404).end()
      const said = { client_id: id(path), client_name: 'A document', redirect_uris: ['http://127.0.0.1:1/callback'] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...said, ...more }))
    })
  })
  after(async () => {
    for (const end of ends) await end()
    await host.close()
  })

  const id = (path: string) => `https://client.test:${host.port}${path}`

  async function given(options: Partial<IssuerOptions> = {}): Promise<RunningIssuer> {
    const { resolve } = givenNames({ 'client.test': [['127.0.0.1']], 'inside.example': [['169.254.169.254']] })
    const outbound = new Outbound({ allowsLoopback: true, resolve, ca: authority.ca })
    const running = await startIssuer({ [outboundOption]: outbound, ...options })
    ends.push(running.close)
    return running
  }

  const metadataOf = async ({ url }: RunningIssuer) =>
    (await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json()) as Readonly<Record<string, unknown>>

  const assertion = (running: RunningIssuer, clientId: string, more: object = {}, key = privateKey) =>
    new SignJWT({ jti: crypto.randomUUID(), ...more })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(running.url)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key)
  const byKey = async (running: RunningIssuer, clientId: string, ...rest: [object?, typeof privateKey?]) => ({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(running, clientId, ...rest),
  })

  it('is announced in the metadata, and works from the first request to a refresh, on any loopback port', async () => {
    published.set('/client.json', {})
    const running = await given()
    const metadata = await metadataOf(running)
    assert.equal(metadata.client_id_metadata_document_supported, true)

    const party = new Party(running, id('/client.json'))
    const tokens = await party.tokens()
    assert.equal((await party.refresh(tokens.refresh_token)).status, 200)

    const view = await running.issuer.clients.view(party.id)
    assert.deepEqual([view?.origin, view?.name, typeof view?.usedAt], ['document', 'A document', 'number'])
    assert.equal(await running.issuer.clients.originOf(party.id), 'document')
  })

  it('leaves nothing behind when nobody lets it in', async () => {
    published.set('/client.json', {})
    const running = await given()
    await fetch(new Party(running, id('/client.json')).authorizationUrl(), { redirect: 'manual' })
    assert.deepEqual(await running.issuer.clients.list(), [])
  })

  const refusals: Record<string, readonly [path: string, said: object | undefined, reason: RegExp]> = {
    'is not there': ['/gone.json', undefined, /its server answered 404/],
    'names another client': ['/other.json', { client_id: 'https://client.test/x' }, /its client_id is another one/],
    'has no name': ['/nameless.json', { client_name: undefined }, /it has no client_name/],
    'holds a secret': ['/secret.json', { client_secret: 'x' }, /it holds a shared secret/],
    'does not lead where the person would be sent': [
      '/elsewhere.json',
      { redirect_uris: ['http://127.0.0.1/other'] },
      /invalid_redirect_uri/,
    ],
  }
  for (const [why, [path, said, reason]] of Object.entries(refusals)) {
    it(`ends on a page, not with a redirect, when the document ${why}`, async () => {
      if (said !== undefined) published.set(path, said)
      const running = await given()
      const url = new Party(running, id(path)).authorizationUrl({ state: 'a-state' })
      const page = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } })
      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
      assert.match(String(page.headers.get('content-type')), /^text\/html/)
      assert.match(await page.text(), reason)
    })
  }

  it('ends on the same page when its host leads inside and when there is none; only the operator is told', async () => {
    const events: IssuerEvent[] = []
    const running = await given({ onEvent: (event) => events.push(event) })
    const seen = async (host: string) => {
      const url = new Party(running, `https://${host}/client.json`).authorizationUrl()
      const page = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } })
      const token = await new Party(running, `https://${host}/other.json`).refresh('some-token')
      return [page.status, (await page.text()).replaceAll(host, 'HOST'), token.status, JSON.stringify(token.body)]
    }

    const inside = await seen('inside.example')
    assert.deepEqual(inside, await seen('nowhere.example'))
    assert.match(String(inside[1]), /there was no answer/)
    const told = events.filter(({ type }) => type === 'document.refused').map(({ detail }) => detail)
    assert.deepEqual(
      told.map((detail) => [detail?.reason, detail?.host, detail?.network]),
      [
        ['address', 'inside.example', '127.0.0.0/24'],
        ['unreachable', 'nowhere.example', '127.0.0.0/24'],
      ],
    )
  })

  it('asks again later, and does not end a client, when the host cannot be reached', async () => {
    const running = await given()
    const party = new Party(running, 'https://nowhere.example/client.json')
    const answer = await party.refresh('some-token')
    assert.deepEqual([answer.status, answer.body.error], [503, 'temporarily_unavailable'])
  })

  it('takes a client that must prove itself only with its key, from its key set', async () => {
    const path = '/keyed.json'
    published.set(path, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: id('/keys') })
    const running = await given()
    const party = new Party(running, id(path))
    const without = await party.redeem(await party.code())
    assert.deepEqual([without.status, without.body.error], [401, 'invalid_client'])

    const proof = await byKey(running, party.id)
    const code = await party.code()
    const answer = await party.redeem(code, proof)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    const refresh = String(answer.body.refresh_token)

    const replayed = await party.refresh(refresh, proof)
    assert.deepEqual([replayed.status, replayed.body.error], [401, 'invalid_client'])
    const { privateKey: strange } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    assert.equal((await party.refresh(refresh, await byKey(running, party.id, {}, strange))).status, 401)
    assert.equal((await party.refresh(refresh, await byKey(running, party.id))).status, 200)
  })

  it('takes a client that can do both with its key and without (as ChatGPT publishes it)', async () => {
    const path = '/both.json'
    published.set(path, {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      jwks_uri: id('/keys'),
    })
    const running = await given()
    const party = new Party(running, id(path))
    assert.equal((await party.redeem(await party.code())).status, 200)
    const proof = await byKey(running, party.id)
    assert.equal((await party.redeem(await party.code(), proof)).status, 200)
    const { privateKey: strange } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const forged = await byKey(running, party.id, {}, strange)
    assert.equal((await party.redeem(await party.code(), forged)).status, 401)
  })

  it('asks no key set that leads inside', async () => {
    const path = '/inside.json'
    published.set(path, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://inside.example/keys' })
    const running = await given()
    const party = new Party(running, id(path))
    const answer = await party.redeem(await party.code(), await byKey(running, party.id))
    assert.notEqual(answer.status, 200)
    assert.ok(!JSON.stringify(answer.body).includes('169.254'))
  })

  it('ends when the operator blocks its URL, used or not', async () => {
    published.set('/client.json', {})
    const events: IssuerEvent[] = []
    const running = await given({ onEvent: (event) => events.push(event) })
    const party = new Party(running, id('/client.json'))
    const tokens = await party.tokens()

    assert.ok(await running.issuer.clients.block(party.id))

    assert.notEqual((await party.refresh(tokens.refresh_token)).status, 200)
    const page = await fetch(party.authorizationUrl(), { redirect: 'manual' })
    assert.deepEqual([page.status, page.headers.get('location')], [400, null])
    assert.ok(events.some(({ type, clientId }) => type === 'client.blocked' && clientId === party.id))
    assert.ok(events.some(({ type, clientId }) => type === 'grant.revoked' && clientId === party.id))

    const never = id('/never-seen.json')
    assert.ok(await running.issuer.clients.block(never))
    const before = host.asked.length
    await fetch(new Party(running, never).authorizationUrl(), { redirect: 'manual' })
    assert.equal(host.asked.length, before)
  })

  it('is for those the operator names where no host is trusted', async () => {
    published.set('/client.json', {})
    const running = await given({ documents: { allow: [] } })
    const party = new Party(running, id('/client.json'))
    const page = await fetch(party.authorizationUrl(), { redirect: 'manual' })
    assert.equal(page.status, 400)

    await running.issuer.clients.approve(party.id)
    assert.equal((await running.issuer.clients.view(party.id))?.name, `client.test:${host.port}`)
    assert.notEqual((await party.tokens()).access_token, '')
  })

  it('is not there when it is off', async () => {
    published.set('/client.json', {})
    const running = await given({ documents: 'off' })
    const before = host.asked.length
    const page = await fetch(new Party(running, id('/client.json')).authorizationUrl(), { redirect: 'manual' })
    assert.equal(page.status, 400)
    assert.equal(host.asked.length, before)
    const metadata = await metadataOf(running)
    assert.ok(!('client_id_metadata_document_supported' in metadata))
  })
})
