import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { type RunningIssuer, startIssuer } from './given.ts'
import { givenPublic, type Party, REDIRECT } from './party.ts'

const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
const PATHS = [
  ...['authorize', 'authorize/x', 'authorize/', 'token', 'register', 'register/x', 'revoke', 'introspect', 'jwks'],
  ...['interaction/x', 'interaction/', 'interaction/x/next', 'nothing', ''],
].map((path) => `/oauth/${path}`)
const ACCOUNT = ['/account', '/account/', '/account/setup', '/account/link', '/account/password', '/account/x']
const KNOWN = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
const NAMES = [
  ...[
    'client_id',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
    'resource',
    'code_challenge',
    'max_age',
    'prompt',
  ],
  ...[
    'code_challenge_method',
    'id_token_hint',
    'request',
    'request_uri',
    'claims',
    'grant_type',
    'code',
    'token',
    'form',
  ],
  ...['code_verifier', 'refresh_token', 'client_secret', 'client_assertion', 'client_assertion_type', 'nonce', 'do'],
  ...['name', 'password', 'registration', 'response_mode', 'asked', '__proto__', 'constructor', ''],
]
const TYPES = ['application/x-www-form-urlencoded', 'application/json', 'text/plain', 'multipart/form-data', 'x', '']

describe('what a stranger may send', () => {
  let running: RunningIssuer
  let client: Party
  const faults: unknown[] = []
  before(async () => {
    const authorizations = { minute: 1e6, hour: 1e6 }
    running = await startIssuer({ authorizations, onFault: (fault) => void faults.push(fault) })
    client = await givenPublic(running)
  })
  after(() => running.close())

  const odd = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('', '%', '%00', '%ff%fe', '\u0000', '[]', '{"a":', 'null', '-1', '9'.repeat(400), ' '.repeat(2000)),
    fc.constantFrom('code', 'S256', 'none', 'login consent', 'x'.repeat(43), REDIRECT, 'https://[', 'javascript:x'),
    fc.constantFrom(
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'mcp:read',
      'eyJhbGciOiJub25lIn0.e30.',
    ),
  )
  const right = () => ({
    ...{ client_id: client.id, redirect_uri: REDIRECT, response_type: 'code', resource: running.resource },
    ...{ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' },
  })
  const pairs = fc.record({
    isRight: fc.boolean(),
    said: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 8 })), odd), { maxLength: 12 }),
    isRaw: fc.boolean(),
  })
  type Pairs = { readonly isRight: boolean; readonly said: readonly [string, string][]; readonly isRaw: boolean }
  const encode = ({ isRight, said, isRaw }: Pairs): string => {
    const all = [...(isRight ? Object.entries(right()) : []), ...said]
    const text = isRaw ? all.map(([name, value]) => `${name}=${value}`).join('&') : `${new URLSearchParams(all)}`
    return text.replace(/[^\x21-\x7e]|#/g, '+')
  }
  const request = fc.record({
    method: fc.constantFrom(...METHODS),
    path: fc.constantFrom(...PATHS, ...ACCOUNT, ...KNOWN),
    query: fc.option(pairs),
    body: fc.option(fc.oneof(pairs, odd)),
    type: fc.constantFrom(...TYPES),
    headers: fc.dictionary(
      fc.constantFrom('authorization', 'cookie', 'accept', 'origin', 'sec-fetch-site', 'if-none-match'),
      fc.oneof(
        fc.constantFrom(
          'Bearer x',
          'Basic Og==',
          'Basic %',
          'Bearer eyJhbGciOiJub25lIn0.e30.',
          '*',
          'null',
          'text/html',
        ),
        fc.constantFrom(
          'portcullis-session=x; portcullis-session.sig=y',
          'portcullis-resume=x',
          ';;=;=',
          'same-origin',
        ),
        fc.stringMatching(/^[\x21-\x7e]{0,30}$/),
      ),
    ),
  })

  it('is answered within a second, and never as a fault of ours', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, query, body, type, headers }) => {
        const hasBody = body !== null && method !== 'GET' && method !== 'HEAD'
        const target = `${running.url}${path}${query === null ? '' : `?${encode(query)}`}`
        const response = await fetch(target, {
          ...{ method, redirect: 'manual', signal: AbortSignal.timeout(1000) },
          headers: { ...headers, ...(type === '' ? {} : { 'content-type': type }) },
          ...(hasBody ? { body: typeof body === 'string' ? body : encode(body) } : {}),
        })
        const text = await response.text()
        assert.ok(response.status < 500 || response.status === 503, `${response.status} ${text}`)
        assert.doesNotMatch(text, /\n\s+at |node_modules|file:\/\//)
        assert.deepEqual(faults, [])
      }),
      { numRuns: 1500, seed: 20_251_121 },
    )
  })
})
