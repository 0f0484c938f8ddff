import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/index.ts'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { givenConfidential, givenPublic, Party, post, REDIRECT } from '../party.ts'

const db = new DatabaseSync(':memory:')
const events: IssuerEvent[] = []
let running: RunningIssuer
before(async () => {
  running = await startIssuer({ db, onEvent: (event) => events.push(event) })
})
after(() => running.close())

const WANTED = { name: 'A service', redirectUris: ['https://service.example/cb'], confidential: true }

async function created(more: object = {}) {
  const client = await running.issuer.clients.create({ ...WANTED, ...more })
  assert.ok(client.kind === 'created', JSON.stringify(client))
  return client
}

describe('a client that the operator makes', () => {
  it('gets an id that is no URL and no account’s, and a secret that is kept nowhere', async () => {
    const { clientId, secret } = await created()
    const accounts = await running.stores.accounts.list()

    assert.match(clientId, /^client\.[0-9a-z]{24}$/)
    assert.match(String(secret), /^[A-Za-z0-9_-]{43}$/)
    assert.ok(accounts.every(({ id }) => !id.includes('.')))
    const metadata = await running.issuer.clients.find(clientId)
    assert.notEqual(metadata?.client_secret, secret)
    const rows = db.prepare('select * from clients where client_id = ?').all(clientId)
    const kept = Buffer.from(rows[0]?.metadata as Uint8Array).toString('latin1')
    assert.ok(!kept.includes(String(secret)) && !kept.includes('redirect_uris'))
    assert.ok(events.some((event) => event.type === 'client.created' && event.clientId === clientId))
    assert.ok(!JSON.stringify(events).includes(String(secret)))
  })

  it('that is public gets none', async () => {
    const { secret } = await created({ confidential: false })
    assert.equal(secret, undefined)
  })

  it('may have an application’s scheme, for the operator names it; what is never allowed still is not', async () => {
    await created({ redirectUris: ['com.example.app:/oauth'] })
    for (const uri of ['javascript:alert(1)', 'http://service.example/cb', 'https://service.example/#x', 'nonsense']) {
      const refused = await running.issuer.clients.create({ ...WANTED, redirectUris: [uri] })
      assert.deepEqual([refused.kind, 'error' in refused && refused.error], ['refused', 'invalid_redirect_uri'], uri)
    }
  })

  it('is listed with all others, a page at a time', async () => {
    const { clientId } = await created({ name: 'Listed' })
    const all = await running.issuer.clients.list()
    const listed = all.find((client) => client.clientId === clientId)
    assert.deepEqual(
      [listed?.name, listed?.origin, listed?.isConfidential, listed?.redirectUris],
      ['Listed', 'created', true, WANTED.redirectUris],
    )
    const [first] = await running.issuer.clients.list({ limit: 1 })
    const rest = await running.issuer.clients.list({ after: String(first?.clientId) })
    assert.equal(rest.length, all.length - 1)
  })
})

describe('a confidential client', () => {
  it('shows its secret in the form or in the header, one way at a time, each time', async () => {
    const party = await givenConfidential(running)
    const secret = String(party.proof.client_secret)
    const basic = `Basic ${Buffer.from(`${party.id}:${secret}`).toString('base64')}`
    const token = party.at('token')
    const refresh = { grant_type: 'refresh_token', refresh_token: 'none' }

    const byForm = await party.ask('token', refresh)
    const byHeader = await post(token, refresh, { authorization: basic })
    assert.deepEqual([byForm.body.error, byHeader.body.error], ['invalid_grant', 'invalid_grant'])

    const without = await post(token, { ...refresh, client_id: party.id })
    assert.deepEqual([without.status, without.body.error], [401, 'invalid_client'])
    const both = await post(token, { ...refresh, client_id: party.id, client_secret: secret }, { authorization: basic })
    assert.equal(both.body.error, 'invalid_request')
    const { tokens } = { tokens: await party.tokens() }
    const stolen = await new Party(running, party.id).refresh(tokens.refresh_token)
    assert.equal(stolen.status, 401)
  })

  it('is refused with a wrong secret, with nothing, and with what the database holds', async () => {
    const party = await givenConfidential(running)
    const stored = String((await running.issuer.clients.find(party.id))?.client_secret)
    for (const secret of [stored, `${party.proof.client_secret}x`, String(party.proof.client_secret).slice(1), 'x']) {
      const answer = await party.ask('token', {
        grant_type: 'refresh_token',
        refresh_token: 'x',
        client_secret: secret,
      })
      assert.deepEqual([answer.status, answer.body.error], [401, 'invalid_client'], secret)
    }
    const basic = `Basic ${Buffer.from(`${party.id}:wrong`).toString('base64')}`
    const answer = await post(party.at('token'), { grant_type: 'refresh_token' }, { authorization: basic })
    assert.match(String(answer.headers.get('www-authenticate')), /^Basic/)
  })
})

