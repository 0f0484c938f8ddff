import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { authorize, Browser, type RunningIssuer, startIssuer } from '../given.ts'
import { claimsOf, type Fields, givenConfidential, givenPublic, type Party, REDIRECT } from '../party.ts'

describe('the authorization endpoint', () => {
  let running: RunningIssuer
  let client: Party
  before(async () => {
    running = await startIssuer()
    client = await givenPublic(running)
  })
  after(() => running.close())

  const ask = (fields: Fields, by = client) => fetch(by.authorizationUrl(fields), { redirect: 'manual' })
  /** What the client is told by way of the browser, should the person follow the link (requirements AS-57). */
  const refusal = async (fields: Fields, by = client) => {
    const response = await ask({ state: 's', ...fields }, by)
    const page = await response.text()
    const href = /class="button"[^>]* href="([^"]+)"/.exec(page)?.[1]
    const location = response.headers.get('location') ?? href?.replaceAll('&#38;', '&')
    if (location === undefined) throw new Error(`${response.status} ${page.slice(page.indexOf('<main'))}`)
    const url = new URL(location, running.url)
    if (url.hash !== '') url.search = url.hash.slice(1)
    return url
  }

  it('asks for the default scopes when a client names none, or an empty one', async () => {
    for (const fields of [{}, { scope: '' }]) {
      const tokens = await client.tokens(fields)
      assert.equal(claimsOf(tokens.access_token).scope, 'mcp:read mcp:write')
    }
  })

  it('knows a resource by a trailing slash or other letters of its host, and puts its own spelling in the token', async () => {
    const other = running.resource.replace('http://', 'HTTP://')
    for (const resource of [`${running.resource}/`, other, [running.resource, `${running.resource}/`]]) {
      const code = await client.code({ resource })
      const { status, body } = await client.redeem(code, { resource: `${running.resource}/` })
      assert.equal(status, 200)
      assert.equal(claimsOf(body.access_token as string).aud, running.resource)
    }
    assert.equal(claimsOf((await client.tokens({ resource: '' })).access_token).aud, running.resource)
  })

  it('refuses resources that it does not serve, and several (AS-54)', async () => {
    for (const resource of [
      'https://other.example/mcp',
      `${running.resource}#x`,
      `${running.resource}/x`,
      'mcp',
      [running.resource, 'https://other.example/mcp'],
    ]) {
      const back = await refusal({ resource })
      assert.deepEqual([back.origin, back.searchParams.get('error')], [new URL(REDIRECT).origin, 'invalid_target'])
    }
    const code = await client.code()
    const several = await client.redeem(code, { resource: [running.resource, 'https://other.example/mcp'] })
    assert.deepEqual([several.status, several.body.error], [400, 'invalid_target'])
  })

  it('answers errors with state and issuer (AS-55, AS-110)', async () => {
    const { searchParams } = await refusal({ response_type: 'token' })
    assert.equal(searchParams.get('state'), 's')
    assert.equal(searchParams.get('iss'), running.url)
  })

  it('issues codes alone (AS-50)', async () => {
    for (const type of ['token', 'id_token', 'code token', 'none', '']) {
      const back = await refusal({ response_type: type, response_mode: 'query' })
      assert.match(back.searchParams.get('error') ?? '', /unsupported_response_type|invalid_request/, type)
    }
  })

  it('takes S256 challenges alone, and none from nobody (AS-52)', async () => {
    const service = await givenConfidential(running)
    for (const [fields, by] of [
      [{ code_challenge_method: 'plain' }, client],
      [{ code_challenge_method: '' }, client],
      [{ code_challenge: '', code_challenge_method: '' }, client],
      [{ code_challenge: '', code_challenge_method: '' }, service],
    ] as const) {
      const back = await refusal(fields, by)
      assert.equal(back.searchParams.get('error'), 'invalid_request')
    }
  })

  it('refuses parameters that come twice (AS-53)', async () => {
    for (const [name, value] of [
      ['state', 's'],
      ['scope', 'mcp:read'],
      ['response_type', 'code'],
      ['code_challenge', 'x'.repeat(43)],
    ] as const) {
      const back = await refusal({ [name]: [value, value] })
      assert.deepEqual([name, back.searchParams.get('error')], [name, 'invalid_request'])
    }
    for (const [name, value] of [
      ['client_id', client.id],
      ['redirect_uri', REDIRECT],
    ] as const) {
      const { status, headers } = await ask({ [name]: [value, value] })
      assert.deepEqual([name, status, headers.get('location')], [name, 400, null])
    }
  })

  it('redirects to nobody whom it does not know (AS-51)', async () => {
    for (const fields of [
      { client_id: 'unknown' },
      { client_id: '' },
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: `${REDIRECT}/x`, resource: 'https://other.example/mcp' },
    ]) {
      const { status, headers } = await ask(fields)
      assert.deepEqual([status, headers.get('location')], [400, null])
    }
  })

  it('is none for pages of other origins, and tokens are (AS-10)', async () => {
    const origin = { origin: 'https://app.example' }
    const page = await fetch(client.authorizationUrl(), { redirect: 'manual', headers: origin })
    const asked = await fetch(client.authorizationUrl(), { method: 'OPTIONS', headers: origin })
    for (const { headers } of [page, asked]) {
      assert.deepEqual(
        [...headers.keys()].filter((name) => name.startsWith('access-control')),
        [],
      )
    }
    for (const path of ['token', 'revoke', 'register']) {
      const preflight = await fetch(client.at(path), {
        method: 'OPTIONS',
        headers: { ...origin, 'access-control-request-method': 'POST' },
      })
      assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, '*'], path)
      const answer = await fetch(client.at(path), { method: 'POST', headers: origin })
      assert.equal(answer.headers.get('access-control-allow-origin'), '*', path)
      assert.equal(answer.headers.get('access-control-allow-credentials'), null)
    }
    const closed = await fetch(client.at('introspect'), { method: 'POST', headers: origin })
    assert.equal(closed.headers.get('access-control-allow-origin'), null)
  })

  it('asks a person again whose client cannot prove who it is (AS-59)', async () => {
    const browser = new Browser()
    await authorize(client.authorizationUrl(), { browser })

    const again = authorize(client.authorizationUrl(), { browser, answer: 'deny' })

    assert.equal((await again).searchParams.get('error'), 'access_denied')
  })

  it('knows nothing of keys of the gate that come along', async () => {
    const headers = { authorization: 'Bearer pcls_x_y', 'x-api-key': 'pcls_x_y' }
    const { code, verifier } = await client.code()
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, client_id: client.id }
    const answer = await fetch(client.at('token'), { method: 'POST', headers, body: new URLSearchParams(fields) })
    assert.equal(answer.status, 200)
  })

  it('takes bodies as forms, of a bounded length', async () => {
    const json = await fetch(client.at('token'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'authorization_code' }),
    })
    assert.equal(json.status, 400)
    assert.equal(((await json.json()) as { error: string }).error, 'invalid_request')
    const long = await fetch(client.at('token'), {
      method: 'POST',
      body: new URLSearchParams({ code: 'x'.repeat(70_000) }),
    })
    assert.equal(long.status, 413)
    assert.equal((await fetch(client.at('token'))).status, 405)
  })
})
