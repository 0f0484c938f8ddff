import assert from 'node:assert/strict'
import { type Gate, startGate } from './harness/gate.ts'
import { type Answer, type HeaderFields, send, Wire } from './harness/http.ts'
import { bearer, postFields, speak } from './harness/mcp.ts'
import { scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

const LISTING = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const PAGE = 'https://app.example'

topic('L. Outside: names and pages', () => {
  let gate: Gate
  let witness: Witness
  let key: string
  let secret: string

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({
      publicUrl: 'https://gate.example',
      allowedHosts: ['inner.example:8443'],
      cors: { origins: [PAGE, 'http://localhost:5173'] },
      servers: { http: { upstream: { url: witness.url() }, access: ['api-key', 'unlisted'] } },
    })
    key = (await gate.key('http')).key
    secret = (await gate.secret('http')).secret
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const local = (): string => `http://127.0.0.1:${(gate.config.listen as { port: number }).port}`
  const port = (): number => Number(new URL(local()).port)
  const ask = (fields: HeaderFields = {}, path = '/http/mcp'): Promise<Answer> => {
    witness.forget()
    return send(local() + path, { headers: postFields({ ...bearer(key), ...fields }), body: LISTING })
  }

  scenario('it answers to its own names and to no other: 403', { for: 'TR-02; Host and Origin checks' }, async () => {
    for (const host of [
      ...['gate.example', 'GATE.example', 'inner.example:8443'],
      ...[`127.0.0.1:${port()}`, `localhost:${port()}`, `[::1]:${port()}`],
    ]) {
      assert.equal((await ask({ host })).status, 200, host)
    }
    for (const host of [
      ...['evil.example', 'gate.example.evil.example', 'evilgate.example', 'gate.example:8000', 'gate.example.'],
      ...['inner.example', '127.0.0.1', 'localhost', '0.0.0.0', `127.0.0.2:${port()}`, `localhost:${port() + 1}`],
      ...['gate.example@evil.example', 'gate.example, evil.example', ' ', `127.1:${port()}`],
    ]) {
      const answer = await ask({ host })
      assert.ok(answer.status === 403 || answer.status === 400, `${host}: ${answer.status}`)
      assert.equal(witness.heard.length, 0, host)
    }
    const refused = await ask({ host: 'evil.example' })
    assert.equal(refused.json().error, 'host_not_allowed')
    assert.match(refused.text, /allowedHosts/)
    assert.doesNotMatch(refused.text, /gate\.example|inner/)
  })

  scenario(
    'a request without Host, with two, or with a URL that names another, is refused',
    { for: 'TR-02, IT-39' },
    async () => {
      const head = (line: string, hosts: readonly string[]): string =>
        `${line}\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${LISTING.length}\r\nConnection: close\r\n\r\n${LISTING}`
      witness.forget()
      const cases: [string, string[]][] = [
        ['POST /http/mcp HTTP/1.1', []],
        ['POST /http/mcp HTTP/1.0', []],
        ['POST /http/mcp HTTP/1.1', ['gate.example', 'evil.example']],
        ['POST /http/mcp HTTP/1.1', ['evil.example', 'gate.example']],
        ['POST http://evil.example/http/mcp HTTP/1.1', ['gate.example']],
      ]
      for (const [line, hosts] of cases) {
        const wire = await Wire.open(port())
        wire.write(head(line, hosts))
        await wire.closed()
        assert.ok((wire.statuses[0] ?? 400) >= 400, `${line} ${hosts}: ${wire.statuses}`)
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'pages of other origins may not call: 403, whatever they bring',
    { for: 'TR-01; Host and Origin checks' },
    async () => {
      for (const origin of [
        ...[
          'https://evil.example',
          'null',
          'http://app.example',
          'https://app.example:8443',
          'https://app.example.evil.example',
        ],
        ...[
          'https://xapp.example',
          'https://sub.app.example',
          'file://',
          '',
          'https://app.example/',
          'http://localhost',
        ],
        ...[`https://evil.example, ${PAGE}`, `${PAGE} https://evil.example`],
      ]) {
        for (const path of ['/http/mcp', `/http/mcp/${secret}`, '/readyz', '/no-such/mcp']) {
          const answer = await ask({ origin }, path)
          assert.equal(answer.status, 403, `${origin} ${path}: ${answer.text}`)
          assert.equal(answer.headers['access-control-allow-origin'], undefined)
        }
        assert.equal(witness.heard.length, 0)
      }
      assert.equal((await ask({ origin: 'https://evil.example' })).json().error, 'origin_not_allowed')
    },
  )

  scenario('no page at all, its own pages and named ones may', { for: 'TR-01' }, async () => {
    for (const origin of ['https://gate.example', `http://127.0.0.1:${port()}`, PAGE, 'http://localhost:5173']) {
      assert.equal((await ask({ origin })).status, 200, origin)
      assert.equal(witness.heard[0]?.headers.origin, undefined, 'it does not travel on')
    }
  })

  scenario(
    'a named page may read the answer and the fields that a client needs; refusals too',
    { for: 'TR-04; CORS for configured hosts only' },
    async () => {
      const fields = { ...bearer(key), origin: PAGE }
      const opened = await speak(`${local()}/http/mcp`, '2025-11-25', fields)
      const listed = await opened.request('tools/list')
      const refused = await ask({ origin: PAGE, authorization: 'Bearer nonsense' })
      for (const { headers } of [listed.answer, refused]) {
        assert.equal(headers['access-control-allow-origin'], PAGE)
        assert.equal(headers['access-control-allow-credentials'], undefined)
        assert.match(String(headers.vary), /origin/i)
        const exposed = String(headers['access-control-expose-headers']).split(', ')
        for (const name of ['www-authenticate', 'mcp-session-id', 'mcp-protocol-version'])
          assert.ok(exposed.includes(name))
      }
      assert.equal(refused.status, 401)
      const own = await ask({ origin: 'https://gate.example' })
      assert.equal(own.headers['access-control-allow-origin'], undefined, 'who is not named is not told')
    },
  )

  scenario(
    'a preflight is answered for named pages, without a credential, and alike wherever it asks',
    { for: 'TR-04; CORS for configured hosts only' },
    async () => {
      const preflight = (origin: string, path: string): Promise<Answer> =>
        send(local() + path, {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization, mcp-param-region, mcp-param-<x>, x-evil',
          },
        })
      witness.forget()
      const answers = await Promise.all(
        ['/http/mcp', `/http/mcp/${secret}`, '/no-such/mcp'].map((path) => preflight(PAGE, path)),
      )
      for (const { status, headers, text } of answers) {
        assert.deepEqual([status, text], [204, ''])
        assert.equal(headers['access-control-allow-origin'], PAGE)
        assert.equal(headers['access-control-allow-methods'], 'POST, GET, DELETE')
        const allowed = String(headers['access-control-allow-headers']).split(', ')
        for (const name of [
          ...['authorization', 'content-type', 'accept', 'mcp-protocol-version', 'mcp-session-id'],
          ...['mcp-method', 'mcp-name', 'last-event-id', 'mcp-param-region'],
        ]) {
          assert.ok(allowed.includes(name), name)
        }
        for (const name of ['*', 'x-evil', 'mcp-param-<x>']) assert.ok(!allowed.includes(name), name)
      }
      for (const origin of ['https://evil.example', 'null']) {
        const { status, headers } = await preflight(origin, '/http/mcp')
        assert.equal(status, 403)
        assert.equal(headers['access-control-allow-origin'], undefined)
      }
      const bare = await send(`${local()}/http/mcp`, { method: 'OPTIONS' })
      assert.ok(bare.status === 401 || bare.status === 405, String(bare.status))
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'health is answered to anybody, readiness to whoever knows a name, and neither tells anything',
    { for: 'Outside: /healthz, /readyz' },
    async () => {
      const get = (path: string, headers: HeaderFields = {}): Promise<Answer> =>
        send(local() + path, { method: 'GET', headers })
      for (const path of ['/healthz', '/readyz', '/healthz?x=1']) {
        const { status, text } = await get(path)
        assert.deepEqual([status, text], [200, 'ok\n'])
      }
      assert.equal((await get('/healthz', { host: '10.0.0.1:9999' })).status, 200)
      assert.equal((await get('/readyz', { host: '10.0.0.1:9999' })).status, 403)
      for (const path of ['/healthz/', '/readyz/x', '/metrics', '/', '/http', '/http/'])
        assert.equal((await get(path)).status, 404, path)
      const head = await send(`${local()}/healthz`, { method: 'HEAD' })
      assert.deepEqual([head.status, head.text], [200, ''])
    },
  )
})

topic('L. Outside: whose address it is', () => {
  let witness: Witness
  const gates: Gate[] = []

  setUp(async () => {
    witness = await Witness.start()
  })
  tearDown(async () => {
    await Promise.all(gates.map((gate) => gate.stop()))
    witness?.close()
  })

  async function peersOf(config: object, fields: readonly HeaderFields[]): Promise<unknown[]> {
    const servers = { http: { upstream: { url: witness.url() }, access: ['api-key'] } }
    const gate = await startGate({ ...config, servers })
    gates.push(gate)
    const made = await gate.key('http')
    for (const each of fields) {
      const headers = postFields({ ...bearer(made.key), ...each })
      assert.equal((await send(gate.mcp('http'), { headers, body: LISTING })).status, 200)
    }
    const events = await gate.audit('--key', made.id, '--type', 'request')
    return events.map(({ peer }) => peer).toReversed()
  }

  scenario(
    'a forwarded address counts from a trusted proxy alone',
    { for: 'GW-06; RFC 9700 §4.13; trustedProxies' },
    async () => {
      const claim = { 'x-forwarded-for': '203.0.113.7' }
      assert.deepEqual(await peersOf({}, [{}, claim]), ['127.0.0.1', '127.0.0.1'])
      assert.deepEqual(await peersOf({ trustedProxies: ['10.0.0.1'] }, [claim]), ['127.0.0.1'])
      const peers = await peersOf({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }, [
        {},
        claim,
        { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' },
        { 'x-forwarded-for': '203.0.113.7, 10.1.2.3' },
        { 'x-forwarded-for': ['198.51.100.1', '203.0.113.7'] },
        { 'x-forwarded-for': '2001:db8::7' },
        { 'x-forwarded-for': '::ffff:203.0.113.7' },
        { 'x-forwarded-for': '203.0.113.7, nonsense' },
        { 'x-forwarded-for': '10.1.2.3, 10.4.5.6' },
        { forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7', 'x-forwarded-host': 'evil.example' },
      ])
      assert.deepEqual(peers, [
        '127.0.0.1',
        ...Array(4).fill('203.0.113.7'),
        '2001:db8::7',
        '203.0.113.7',
        '127.0.0.1',
        '10.1.2.3',
        '127.0.0.1',
      ])
      for (const { headers } of witness.heard) {
        assert.deepEqual(
          Object.keys(headers).filter((name) => /forwarded|real-ip/.test(name)),
          [],
          'none of it travels on',
        )
      }
    },
  )
})