describe('guesses at secrets', () => {
  it('end after twenty, at every endpoint that takes one, for that client from that network', async () => {
    const guessed = await startIssuer()
    const party = await givenConfidential(guessed)
    const other = await givenConfidential(guessed)
    const guess = (client: Party, path = 'token') =>
      post(client.at(path), { client_id: client.id, client_secret: 'guess', token: 'x', grant_type: 'refresh_token' })
    const statuses: number[] = []
    for (let n = 0; n < 25; n++) statuses.push((await guess(party)).status)

    assert.deepEqual([...new Set(statuses.slice(0, 20))], [401])
    assert.deepEqual([...new Set(statuses.slice(20))], [429])
    assert.equal((await guess(party, 'revoke')).status, 429)
    assert.equal((await guess(party, 'introspect')).status, 429)
    const blocked = await guess(party)
    assert.ok(Number(blocked.headers.get('retry-after')) > 0)
    assert.notEqual(blocked.body.error, 'invalid_client')
    assert.equal((await other.ask('token', { grant_type: 'refresh_token', refresh_token: 'x' })).status, 400)
    await guessed.close()
  })

  it('end after a hundred from one network, whoever is guessed at; who has shown the right secret there goes on', async () => {
    const guessed = await startIssuer()
    const [proven, newcomer] = [await givenConfidential(guessed), await givenConfidential(guessed)]
    const { access_token: token } = await proven.tokens()
    assert.equal((await proven.ask('introspect', { token })).body.active, true)
    const guess = (id: string) => post(proven.at('revoke'), { client_id: id, client_secret: 'guess', token })
    for (let n = 0; n < 100; n++) assert.equal((await guess(`client.${n}`)).status, 401)

    assert.equal((await guess('client.another')).status, 429)
    assert.equal((await newcomer.ask('introspect', { token })).status, 429)
    assert.equal((await proven.ask('introspect', { token })).body.active, true)
    for (let n = 0; n < 20; n++) assert.equal((await guess(proven.id)).status, 401)
    assert.equal((await guess(proven.id)).status, 429)
    await guessed.close()
  })

  it('of a neighbour keep out no client that has shown the right secret there', async () => {
    const guessed = await startIssuer()
    const proven = await givenConfidential(guessed)
    const { access_token: token } = await proven.tokens()
    for (let n = 0; n < 30; n++)
      assert.equal((await proven.ask('introspect', { token: 'x', client_secret: 'guess' })).status, 401)

    assert.equal((await proven.ask('introspect', { token })).body.active, true)
    await guessed.close()
  })

  it('are counted for one client however its id is spelled', async () => {
    const guessed = await startIssuer()
    const party = await givenConfidential(guessed)
    const hex = (text: string) => `%${text.charCodeAt(0).toString(16)}`
    const statuses: number[] = []
    for (let n = 0; n < 21; n++) {
      const id = `${party.id.slice(0, n)}${hex(party.id.charAt(n))}${party.id.slice(n + 1)}`
      const authorization = `Basic ${Buffer.from(`${id}:guess`).toString('base64')}`
      statuses.push((await post(party.at('token'), { grant_type: 'refresh_token' }, { authorization })).status)
    }

    assert.deepEqual([statuses.slice(0, 20).every((status) => status === 401), statuses[20]], [true, 429])
    await guessed.close()
  })

  it('are not what right secrets count as, however many', async () => {
    const party = await givenConfidential(running)
    for (let n = 0; n < 40; n++) {
      const answer = await party.ask('token', { grant_type: 'refresh_token', refresh_token: 'x' })
      assert.equal(answer.status, 400)
    }
  })
})

