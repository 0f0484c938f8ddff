import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, type Party, REDIRECT, toForm } from '../party.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('how much a request may say', () => {
  let running: RunningIssuer
  let client: Party
  before(async () => {
    running = await startIssuer()
    client = await givenPublic(running)
  })
  after(() => running.close())

  const send = async (path: string, init: RequestInit = {}) => {
    const begun = performance.now()
    const response = await fetch(`${running.url}${path}`, { redirect: 'manual', ...init })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, seconds: (performance.now() - begun) / 1000 }
  }
  const post = (path: string, body: string) => send(path, { method: 'POST', body, headers: FORM })

  it('counts parameters before it reads them: tens of thousands cost nothing', async () => {
    const distinct = Array.from({ length: 12_000 }, (_, n) => n.toString(36)).join('&')
    const many = ['&a'.repeat(30_000), distinct, '&resource=a'.repeat(5000), '&'.repeat(60_000)]
    for (const path of ['authorize', 'token', 'revoke', 'introspect', 'interaction/x', 'jwks']) {
      for (const body of many) {
        const { status, seconds } = await post(`/oauth/${path}`, `client_id=${client.id}${body}`)
        assert.ok(status >= 400 && status < 500, `${path} ${status}`)
        assert.ok(seconds < 1, `${path} took ${seconds} s`)
      }
      const { status, seconds } = await send(`/oauth/${path}?${'&a'.repeat(4000)}`)
      assert.ok(status >= 400 && status < 500 && seconds < 1, `${path} ${status} ${seconds}`)
      assert.ok((await send(`/oauth/${path}?${'&a'.repeat(7000)}`, { method: 'POST' })).seconds < 1, path)
    }
  })

  it('takes 50 parameters and no more, and tells people on a page', async () => {
    const { search } = new URL(client.authorizationUrl())
    const asked = search.slice(1)
    const left = 50 - asked.split('&').length
    for (const ask of [
      (query: string) => send(`/oauth/authorize?${query}`),
      (form: string) => post('/oauth/authorize', form),
    ]) {
      assert.equal((await ask(`${asked}${'&a=b'.repeat(left)}`)).status, 303)
      const { status, headers, text } = await ask(`${asked}${'&a=b'.repeat(left + 1)}`)
      assert.deepEqual([status, headers.get('content-type')], [400, 'text/html; charset=utf-8'])
      assert.match(text, /invalid_request/)
    }
    const refused = await post('/oauth/token', `grant_type=refresh_token${'&a'.repeat(50)}`)
    assert.deepEqual([refused.status, JSON.parse(refused.text).error], [400, 'invalid_request'])
  })

  it('takes 2 KiB of state and 8 KiB in all', async () => {
    for (const [fields, expected] of [
      [{ state: 's'.repeat(2048) }, 303],
      [{ state: 's'.repeat(2049) }, 400],
      [{ state: ['s', 's'.repeat(2049)] }, 400],
      [{ login_hint: 's'.repeat(7000) }, 303],
      [{ login_hint: 's'.repeat(8192) }, 400],
      [{ unknown: 's'.repeat(8192) }, 400],
    ] as const) {
      const { search } = new URL(client.authorizationUrl(fields))
      assert.equal((await send(`/oauth/authorize${search}`)).status, expected)
      assert.equal((await post('/oauth/authorize', search.slice(1))).status, expected)
    }
  })

  it('refuses what is said twice, by either way, and what it does not do', async () => {
    const asked = { client_id: client.id, redirect_uri: REDIRECT, response_type: 'code', code_challenge_method: 'S256' }
    for (const fields of [
      { ...asked, code_challenge: ['x'.repeat(43), 'y'.repeat(43)] },
      { ...asked, client_id: [client.id, client.id], code_challenge: 'x'.repeat(43) },
      { ...asked, code_challenge: 'x'.repeat(43), request: 'x' },
      { ...asked, code_challenge: 'x'.repeat(43), request_uri: 'https://client.example/r' },
    ]) {
      const form = toForm({ ...fields, resource: running.resource }).toString()
      assert.equal((await post('/oauth/authorize', form)).status, 400)
      assert.equal((await send(`/oauth/authorize?${form}`)).status, 400)
    }
  })

  it('is asked for authorization by GET and POST alone', async () => {
    for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
      const { status, headers } = await send(`/oauth/authorize?client_id=${client.id}`, { method })
      assert.deepEqual([status, headers.get('allow')], [405, 'GET, POST'], method)
    }
  })
})
