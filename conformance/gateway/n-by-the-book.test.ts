import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { type Gate, startGate } from './harness/gate.ts'
import { bearer, speak, textOf } from './harness/mcp.ts'
import { givenPerson, type Person, REDIRECT } from './harness/sign-in.ts'
import { EVERY, LEGACY, MODERN, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Running, startFixture } from './harness/upstreams.ts'

const http = { [oauth.allowInsecureRequests]: true } as const

/** Where a client of a revision finds the authorization server, with nothing but the MCP URL. */
async function discover(mcp: string, revision: Revision): Promise<oauth.AuthorizationServer & { scope?: string }> {
  const asked = await fetch(mcp, { method: 'POST', body: '{}', headers: { 'mcp-protocol-version': revision } })
  assert.equal(asked.status, 401)
  // The first revision knows the origin alone (requirements LG-01).
  if (revision === '2025-03-26') return metadataAt(`${new URL(mcp).origin}/.well-known/oauth-authorization-server`)
  const challenge = asked.headers.get('www-authenticate') ?? ''
  const [, metadataUrl = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  const [, scope = ''] = /scope="([^"]+)"/.exec(challenge) ?? []
  const resource = (await (await fetch(metadataUrl)).json()) as {
    resource: string
    authorization_servers: [string]
    scopes_supported: string[]
  }
  assert.equal(resource.resource, mcp)
  const [issuer] = resource.authorization_servers
  const name = revision === '2025-11-25' ? 'openid-configuration' : 'oauth-authorization-server'
  const metadata = await metadataAt(`${issuer}/.well-known/${name}`)
  assert.equal(metadata.issuer, issuer)
  // What the challenge asks for is known from 2025-11-25 on.
  return revision === '2025-06-18' ? metadata : { ...metadata, scope }
}

async function metadataAt(url: string): Promise<oauth.AuthorizationServer> {
  const response = await fetch(url)
  assert.equal(response.status, 200, url)
  return (await response.json()) as oauth.AuthorizationServer
}

async function register(as: oauth.AuthorizationServer, metadata: Partial<oauth.Client>): Promise<oauth.Client> {
  const request = { redirect_uris: [REDIRECT], ...metadata }
  const registered = await oauth.dynamicClientRegistrationRequest(as, request, http)
  return oauth.processDynamicClientRegistrationResponse(registered)
}

function authorizationUrl(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  parameters: Record<string, string>,
): string {
  const url = new URL(as.authorization_endpoint as string)
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge_method: 'S256',
    ...parameters,
  }).toString()
  return url.href
}

topic('N. Signing in: by the book, with certified clients', () => {
  let gate: Gate
  let fixture: Running
  let person: Person

  setUp(async () => {
    fixture = await startFixture()
    gate = await startGate({ servers: { notes: { upstream: { url: fixture.url }, access: ['oauth'] } } })
    person = await givenPerson(gate)
  })
  tearDown(async () => {
    await gate?.stop()
    await fixture?.stop()
  })

  /** Registers, lets the person sign in, and redeems the code. */
  async function signIn(revision: Revision, mcp = gate.mcp('notes')) {
    const as = await discover(mcp, revision)
    const metadata = {
      client_name: `A client of ${revision}`,
      token_endpoint_auth_method: 'none',
      ...(revision === MODERN ? { application_type: 'native' } : {}),
    }
    const client = await register(as, metadata)
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    // Resource indicators came with the second revision.
    const resource = revision === '2025-03-26' ? {} : { resource: mcp }
    const url = authorizationUrl(as, client, {
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      state,
      ...resource,
      ...(as.scope === undefined ? {} : { scope: as.scope }),
    })
    const back = await person.open(url)
    const answer = oauth.validateAuthResponse(as, client, back, state)
    const response = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), answer, REDIRECT, verifier, {
      ...http,
      additionalParameters: resource,
    })
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response)
    return { as, client, tokens, back }
  }

  scenario('discovery, registration, sign-in, call, refresh', { for: 'story 2', on: EVERY }, async (revision) => {
    const { as, client, tokens, back } = await signIn(revision)
    const speaker = await speak(gate.mcp('notes'), revision, bearer(tokens.access_token))
    const first = await speaker.request('tools/call', { name: 'test_simple_text', arguments: {} })
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', http)
    const refreshed = await oauth.processRefreshTokenResponse(as, client, response)
    const again = await speak(gate.mcp('notes'), revision, bearer(refreshed.access_token))
    const second = await again.request('tools/call', { name: 'test_simple_text', arguments: {} })

    assert.equal(back.searchParams.get('iss'), as.issuer)
    assert.match(textOf(first), /simple text/)
    assert.match(textOf(second), /simple text/)
  })

  scenario(
    'a session outlives a refresh, and is nobody else’s',
    { for: 'IT-30, TL-16', on: LEGACY },
    async (revision) => {
      const { as, client, tokens } = await signIn(revision)
      const speaker = await speak(gate.mcp('notes'), revision, bearer(tokens.access_token))
      const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token ?? '', http)
      const refreshed = await oauth.processRefreshTokenResponse(as, client, response)
      const stranger = await signIn(revision)
      const own = await speaker.request('tools/list', {}, { headers: bearer(refreshed.access_token) })
      const foreign = await speaker.request('tools/list', {}, { headers: bearer(stranger.tokens.access_token) })

      assert.equal(own.status, 200)
      assert.equal(foreign.status, 404)
    },
  )

  scenario('a revoked token is refused on the next request', { for: 'RFC 7009' }, async () => {
    const { as, client, tokens } = await signIn(MODERN)
    const before = await speak(gate.mcp('notes'), MODERN, bearer(tokens.access_token))
    const good = await before.request('tools/list')
    const revoked = await oauth.revocationRequest(as, client, oauth.None(), tokens.access_token, http)
    await oauth.processRevocationResponse(revoked)
    const bad = await before.request('tools/list')

    assert.equal(good.status, 200)
    assert.equal(bad.status, 401)
  })

  scenario('openid-client, from discovery to refresh', { for: 'story 2' }, async () => {
    const execute = [openid.allowInsecureRequests]
    const registered = await openid.dynamicClientRegistration(
      new URL(gate.url),
      { client_name: 'openid-client', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' },
      openid.None(),
      { execute },
    )
    const verifier = openid.randomPKCECodeVerifier()
    const { href: url } = openid.buildAuthorizationUrl(registered, {
      redirect_uri: REDIRECT,
      scope: 'mcp:read mcp:write',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: gate.mcp('notes'),
      state: 'a-state',
    })
    const back = await person.open(url)
    const tokens = await openid.authorizationCodeGrant(registered, back, {
      pkceCodeVerifier: verifier,
      expectedState: 'a-state',
    })
    const refreshed = await openid.refreshTokenGrant(registered, tokens.refresh_token ?? '')
    const speaker = await speak(gate.mcp('notes'), MODERN, bearer(refreshed.access_token))
    const called = await speaker.request('tools/call', { name: 'test_simple_text', arguments: {} })

    assert.match(textOf(called), /simple text/)
  })

  scenario('who says no gives nothing, and the client hears it', { for: 'consent' }, async () => {
    const as = await discover(gate.mcp('notes'), MODERN)
    const client = await register(as, { client_name: 'No' })
    const url = authorizationUrl(as, client, {
      code_challenge: 'x'.repeat(43),
      resource: gate.mcp('notes'),
      state: 'a-state',
    })
    const back = await person.open(url, 'deny')

    assert.equal(back.searchParams.get('error'), 'access_denied')
    assert.equal(back.searchParams.get('state'), 'a-state')
    assert.equal(back.searchParams.get('iss'), as.issuer)
    assert.equal(back.searchParams.get('code'), null)
  })
})

