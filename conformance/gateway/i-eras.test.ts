import assert from 'node:assert/strict'
import { sdkV1, sdkV2Auto, sdkV2Modern } from './harness/clients.ts'
import { type Gate, startGate } from './harness/gate.ts'
import { send } from './harness/http.ts'
import { bearer, errorOf, type Json, post, resultOf, speak, textOf, toolNames } from './harness/mcp.ts'
import { LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import {
  fixtureProgram,
  type Journal,
  journaledProgram,
  type Running,
  startEverything,
  startFixture,
} from './harness/upstreams.ts'
import { OLDER, Older } from './servers/older.ts'

const newest = LEGACY.slice(-1)
/** What tells a client of both eras that the server is modern (TM-31). */
const MODERN_CODES = [-32020, -32021, -32022]

topic('I. Eras: both on one URL', () => {
  let gate: Gate
  let fixture: Running
  let everything: Running
  let older: Older
  let legacyProgram: Journal
  let modernProgram: Journal
  const keys: Record<string, string> = {}

  setUp(async () => {
    ;[fixture, everything, older] = await Promise.all([startFixture(), startEverything(), Older.start()])
    legacyProgram = journaledProgram()
    modernProgram = journaledProgram('modern')
    const upstreams: Record<string, object> = {
      'both-http': { url: fixture.url },
      'both-stdio': fixtureProgram(),
      everything: { url: everything.url },
      'legacy-stdio': legacyProgram.upstream,
      'modern-stdio': modernProgram.upstream,
    }
    for (const kind of OLDER) upstreams[kind] = { url: older.url(kind) }
    const servers = Object.entries(upstreams).map(([name, upstream]) => [name, { upstream, access: ['api-key'] }])
    gate = await startGate({
      stdio: { maxPerPrincipal: 20, maxTotal: 40 },
      servers: Object.fromEntries(servers),
    })
    const issued = await Promise.all(Object.keys(upstreams).map(async (name) => [name, (await gate.key(name)).key]))
    Object.assign(keys, Object.fromEntries(issued))
  })
  tearDown(async () => {
    await gate?.stop()
    older?.close()
    await Promise.all([fixture?.stop(), everything?.stop()])
  })

  const key = (server: string): string => keys[server] as string
  const open = (server: string, revision: (typeof LEGACY)[number] | typeof MODERN) =>
    speak(gate.mcp(server), revision, bearer(key(server)))

  for (const transport of ['http', 'stdio'] as const) {
    const server = `both-${transport}`
    const where = transport === 'http' ? 'over HTTP' : 'over stdio'

    scenario(
      `a server ${where} that speaks both is spoken to in both at once, and neither disturbs the other`,
      { for: 'TR-10, TM-03; both eras on one URL', on: LEGACY },
      async (revision) => {
        const [legacy, modern] = await Promise.all([open(server, revision), open(server, MODERN)])
        const echo = { name: 'test_simple_text', arguments: {} }
        for (let round = 0; round < 3; round++) {
          const [before, now] = await Promise.all([
            legacy.request('tools/call', echo),
            modern.request('tools/call', echo),
          ])

          assert.equal(textOf(before), textOf(now))
          assert.equal(resultOf(before).resultType, undefined, 'IT-34')
          assert.equal(resultOf(now).resultType, 'complete')
          assert.equal(now.answer.headers['mcp-session-id'], undefined)
        }
        const lists = await Promise.all([legacy.request('tools/list'), modern.request('tools/list')])
        assert.deepEqual(
          lists.map(({ status }) => status),
          [200, 200],
        )
        for (const list of lists) assert.ok(toolNames(list).includes('test_simple_text'))
      },
    )

    scenario(
      `clients of both eras agree with a server ${where} on their own newest revision`,
      { for: 'TR-10; both eras on one URL', on: newest },
      async () => {
        const kinds = [sdkV1, sdkV2Modern, sdkV2Auto]
        const clients = await Promise.all(kinds.map((kind) => kind.connect(gate.mcp(server), key(server))))

        assert.deepEqual(
          clients.map(({ revision }) => revision),
          ['2025-11-25', MODERN, MODERN],
        )
        for (const client of clients) assert.ok((await client.tools()).includes('test_simple_text'))
        await Promise.all(clients.map((client) => client.close()))
      },
    )

    scenario(
      `a session ${where} is no place for a modern request, and lives on`,
      { for: 'TM-02, TM-03, TR-09', on: newest },
      async (revision) => {
        const legacy = await open(server, revision)
        const modern = await open(server, MODERN)
        const session = { 'mcp-session-id': legacy.session as string }
        const inside = await modern.request('tools/list', {}, { headers: session })

        assert.equal(inside.status, 200)
        assert.equal(resultOf(inside).resultType, 'complete')
        assert.equal((await legacy.request('tools/list')).status, 200)
      },
    )
  }

  const legacyOnly = ['everything', 'legacy-stdio', ...OLDER]
  for (const server of legacyOnly) {
    scenario(
      `a client of both eras falls back in front of ${describeServer(server)}`,
      { for: 'TM-31, IT-25, GW-53', on: newest },
      async () => {
        const client = await sdkV2Auto.connect(gate.mcp(server), key(server))

        assert.equal(client.revision, '2025-11-25')
        assert.ok((await client.tools()).includes('echo'))
        assert.match(await client.call('echo', { message: 'hello' }), /echo/i)
        await client.close()
      },
    )
  }

  scenario(
    'a modern request to a legacy server: 400 with a body that is not of the modern era, and no program does it',
    { for: 'TM-31, IT-25; Eras pass through', on: [MODERN] },
    async () => {
      for (const server of ['everything', 'legacy-stdio']) {
        const speaker = await open(server, MODERN)
        for (const [method, params] of [
          ['server/discover', {}],
          ['tools/list', {}],
          ['tools/call', { name: 'echo', arguments: { message: 'hello' } }],
        ] as const) {
          const spoken = await speaker.request(method, params)

          assert.equal(spoken.status, 400, `${server} ${method}: ${spoken.answer.text}`)
          const { error } = spoken.answer.json() as { error: { code: number } }
          assert.ok(!MODERN_CODES.includes(error.code), spoken.answer.text)
        }
      }
      assert.deepEqual(
        legacyProgram.lines().filter((line) => line.includes('"tools/call"') && line.includes(MODERN)),
        [],
      )
    },
  )

  scenario(
    'methods that nobody knows: 404 in the modern era, 200 with an error before',
    { for: 'TM-06, IT-24', on: [...LEGACY, MODERN] },
    async (revision) => {
      for (const server of ['both-http', 'both-stdio']) {
        const speaker = await open(server, revision)
        const methods =
          revision === MODERN ? ['no/such', 'ping'] : ['no/such', 'server/discover', 'subscriptions/listen']
        for (const method of methods) {
          const spoken = await speaker.request(method)
          assert.equal(spoken.status, revision === MODERN ? 404 : 200, `${method}: ${spoken.answer.text}`)
          assert.equal(errorOf(spoken).code, -32601)
        }
        assert.equal((await speaker.request('tools/list')).status, 200, 'and the conversation goes on')
      }
    },
  )

  scenario(
    'a revision that is not there yet: -32022 from the server, with those that it has',
    { for: 'TM-05, TM-13; IT-35', on: [MODERN] },
    async () => {
      const meta = {
        'io.modelcontextprotocol/protocolVersion': '2030-01-01',
        'io.modelcontextprotocol/clientCapabilities': {},
      }
      const message = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } }
      for (const server of ['both-http', 'both-stdio', 'modern-stdio']) {
        const fields = { ...bearer(key(server)), 'mcp-protocol-version': '2030-01-01', 'mcp-method': 'tools/list' }
        const answer = await post(gate.mcp(server), message, fields)
        const { error, id } = answer.json() as { error: { code: number; data: Json }; id: number }

        assert.equal(answer.status, 400, answer.text)
        assert.equal(error.code, -32022)
        assert.equal(id, 1)
        assert.equal(error.data.requested, '2030-01-01')
        assert.ok((error.data.supported as string[]).includes(MODERN))
      }
    },
  )

  scenario('a revision that is no date: 400, in every verb', { for: 'TL-03' }, async () => {
    const listing = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    for (const version of ['latest', '2025-6-18', '1.0', '']) {
      const fields = { ...bearer(key('both-http')), 'mcp-protocol-version': version }
      const answers = await Promise.all([
        post(gate.mcp('both-http'), listing, fields),
        send(gate.mcp('both-http'), { method: 'GET', headers: { accept: 'text/event-stream', ...fields } }),
        send(gate.mcp('both-http'), { method: 'DELETE', headers: fields }),
      ])
      for (const { status, text } of answers) {
        assert.equal(status, 400, text)
        assert.ok(!MODERN_CODES.some((code) => text.includes(String(code))), text)
      }
    }
  })

  scenario(
    'a program of both eras is one for a modern client, and one for each session',
    { for: 'one child per principal and session; GW-50' },
    async () => {
      const { key: own } = await gate.key('both-stdio')
      const [before] = [gate.programs.length]
      const modern = await speak(gate.mcp('both-stdio'), MODERN, bearer(own))
      await Promise.all([1, 2, 3].map(() => modern.request('tools/list')))
      assert.equal(gate.programs.length, before + 1)
      await Promise.all([1, 2].map(() => speak(gate.mcp('both-stdio'), '2025-11-25', bearer(own))))
      assert.equal(gate.programs.length, before + 3)
    },
  )
})

function describeServer(name: string): string {
  const words: Record<string, string> = {
    everything: 'a server over HTTP that has sessions only',
    'legacy-stdio': 'a program over stdio that knows the legacy era only',
    stateless: 'a server of the SDK v1 without sessions',
    lenient: 'a server that looks at no header and knows no such method',
    page: 'a server that refuses with a page',
    empty: 'a server that refuses with nothing',
  }
  return words[name] ?? name
}
