import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type Gate, type Issued, startGate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send, visible, Wire } from './harness/http.ts'
import { checksumOf, neverMade, withOtherSecret } from './harness/keys.ts'
import { bearer, mirrored, post, speak } from './harness/mcp.ts'
import { EVERY, MODERN, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

const LISTING = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'

topic('E. What a refused key learns', () => {
  let gate: Gate
  let witness: Witness
  let key: Issued
  let other: Issued
  let foreign: Issued
  let revoked: Issued
  let expired: Issued

  setUp(async () => {
    witness = await Witness.start()
    const upstream = { url: witness.url() }
    gate = await startGate({
      servers: {
        mine: { upstream, access: ['api-key'] },
        other: { upstream, access: ['api-key'] },
        acme: { upstream, access: ['api-key'], tenant: 'acme' },
        globex: { upstream, access: ['api-key'], tenant: 'globex' },
      },
    })
    ;[key, other, foreign, revoked, expired] = await Promise.all([
      gate.key('mine'),
      gate.key('other'),
      gate.key('acme'),
      gate.key('mine'),
      gate.key('mine', '--expires', '1s'),
    ])
    await gate.ask('keys', 'revoke', revoked.id)
    await pause(1100)
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const ask = (headers: HeaderFields, server = 'mine'): Promise<Answer> => post(gate.mcp(server), LISTING, headers)

  function assertRefused(answer: Answer, status: number, error: string, challenge: string | undefined): void {
    assert.equal(answer.status, status)
    assert.equal(answer.json().error, error)
    assert.deepEqual(Object.keys(answer.json()), ['error', 'error_description'])
    assert.equal(answer.headers['content-type'], 'application/json')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['www-authenticate'], challenge)
  }

  const REALM = 'Bearer realm="portcullis"'
  const INVALID = `${REALM}, error="invalid_token"`

  function messageOf(revision: Revision): { body: string; headers: HeaderFields } {
    if (revision !== MODERN) return { body: LISTING, headers: { 'mcp-protocol-version': revision } }
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': MODERN,
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    return {
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } }),
      headers: mirrored('tools/list'),
    }
  }

  scenario(
    'without a key: 401 key_missing, and a challenge that names no error and no metadata',
    { for: 'refused key; RS-02, RS-03, RS-06', on: EVERY },
    async (revision) => {
      const { body, headers } = messageOf(revision)
      const answer = await post(gate.mcp('mine'), body, headers)

      assertRefused(answer, 401, 'key_missing', REALM)
      assert.equal(
        answer.text,
        '{"error":"key_missing","error_description":"This server needs an API key: send it as \\"Authorization: Bearer pcls_…\\" or as \\"X-API-Key\\"."}',
      )
    },
  )

  scenario(
    'with a key that opens nothing: 401 key_invalid, alike in every revision',
    { for: 'refused key; RS-02, RS-06', on: EVERY },
    async (revision) => {
      const { body, headers } = messageOf(revision)
      const answer = await post(gate.mcp('mine'), body, { ...headers, ...bearer(neverMade()) })

      assertRefused(answer, 401, 'key_invalid', INVALID)
      assert.equal(answer.text, '{"error":"key_invalid","error_description":"The API key is not valid here."}')
    },
  )

  scenario('GET and DELETE without a key are refused in the same words', { for: 'refused key; TL-17' }, async () => {
    const [posted, ...others] = await Promise.all([
      ask({}),
      send(gate.mcp('mine'), { method: 'GET', headers: { 'mcp-session-id': 'x'.repeat(32) } }),
      send(gate.mcp('mine'), { method: 'DELETE', headers: { 'mcp-session-id': 'x'.repeat(32) } }),
    ])

    for (const answer of others) assert.deepEqual(visible(answer), visible(posted))
  })

  scenario(
    'a key that was cut, mistyped or is no key is called malformed, which anybody could compute',
    { for: 'refused key' },
    async () => {
      const { key: text } = key
      const cut = text.slice(0, -1)
      const longer = `${text}x`
      const mistyped = text.slice(0, 30) + (text[30] === 'A' ? 'B' : 'A') + text.slice(31)
      const url = `pclu_${text.slice(5, -6)}`
      const stranger = neverMade().replace('pcls_', 'pk_')
      for (const malformed of [cut, longer, mistyped, url + checksumOf(url), stranger, 'x', '~']) {
        assertRefused(await ask(bearer(malformed)), 401, 'key_malformed', INVALID)
        assertRefused(await ask({ 'x-api-key': malformed }), 401, 'key_malformed', INVALID)
      }
      for (const authorization of [
        'Basic dXNlcjpwYXNz',
        'Bearer',
        'Bearer ',
        text,
        `Bearer ${text}, Bearer ${text}`,
        '"',
      ]) {
        assertRefused(await ask({ authorization }), 401, 'key_malformed', INVALID)
      }
    },
  )

  scenario(
    'unknown, wrong secret, other server, other tenant: the same bytes',
    { for: 'refused key: identical in answer' },
    async () => {
      const unknown = await ask(bearer(neverMade()))
      const others = {
        'wrong secret': await ask(bearer(withOtherSecret(key.key))),
        'other server': await ask(bearer(other.key)),
        'other tenant': await ask(bearer(foreign.key), 'globex'),
        'key of a tenant': await ask(bearer(foreign.key)),
        'wrong secret of a revoked key': await ask(bearer(withOtherSecret(revoked.key))),
        'wrong secret of an expired key': await ask(bearer(withOtherSecret(expired.key))),
        'a revoked key on another server': await ask(bearer(revoked.key), 'other'),
        'an expired key on another server': await ask(bearer(expired.key), 'other'),
      }

      assertRefused(unknown, 401, 'key_invalid', INVALID)
      for (const [what, answer] of Object.entries(others)) assert.deepEqual(visible(answer), visible(unknown), what)
    },
  )

  scenario(
    'unknown, wrong secret and other server take the same time',
    { for: 'refused key: identical in time', timeout: 60_000 },
    async () => {
      const cases = [neverMade(), withOtherSecret(key.key), other.key]
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const times: number[][] = cases.map(() => [])
      for (let round = 0; round < 400; round++) {
        for (const [index, text] of cases.entries()) times[index]?.push(await timed(agent, gate.mcp('mine'), text))
      }
      agent.destroy()

      const medians = times.map((each) => each.slice(50).sort((a, b) => a - b)[175] as number)
      const [least, most] = [Math.min(...medians), Math.max(...medians)]
      assert.ok(most - least < Math.max(0.1, 0.25 * least), `medians in ms: ${medians.join(', ')}`)
    },
  )

  scenario('expired and revoked are told to whoever holds the whole key', { for: 'refused key' }, async () => {
    const answers = [await ask(bearer(expired.key)), await ask(bearer(revoked.key))] as const

    assertRefused(answers[0], 401, 'key_expired', INVALID)
    assert.equal(answers[0].text, '{"error":"key_expired","error_description":"The API key has expired."}')
    assertRefused(answers[1], 401, 'key_revoked', INVALID)
    assert.equal(answers[1].text, '{"error":"key_revoked","error_description":"The API key was revoked."}')
  })

  scenario(
    'a key may come as Bearer, in any case, as X-API-Key, or as both when they agree',
    { for: 'API keys: Bearer and X-API-Key', on: EVERY },
    async (revision) => {
      for (const headers of [
        { authorization: `Bearer ${key.key}` },
        { authorization: `bearer   ${key.key}` },
        { authorization: `BEARER ${key.key}` },
        { 'x-api-key': key.key },
        { 'X-Api-Key': key.key, authorization: `Bearer ${key.key}` },
      ]) {
        const speaker = await speak(gate.mcp('mine'), revision, headers)
        assert.equal((await speaker.request('tools/list')).status, 200)
      }
    },
  )

  scenario('a request that says two things is nobody’s: 400', { for: 'API keys: both must agree; RS-07' }, async () => {
    const refused = `${REALM}, error="invalid_request"`
    const differing = await ask({ ...bearer(key.key), 'x-api-key': other.key })
    const wrongBeside = await ask({ ...bearer(key.key), 'x-api-key': 'x' })
    const twice = await ask({ authorization: [`Bearer ${key.key}`, `Bearer ${key.key}`] })
    const twiceDiffering = await ask({ authorization: [`Bearer ${key.key}`, `Bearer ${other.key}`] })
    const apiKeyTwice = await ask({ 'x-api-key': [key.key, key.key] })

    assertRefused(differing, 400, 'credentials_conflict', refused)
    assertRefused(wrongBeside, 400, 'credentials_conflict', refused)
    for (const answer of [twice, twiceDiffering, apiKeyTwice]) {
      assertRefused(answer, 400, 'credential_repeated', refused)
    }
  })

  scenario('a key in the query, in a cookie or in the body counts for nothing', { for: 'refused key' }, async () => {
    const inQuery = await post(`${gate.mcp('mine')}?api_key=${key.key}&access_token=${key.key}`, LISTING)
    const inCookie = await ask({ cookie: `authorization=Bearer ${key.key}` })
    const inBody = await send(gate.mcp('mine'), {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${key.key}`,
    })

    for (const answer of [inQuery, inCookie, inBody]) assertRefused(answer, 401, 'key_missing', REALM)
  })

  scenario(
    'no answer offers OAuth: no resource_metadata, and no metadata document',
    { for: 'refused key; never offers OAuth' },
    async () => {
      for (const headers of [{}, bearer('x'), bearer(neverMade()), bearer(expired.key), bearer(revoked.key)]) {
        const { rawHeaders, text } = await ask(headers)
        assert.doesNotMatch(`${rawHeaders.join('\n')}\n${text}`, /resource_metadata|authorization_uri|oauth|scope=/i)
      }
      const nowhere = visible(await send(`${gate.url}/nowhere`, { method: 'GET' }))
      for (const path of [
        '/.well-known/oauth-protected-resource',
        '/.well-known/oauth-protected-resource/mine/mcp',
        '/.well-known/oauth-authorization-server',
        '/.well-known/oauth-authorization-server/mine/mcp',
        '/.well-known/openid-configuration',
        '/mine/mcp/.well-known/openid-configuration',
        '/authorize',
        '/register',
        '/token',
      ]) {
        assert.deepEqual(visible(await send(gate.url + path, { method: 'GET' })), nowhere, path)
      }
    },
  )

  scenario(
    'a stranger’s body is not read: no 100 Continue, and the connection ends',
    { for: 'Order of work: no body read, no state' },
    async () => {
      const wire = await Wire.open(gate.port)
      wire.write(
        `POST /mine/mcp HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\nContent-Type: application/json\r\n` +
          'Content-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n',
      )
      await wire.closed()

      assert.deepEqual(wire.statuses, [401])
      assert.match(wire.text, /\r\nconnection: close\r\n/i)
    },
  )

  scenario('nothing of all this came to the server behind, but what had the key', { for: 'story 2' }, async () => {
    witness.forget()
    await Promise.all([
      ask({}),
      ask(bearer('x')),
      ask(bearer(neverMade())),
      ask(bearer(expired.key)),
      ask(bearer(revoked.key)),
    ])
    assert.equal(witness.heard.length, 0)

    assert.equal((await ask(bearer(key.key))).status, 200)
    assert.equal(witness.heard.length, 1)
    const { rawHeaders } = witness.heard[0] ?? { rawHeaders: [] }
    assert.doesNotMatch(rawHeaders.join('\n'), /pcls_|authorization|x-api-key/i)
  })
})

/** Milliseconds until the whole answer is there. */
function timed(agent: Agent, url: string, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    const startedAt = performance.now()
    const asking = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(performance.now() - startedAt))
    })
    asking.on('error', reject)
    asking.end(LISTING)
  })
}