topic('N. Signing in: several servers behind one issuer', () => {
  let gate: Gate
  let fixture: Running
  let person: Person

  setUp(async () => {
    fixture = await startFixture()
    const server = { upstream: { url: fixture.url }, access: ['oauth'] }
    gate = await startGate({ servers: { one: server, other: server, keys: { ...server, access: ['api-key'] } } })
    person = await givenPerson(gate)
  })
  tearDown(async () => {
    await gate?.stop()
    await fixture?.stop()
  })

  scenario(
    'each has metadata of its own, the host has none, and a server without sign-in has none',
    { for: 'RS-24' },
    async () => {
      const at = (path: string) => fetch(`${gate.url}/.well-known/oauth-protected-resource${path}`)
      const [one, other, keys, root] = await Promise.all([at('/one/mcp'), at('/other/mcp'), at('/keys/mcp'), at('')])
      const refused = await fetch(gate.mcp('keys'), { method: 'POST', body: '{}' })

      assert.equal(((await one.json()) as { resource: string }).resource, gate.mcp('one'))
      assert.equal(((await other.json()) as { resource: string }).resource, gate.mcp('other'))
      assert.equal(keys.status, 404)
      assert.equal(root.status, 404)
      assert.ok(!refused.headers.get('www-authenticate')?.includes('resource_metadata'), 'nobody is sent to sign in')
    },
  )

  scenario('a token for one opens no other', { for: 'RS-44; audience of a sibling server' }, async () => {
    const as = await metadataAt(`${gate.url}/.well-known/oauth-authorization-server`)
    const client = await register(as, { client_name: 'A' })
    const verifier = oauth.generateRandomCodeVerifier()
    const url = authorizationUrl(as, client, {
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      resource: gate.mcp('one'),
    })
    const answer = oauth.validateAuthResponse(as, client, await person.open(url), oauth.expectNoState)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      answer,
      REDIRECT,
      verifier,
      http,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response)
    const ask = (server: string) =>
      fetch(gate.mcp(server), {
        method: 'POST',
        headers: { ...bearer(tokens.access_token), 'content-type': 'application/json' },
        body: '{}',
      })
    const [own, sibling, keys] = await Promise.all([ask('one'), ask('other'), ask('keys')])

    assert.equal(own.status, 400, 'let in, and told that this is no message')
    assert.equal(sibling.status, 401)
    assert.match(sibling.headers.get('www-authenticate') ?? '', /error="invalid_token".*other\/mcp"/)
    assert.equal(keys.status, 403, 'it takes no tokens; a 401 would send the client to sign in elsewhere on this host')
  })

  scenario('a client that names none is asked which, and no token is made', { for: 'LG-05' }, async () => {
    const as = await metadataAt(`${gate.url}/.well-known/oauth-authorization-server`)
    const client = await register(as, { client_name: 'A' })
    const url = authorizationUrl(as, client, { code_challenge: 'x'.repeat(43) })
    const response = await person.browser.get(url)

    assert.equal(response.status, 400)
    assert.match(await response.text(), /invalid_target/)
  })
})
