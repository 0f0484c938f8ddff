import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import { authorize, type RunningIssuer, startIssuer } from './given.ts'

const insecure = { [oauth.allowInsecureRequests]: true } as const
const REDIRECT = 'http://127.0.0.1:9/callback'

describe('the code flow, as a certified client sees it', () => {
  let running: RunningIssuer
  let as: oauth.AuthorizationServer
  before(async () => {
    running = await startIssuer()
    const issuer = new URL(running.url)
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    // A URL object would add a slash to the identifier (requirements IT-01).
    as = (await found.json()) as oauth.AuthorizationServer
  })
  after(() => running.close())

  it('from registration to refresh', async () => {
    assert.equal(as.issuer, running.url)
    const registered = await oauth.dynamicClientRegistrationRequest(
      as,
      { client_name: 'A test', redirect_uris: [REDIRECT] },
      insecure,
    )
    assert.equal(registered.status, 201, await registered.clone().text())
    const client = (await registered.json()) as oauth.Client
    assert.equal(client.token_endpoint_auth_method, 'none')

    const verifier = oauth.generateRandomCodeVerifier()
    const url = new URL(as.authorization_endpoint as string)
    const state = oauth.generateRandomState()
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      resource: running.resource,
      state,
    }).toString()
    const back = await authorize(url.href)
    const parameters = oauth.validateAuthResponse(as, client, back, state)
    assert.equal(back.searchParams.get('iss'), running.url)

    const answer = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT, verifier, {
      ...insecure,
      additionalParameters: { resource: running.resource },
    })
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer)
    const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1] as string, 'base64url').toString())
    assert.equal(claims.iss, running.url)
    assert.equal(claims.aud, running.resource)
    assert.equal(claims.scope, 'mcp:read mcp:write')
    assert.equal(claims.exp - claims.iat, 900)
    assert.equal(typeof claims.grant_id, 'string')
    assert.equal(typeof claims.jti, 'string')

    const again = await oauth.refreshTokenGrantRequest(
      as,
      client,
      oauth.None(),
      tokens.refresh_token as string,
      insecure,
    )
    const refreshed = await oauth.processRefreshTokenResponse(as, client, again)
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
    assert.equal(refreshed.scope, 'mcp:read mcp:write')
  })
})
