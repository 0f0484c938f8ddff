import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { curl, inspector, sdkV1, sdkV2, sdkV2Modern } from './harness/clients.ts'
import { filesBelow, type Gate, startGate } from './harness/gate.ts'
import { type Answer, EventStream, send, visible, Wire } from './harness/http.ts'
import { neverMade, withOtherSecret } from './harness/keys.ts'
import { bearer, initialize, post, postFields, speak, textOf, toolNames } from './harness/mcp.ts'
import { until } from './harness/processes.ts'
import { EVERY, LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'
import { Nasty } from './servers/nasty.ts'
import { Witness } from './servers/witness.ts'

const LISTING = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const METHODS = ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT', 'PATCH'] as const

interface Made {
  readonly id: string
  readonly url: string
  readonly secret: string
}

topic('F. Unlisted URLs', () => {
  let gate: Gate
  let witness: Witness
  let nasty: Nasty
  let journal: Journal
  let hidden: Made
  let both: Made
  let revoked: Made
  let expired: Made
  let overStdio: Made
  let broken: Made
  let key: string
  /** Every byte that came back from the gate in these scenarios. */
  const heard: Buffer[] = []

  setUp(async () => {
    ;[witness, nasty] = await Promise.all([Witness.start(), Nasty.start()])
    journal = journaledProgram()
    const upstream = { url: witness.url() }
    gate = await startGate({
      log: { level: 'trace' },
      record: { stderr: true },
      limits: { headersTimeout: '1s', bodyTimeout: '1s', upstreamHeadersTimeout: '500ms' },
      cors: { origins: ['https://app.example.com'] },
      servers: {
        hidden: { upstream, access: ['unlisted'] },
        both: { upstream, access: ['api-key', 'unlisted'] },
        keyed: { upstream, access: ['api-key'] },
        program: { upstream: journal.upstream, access: ['unlisted'] },
        broken: { upstream: { url: nasty.url('resets') }, access: ['unlisted'] },
      },
    })
    ;[hidden, both, revoked, expired, overStdio, broken] = await Promise.all([
      gate.secret('hidden'),
      gate.secret('both'),
      gate.secret('hidden'),
      gate.secret('hidden', '--expires', '1s'),
      gate.secret('program'),
      gate.secret('broken'),
    ])
    key = (await gate.key('both')).key
    await gate.ask('urls', 'revoke', revoked.id)
    await pause(1100)
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
    nasty?.close()
  })

  async function keeping(asking: Promise<Answer>): Promise<Answer> {
    const answer = await asking
    heard.push(Buffer.from(answer.rawHeaders.join('\n')), answer.bytes)
    return answer
  }
  const ask = (path: string, method: string = 'POST', headers = {}): Promise<Answer> =>
    keeping(
      send(gate.url + path, {
        method,
        headers: postFields(headers),
        ...(method === 'POST' ? { body: JSON.stringify(LISTING) } : {}),
      }),
    )

  scenario('the whole URL is all that it takes', { for: 'Unlisted URLs', on: EVERY }, async (revision) => {
    for (const made of [hidden, both, overStdio]) {
      if (made === overStdio && revision === MODERN) continue
      const speaker = await speak(made.url, revision, {})
      const listed = await speaker.request('tools/list')
      await keeping(Promise.resolve(listed.answer))

      assert.ok(toolNames(listed).includes('echo'))
      assert.equal(listed.answer.headers['referrer-policy'], 'no-referrer')
      assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
    }
  })

  scenario('real clients need no header', { for: 'Unlisted URLs; story 2' }, async () => {
    for (const kind of [sdkV1, sdkV2, sdkV2Modern]) {
      const client = await kind.connect(hidden.url, undefined)
      assert.ok((await client.tools()).includes('echo'))
      await client.close()
    }
    const inspected = await inspector(hidden.url, undefined, '--method', 'tools/list')
    assert.equal(inspected.code, 0, inspected.stderr)
    const curled = await curl('--json', JSON.stringify(LISTING), hidden.url)
    assert.match(curled.stdout, /"echo"/)
  })

  scenario(
    'a wrong secret is the same 404 as each path where nothing is, whatever the verb',
    { for: 'Unlisted URLs: a wrong secret is a 404 like any unknown path' },
    async () => {
      const { secret } = hidden
      const paths = {
        'never made': `/hidden/mcp/${neverMade('pclu_')}`,
        'wrong secret of a good id': `/hidden/mcp/${withOtherSecret(secret)}`,
        'no secret at all': '/hidden/mcp/x',
        'an API key': `/both/mcp/${key}`,
        'of another server': `/both/mcp/${secret}`,
        'of a server that has none': `/keyed/mcp/${secret}`,
        'of a server that is not there': `/nobody/mcp/${secret}`,
        revoked: `/hidden/mcp/${revoked.secret}`,
        expired: `/hidden/mcp/${expired.secret}`,
        'cut by one': `/hidden/mcp/${secret.slice(0, -1)}`,
        'longer by one': `/hidden/mcp/${secret}x`,
        'a slash behind it': `/hidden/mcp/${secret}/`,
        'a slash in front': `/hidden/mcp//${secret}`,
        encoded: `/hidden/mcp/${secret.replace('_', '%5F')}`,
        'in upper case': `/hidden/mcp/${secret.toUpperCase()}`,
        'the server in upper case': `/Hidden/mcp/${secret}`,
        'the plain URL of a hidden server': '/hidden/mcp',
        'in the query': `/hidden/mcp?secret=${secret}`,
        'no server at all': '/nothing/here',
      }
      for (const method of METHODS) {
        const nowhere = visible(await ask('/nowhere/mcp/at/all', method))
        assert.equal((nowhere as { status: number }).status, 404)
        for (const [what, path] of Object.entries(paths)) {
          assert.deepEqual(visible(await ask(path, method)), nowhere, `${method}: ${what}`)
        }
      }
    },
  )

  scenario(
    'what clients derive from a secret URL leads nowhere',
    { for: 'Unlisted URLs: the well-known forms' },
    async () => {
      const { secret } = hidden
      const nowhere = visible(await ask('/nowhere', 'GET'))
      for (const path of [
        `/.well-known/oauth-protected-resource/hidden/mcp/${secret}`,
        `/.well-known/oauth-authorization-server/hidden/mcp/${secret}`,
        `/.well-known/openid-configuration/hidden/mcp/${secret}`,
        `/hidden/mcp/${secret}/.well-known/oauth-protected-resource`,
        `/hidden/mcp/${secret}/.well-known/oauth-authorization-server`,
        `/hidden/mcp/${secret}/.well-known/openid-configuration`,
        `/hidden/mcp/${secret}/sse`,
        `/hidden/mcp/${secret}/messages`,
        `/hidden/mcp/.well-known/${secret}`,
      ]) {
        assert.deepEqual(visible(await ask(path, 'GET')), nowhere, path)
      }
    },
  )

  scenario(
    'a secret URL comes alone: with another credential it is refused',
    { for: 'Unlisted URLs: another credential is refused', on: EVERY },
    async (revision) => {
      const speaker = await speak(both.url, revision, {})
      for (const headers of [bearer(key), { 'x-api-key': key }, bearer('x'), { authorization: 'Basic eA==' }]) {
        const { answer } = await speaker.request('tools/list', {}, { headers })
        assert.equal(answer.status, 400)
        assert.equal(answer.json().error, 'credentials_conflict')
        assert.equal(answer.headers['referrer-policy'], 'no-referrer')
      }
      // Who does not hold the secret learns nothing by adding a credential
      const wrong = await ask(`/both/mcp/${neverMade('pclu_')}`, 'POST', bearer(key))
      assert.deepEqual(visible(wrong), visible(await ask('/nowhere', 'POST')))
    },
  )

  scenario(
    'a session belongs to the URL it was opened with',
    { for: 'Unlisted URLs; TL-17', on: LEGACY },
    async (revision) => {
      const second = await gate.secret('hidden')
      const speaker = await speak(hidden.url, revision, {})
      const session = { 'mcp-session-id': speaker.session as string }
      const byOther = await post(second.url, LISTING, session)
      const byKey = await post(gate.mcp('both'), LISTING, { ...bearer(key), ...session })

      assert.equal((await speaker.request('tools/list')).status, 200)
      assert.equal(byOther.status, 404)
      assert.equal(byKey.status, 404)
    },
  )

  scenario(
    'a rotated URL is good until the overlap ends; a revoked one ends at once, its streams too',
    { for: 'Unlisted URLs; story 4' },
    async () => {
      const old = await gate.secret('hidden')
      const { url } = await gate.ask<{ url: string }>('urls', 'rotate', old.id, '--overlap', '2s')
      assert.equal((await post(old.url, LISTING)).status, 200)
      assert.equal((await post(url, LISTING)).status, 200)

      const third = await gate.secret('hidden')
      const speaker = await speak(third.url, '2025-11-25', {})
      const stream = await EventStream.open(third.url, { method: 'GET', headers: speaker.headers })
      await gate.ask('urls', 'revoke', third.id)
      const revokedAt = performance.now()
      assert.ok((await stream.ended()) - revokedAt < 400)
      assert.equal((await post(third.url, LISTING)).status, 404)
      await until('the overlap ends', async () => (await post(old.url, LISTING)).status === 404, 3000)
      assert.equal((await post(url, LISTING)).status, 200)
    },
  )

  scenario(
    'pages of a named origin may use it, and its address is still kept from referrers',
    { for: 'Unlisted URLs: Referrer-Policy; TR-04' },
    async () => {
      const origin = 'https://app.example.com'
      const preflight = await ask(`/hidden/mcp/${hidden.secret}`, 'OPTIONS', {
        origin,
        'access-control-request-method': 'POST',
      })
      const elsewhere = await ask('/nowhere', 'OPTIONS', { origin, 'access-control-request-method': 'POST' })
      const answer = await ask(`/hidden/mcp/${hidden.secret}`, 'POST', { origin })

      assert.equal(preflight.status, 204)
      assert.deepEqual(visible(preflight), visible(elsewhere), 'a preflight tells nothing')
      assert.equal(answer.status, 200)
      assert.equal(answer.headers['referrer-policy'], 'no-referrer')
      assert.equal(answer.headers['access-control-allow-origin'], origin)
    },
  )

  scenario(
    'errors of every kind say nothing of the secret',
    { for: 'Unlisted URLs: cut before any log, metric, event or error' },
    async () => {
      const { secret } = hidden
      const path = `/hidden/mcp/${secret}`
      // Refusals of the gate
      await keeping(post(hidden.url, '{"a":'))
      await keeping(post(hidden.url, 'x'.repeat(5 * 1024 * 1024)).catch(() => ask('/nowhere')))
      await keeping(send(hidden.url, { method: 'PUT' }))
      await keeping(send(hidden.url, { headers: { 'content-type': 'text/plain' }, body: 'x' }))
      await keeping(post(hidden.url, { ...LISTING, method: 'no/such' }))
      await ask(path, 'POST', { 'mcp-session-id': 'x'.repeat(32) })
      await ask(path, 'POST', { 'mcp-protocol-version': 'x' })
      await ask(path, 'GET', { origin: 'https://evil.example' })
      await ask(path, 'GET', { host: 'evil.example' })
      await ask(`${path}?${'x'.repeat(3000)}`)
      // Failures of the upstream
      const failed = await keeping(post(broken.url, LISTING))
      assert.equal(failed.status, 502)
      assert.equal(failed.headers['referrer-policy'], 'no-referrer')
      // What the parser refuses
      for (const text of [
        `GET ${path} HTTP/9.9\r\n\r\n`,
        `GET ${path}\r\n\r\n`,
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n`,
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
        `POST http://127.0.0.1:${gate.port}${path} HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\nContent-Length: 0\r\n\r\n`,
        `CONNECT ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n`,
        `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${gate.port}\r\nReferer: ${hidden.url}\r\nContent-Length: 5\r\n\r\n`,
        `${secret}\r\n\r\n`,
      ]) {
        const wire = await Wire.open(gate.port)
        wire.write(text)
        await until('an answer or an end', () => wire.isClosed || wire.statuses.length > 0)
        heard.push(Buffer.from(wire.text))
        wire.close()
      }
      // Who leaves in the middle
      const stream = await EventStream.open(hidden.url, {
        headers: postFields(),
        body: JSON.stringify({ ...LISTING, method: 'tools/call', params: { name: 'hold' } }),
      })
      stream.close()
      heard.push(Buffer.from(stream.raw))
    },
  )

  scenario(
    'the secrets stand in nothing that the gate keeps, logs, tells or sends on',
    { for: 'Unlisted URLs: cut before any log, metric, event or error' },
    async () => {
      const all = [hidden, both, revoked, expired, overStdio, broken]
      await initialize(hidden.url, '2025-11-25')
      const told = await Promise.all([
        gate.command('audit', 'query', '--limit', '10000', '--json'),
        gate.command('audit', 'query', '--limit', '10000'),
        gate.command('urls', 'list', '--json'),
        gate.command('urls', 'list'),
        gate.command('urls', 'revoke', revoked.secret),
        gate.command('urls', 'rotate', revoked.secret),
      ])
      const places: [string, string][] = [
        ...filesBelow(gate.directory).map((file): [string, string] => [file, readFileSync(file, 'latin1')]),
        ['the log', gate.log],
        ['stdout', gate.stdout],
        ['answers', Buffer.concat(heard).toString('latin1')],
        ...told.map(({ stdout, stderr }, index): [string, string] => [`command ${index}`, stdout + stderr]),
        ...witness.heard.map(({ path, rawHeaders, body }): [string, string] => [
          'the upstream',
          `${path}${rawHeaders}${body}`,
        ]),
        ...nasty.hits.map((hit): [string, string] => ['the upstream', hit]),
        ['the program', journal.lines().join('\n')],
      ]

      assert.ok(gate.log.length > 10_000, 'the log has something to say')
      assert.ok((told[0]?.stdout.length ?? 0) > 5000, 'the record has something to say')
      for (const { secret } of all) {
        // The middle of it is as telling as the whole
        const telling = secret.slice(22, 65)
        for (const [place, text] of places) assert.ok(!text.includes(telling), place)
      }
    },
  )
})