describe('a client that is shut out', () => {
  for (const [what, make] of Object.entries({
    'registered itself': givenPublic,
    'the operator made': givenConfidential,
  })) {
    it(`and ${what} loses what it had at once, gets nothing new, and can be let in again`, async () => {
      const party = await make(running)
      const tokens = await party.tokens()
      const pending = await party.code()

      assert.ok(await running.issuer.clients.block(party.id))

      const refused = await party.refresh(tokens.refresh_token)
      assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_client'])
      assert.equal((await party.redeem(pending)).status, 401)
      const page = await fetch(party.authorizationUrl(), { redirect: 'manual' })
      assert.equal(page.status, 400)
      assert.equal(page.headers.get('location'), null)
      const ended = await running.stores.revocations.news(Math.floor(Date.now() / 1000))
      assert.ok(ended.some(({ kind, id }) => kind === 'client' && id === party.id))
      assert.deepEqual(await Array.fromAsync(running.issuer.grants.list({ clientId: party.id })), [])
      assert.ok(events.some((event) => event.type === 'client.blocked' && event.clientId === party.id))

      assert.ok(await running.issuer.clients.approve(party.id))
      assert.notEqual((await party.refresh(tokens.refresh_token)).status, 200)
      assert.notEqual((await party.tokens()).refresh_token, '')
    })
  }

  it('is no longer known when it is deleted', async () => {
    const party = await givenPublic(running)
    const tokens = await party.tokens()
    assert.ok(await running.issuer.clients.delete(party.id))
    assert.deepEqual(await Array.fromAsync(running.issuer.grants.list({ clientId: party.id })), [])
    const ended = await running.stores.revocations.news(Math.floor(Date.now() / 1000))
    assert.ok(ended.some(({ kind, id }) => kind === 'client' && id === party.id))
    assert.notEqual((await party.refresh(tokens.refresh_token)).status, 200)
    assert.equal(await running.issuer.clients.view(party.id), undefined)
    assert.ok(!(await running.issuer.clients.delete(party.id)))
    assert.ok(!(await running.issuer.clients.block(party.id)))
    assert.ok(!(await running.issuer.clients.approve(party.id)))
  })

  it('was approved unused and stays, when nobody has let it in for a day', async () => {
    const party = await givenPublic(running)
    await running.issuer.clients.approve(party.id)
    assert.equal((await running.issuer.clients.view(party.id))?.expiresAt, undefined)
  })
})

describe('where a client may send people (requirements AS-21, AS-22)', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['http://127.0.0.1/cb', 'http://127.0.0.1:51234/cb', true],
    ['http://127.0.0.1:33418/cb', 'http://127.0.0.1:51234/cb', true],
    ['http://127.0.0.1:33418/cb', 'http://127.0.0.1/cb', true],
    ['http://localhost:8080/cb', 'http://localhost:9/cb', true],
    ['http://[::1]/cb', 'http://[::1]:51234/cb', true],
    ['http://127.0.0.1:33418', 'http://127.0.0.1:51234', true],
    ['http://127.0.0.1/cb?a=b', 'http://127.0.0.1:1/cb?a=b', true],
    ['http://localhost/cb', 'http://127.0.0.1:1/cb', false],
    ['http://127.0.0.1/cb', 'http://localhost:1/cb', false],
    ['http://127.0.0.1/cb', 'http://[::1]:1/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1/cb/', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1/CB', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1/cb?x=1', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1/cb#x', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1/other/../cb', false],
    ['http://127.0.0.1/cb', 'https://127.0.0.1:1/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1@evil.example/cb', false],
    ['http://127.0.0.1/cb', 'http://u@127.0.0.1:1/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1.evil.example/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1\\@evil.example/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:1 /cb', false],
    ['http://127.0.0.1/cb', 'http://127.1/cb', false],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:99999/cb', false],
    ['https://a.example/cb', 'https://a.example:8443/cb', false],
    ['https://a.example/cb', 'https://a.example/cb/', false],
    ['https://a.example/cb', 'https://A.example/cb', false],
    ['https://a.example/cb', 'https://a.example/cb?x=1', false],
    ['https://a.example/cb', 'https://a.example/cb', true],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp/oauth/callback', true],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp:1/oauth/callback', false],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://evil/oauth/callback', false],
  ]
  for (const [registered, asked, isFine] of cases) {
    it(`${asked} is ${isFine ? 'fine' : 'refused'} for one that registered ${registered}`, async () => {
      const body = JSON.stringify({ redirect_uris: [registered] })
      const headers = { 'content-type': 'application/json' }
      const own = await startIssuer()
      try {
        const made = await fetch(`${own.url}/oauth/register`, { method: 'POST', headers, body })
        assert.equal(made.status, 201)
        const { client_id: id } = (await made.json()) as { client_id: string }
        const url = new Party(own, id).authorizationUrl({ redirect_uri: asked })
        const page = await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } })
        if (isFine) assert.match(String(page.headers.get('location')), /\/oauth\/interaction\//)
        else assert.deepEqual([page.status, page.headers.get('location')], [400, null])
      } finally {
        await own.close()
      }
    })
  }

  it('is where it goes in the end: an application gets its code by its scheme', async () => {
    const uri = 'cursor://anysphere.cursor-mcp/oauth/callback'
    const party = await givenPublic(running, { redirect_uris: [uri] })
    const { code, verifier } = await party.code({ redirect_uri: uri })
    assert.equal((await party.redeem({ code, verifier }, { redirect_uri: uri })).status, 200)
  })

  it('is the same for clients of the operator: any port on loopback', async () => {
    const party = await givenConfidential(running)
    const uri = REDIRECT.replace(':9/', ':40123/')
    const { code, verifier } = await party.code({ redirect_uri: uri })
    assert.equal((await party.redeem({ code, verifier }, { redirect_uri: uri })).status, 200)
  })
})
