import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import type { ClientOrigin } from '@portcullis/auth/store'
import { Consents, isProven } from '../../src/consent/index.ts'
import { Vault } from '../../src/vault/index.ts'
import { storesOn } from '../given.ts'

const CLIENT = {
  client_name: 'An app',
  redirect_uris: ['https://app.example/a', 'https://app.example/b'],
  token_endpoint_auth_method: 'none',
}
const ASKED = {
  accountId: 'ada',
  clientId: 'https://app.example/client.json',
  client: CLIENT,
  redirectUri: 'https://app.example/a',
  resource: 'https://gate.example/mcp',
  scopes: ['read', 'write'],
}

async function givenConsent(origin: ClientOrigin = 'document', given = ASKED) {
  const clock = { now: 1_000_000 }
  const vault = new Vault(storesOn(new DatabaseSync(':memory:')).artifacts, new Uint8Array(32))
  const consents = new Consents({ vault, originOf: async () => origin, now: () => clock.now })
  await consents.remember(given)
  return { consents, clock }
}

describe('remembered consent', () => {
  it('covers the same and less, for ninety days', async () => {
    const { consents, clock } = await givenConsent()

    assert.equal(await consents.covers(ASKED), true)
    assert.equal(await consents.covers({ ...ASKED, scopes: ['read'] }), true)
    clock.now += 90 * 86_400
    assert.equal(await consents.covers(ASKED), false)
  })

  it('covers nothing else: more, nothing, another person, client, server or host', async () => {
    const { consents } = await givenConsent()
    const others = [
      { scopes: ['read', 'admin'] },
      { scopes: [] },
      { accountId: 'eve' },
      { clientId: 'https://other.example/client.json' },
      { resource: 'https://gate.example/other' },
      { redirectUri: 'https://elsewhere.example/a' },
    ]

    for (const other of others)
      assert.equal(await consents.covers({ ...ASKED, ...other }), false, JSON.stringify(other))
  })

  it('ends when the client describes itself differently (AS-35), not when it says the same in another order', async () => {
    const { consents } = await givenConsent()
    const changes = [
      { redirect_uris: [...CLIENT.redirect_uris, 'https://app.example/c'] },
      { client_name: 'Your bank' },
      { token_endpoint_auth_method: 'private_key_jwt' },
      { jwks: { keys: [] } },
      { jwks_uri: 'https://app.example/jwks' },
    ]

    for (const change of changes) {
      assert.equal(await consents.covers({ ...ASKED, client: { ...CLIENT, ...change } }), false, JSON.stringify(change))
    }
    const turned = {
      ...CLIENT,
      redirect_uris: [...CLIENT.redirect_uris].reverse(),
      logo_uri: 'https://app.example/new',
    }
    assert.equal(await consents.covers({ ...ASKED, client: turned }), true)
  })

  it('is never kept for who registered itself, nor where it goes on at a device (AS-59)', async () => {
    const web = 'https://app.example/a'
    assert.equal(isProven('created', web), true)
    assert.equal(isProven('document', web), true)
    assert.equal(isProven('registered', web), false)
    for (const uri of [
      'http://127.0.0.1:1/a',
      'http://[::1]/a',
      'http://localhost/a',
      'https://localhost/a',
      'cursor://a/b',
    ]) {
      assert.equal(isProven('document', uri), false, uri)
      assert.equal(isProven('created', uri), false, uri)
    }
    const { consents } = await givenConsent('registered')
    assert.equal(await consents.covers(ASKED), false)
  })

  it('ends when the person withdraws it, for one client or for all', async () => {
    const { consents } = await givenConsent()
    await consents.remember({ ...ASKED, clientId: 'https://other.example/client.json' })
    await consents.withdraw('ada', ASKED.clientId)

    assert.equal(await consents.covers(ASKED), false)
    assert.equal(await consents.covers({ ...ASKED, clientId: 'https://other.example/client.json' }), true)
    await consents.withdraw('ada')
    assert.equal(await consents.covers({ ...ASKED, clientId: 'https://other.example/client.json' }), false)
  })
})
