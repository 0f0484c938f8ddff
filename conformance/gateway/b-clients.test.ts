import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type ClientKind,
  curl,
  inspector,
  mcpRemote,
  type RealClient,
  sdkV1,
  sdkV2,
  sdkV2Auto,
  sdkV2Modern,
} from './harness/clients.ts'
import { type Gate, startGate } from './harness/gate.ts'
import { until } from './harness/processes.ts'
import { LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import {
  everythingProgram,
  fixtureProgram,
  type Journal,
  journaledProgram,
  type Running,
  startEverything,
  startFixture,
} from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const TRANSPORTS = ['http', 'stdio'] as const
const KINDS: readonly ClientKind[] = [sdkV1, sdkV2, mcpRemote]
const newest = LEGACY.slice(-1)

topic('B. Real clients', () => {
  let gate: Gate
  let fixture: Running
  let everything: Running

  setUp(async () => {
    ;[fixture, everything] = await Promise.all([startFixture(), startEverything()])
    gate = await startGate({
      stdio: { maxPerPrincipal: 20, maxTotal: 40 },
      servers: {
        'everything-http': { upstream: { url: everything.url }, access: ['api-key'] },
        'everything-stdio': { upstream: everythingProgram(), access: ['api-key'] },
        'fixture-http': { upstream: { url: fixture.url }, access: ['api-key'] },
        'fixture-stdio': { upstream: fixtureProgram(), access: ['api-key'] },
      },
    })
  })
  tearDown(async () => {
    await gate?.stop()
    await Promise.all([fixture?.stop(), everything?.stop()])
  })

  async function using(kind: ClientKind, server: string, work: (client: RealClient) => Promise<void>): Promise<void> {
    const { key } = await gate.key(server)
    const client = await kind.connect(gate.mcp(server), key)
    try {
      await work(client)
    } finally {
      await client.close()
    }
  }

  for (const transport of TRANSPORTS) {
    for (const kind of KINDS) {
      const where = `${kind.name} in front of a server over ${transport === 'http' ? 'HTTP' : 'stdio'}`

      scenario(`${where} lists, calls, and sees progress as it is made`, { for: 'story 2; GW-38', on: newest }, () =>
        using(kind, `everything-${transport}`, async (client) => {
          const names = await client.tools()
          const echoed = await client.call('echo', { message: 'hello' })
          const times: number[] = []
          const done = await client.call(
            'trigger-long-running-operation',
            { duration: 0.9, steps: 3 },
            { onprogress: () => times.push(performance.now()) },
          )
          const endedAt = performance.now()

          assert.ok(names.includes('echo'))
          assert.equal(echoed, 'Echo: hello')
          assert.match(done, /completed/)
          assert.ok(times.length >= 2, `${times.length} of 3 steps were seen`)
          assert.ok(endedAt - (times[0] as number) > 400, 'the first step was seen long before the end')
        }),
      )

      scenario(`${where} subscribes and hears of changes`, { for: 'story 2', on: newest }, () =>
        using(kind, `everything-${transport}`, async (client) => {
          const uri = 'demo://resource/dynamic/text/1'
          const heard: unknown[] = []
          client.listen((method, params) => method === 'notifications/resources/updated' && heard.push(params.uri))
          await client.subscribe(uri)
          await client.call('toggle-subscriber-updates')

          await until('a change is heard', () => heard.length > 0)
          assert.equal(heard[0], uri)
        }),
      )

      scenario(`${where} gets log lines while a call runs`, { for: 'story 2; GW-38', on: newest }, () =>
        using(kind, `fixture-${transport}`, async (client) => {
          const heard: string[] = []
          client.listen((_method, { data }) => heard.push(String(data)))
          await client.call('test_tool_with_logging')

          await until('three lines are heard', () => heard.length >= 3, 1000)
          assert.deepEqual(heard, ['Tool execution started', 'Tool processing data', 'Tool execution completed'])
        }),
      )
    }

    const server = `fixture-${transport}`
    const where = `in front of a server over ${transport === 'http' ? 'HTTP' : 'stdio'}`

    for (const kind of [sdkV2Modern, sdkV2Auto]) {
      scenario(
        `${kind.name}, ${where} lists, calls, and sees progress`,
        { for: 'story 2; TR-09, TM-10', on: [MODERN] },
        () =>
          using(kind, server, async (client) => {
            const seen: number[] = []
            const names = await client.tools()
            const text = await client.call('test_simple_text')
            await client.call('test_tool_with_progress', {}, { onprogress: (progress) => seen.push(progress) })

            assert.equal(client.revision, MODERN)
            assert.ok(names.includes('test_simple_text'))
            assert.equal(text, 'This is a simple text response for testing.')
            assert.deepEqual(seen, [0, 50, 100])
          }),
      )
    }

    scenario(
      `${sdkV2Modern.name}, ${where} subscribes and hears of changes`,
      { for: 'story 2; TM-34', on: [MODERN] },
      () =>
        using(sdkV2Modern, server, async (client) => {
          const heard: string[] = []
          client.listen((method) => heard.push(method))
          await client.subscribe('test://watched-resource')
          await client.call('test_trigger_tool_change')

          await until('a change is heard', () => heard.includes('notifications/tools/list_changed'))
        }),
    )

    scenario(
      `${sdkV2Auto.name}, falls back ${where} that has sessions only`,
      { for: 'story 2; TM-31, IT-25', on: newest },
      () =>
        using(sdkV2Auto, `everything-${transport}`, async (client) => {
          const text = await client.call('echo', { message: 'hello' })

          assert.equal(client.revision, '2025-11-25')
          assert.equal(text, 'Echo: hello')
        }),
    )

    scenario(`the Inspector's command line ${where} lists and calls`, { for: 'story 2', on: newest }, async () => {
      const { key } = await gate.key(`everything-${transport}`)
      const url = gate.mcp(`everything-${transport}`)
      const listed = await inspector(url, key, '--method', 'tools/list')
      const call = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'message=hello']
      const called = await inspector(url, key, ...call)

      assert.equal(listed.code, 0, listed.stderr)
      assert.ok(JSON.parse(listed.stdout).tools.some(({ name }: { name: string }) => name === 'echo'))
      assert.equal(called.code, 0, called.stderr)
      assert.equal(JSON.parse(called.stdout).content[0].text, 'Echo: hello')
    })

    scenario(
      `curl ${where} opens a session, lists, and sees progress as it is made`,
      { for: 'story 2', on: LEGACY },
      async (revision) => {
        const name = `everything-${transport}`
        const { key } = await gate.key(name)
        const common = [
          ...['-H', `Authorization: Bearer ${key}`, '-H', 'Content-Type: application/json'],
          ...['-H', 'Accept: application/json, text/event-stream'],
        ]
        const message = (id: number, method: string, params: object): string =>
          JSON.stringify({ jsonrpc: '2.0', id, method, params })
        const clientInfo = { name: 'curl', version: '1' }
        const opening = message(1, 'initialize', { protocolVersion: revision, capabilities: {}, clientInfo })
        const opened = await curl('-i', ...common, '--data', opening, gate.mcp(name))
        const session = /^mcp-session-id: (.*?)\r$/im.exec(opened.stdout)?.[1] ?? ''
        const inSession = [...common, '-H', `Mcp-Session-Id: ${session}`]
        const listed = await curl(...inSession, '--data', message(2, 'tools/list', {}), gate.mcp(name))
        const params = {
          name: 'trigger-long-running-operation',
          arguments: { duration: 0.4, steps: 2 },
          _meta: { progressToken: 'p' },
        }
        const called = await curl('-N', ...inSession, '--data', message(3, 'tools/call', params), gate.mcp(name))

        assert.match(opened.stdout, /^HTTP\/1\.1 200 /)
        assert.match(listed.stdout, /"name":"echo"/)
        assert.equal(called.stdout.match(/"progressToken":"p"/g)?.length, 2, called.stdout)
        assert.match(called.stdout, /completed/)
      },
    )
  }
})

topic('B. Who has no key', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal
  let modernJournal: Journal
  const keys: Record<string, Record<string, string | undefined>> = {}

  setUp(async () => {
    witness = await Witness.start()
    journal = journaledProgram()
    modernJournal = journaledProgram('modern')
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        stdio: { upstream: journal.upstream, access: ['api-key'] },
        'stdio-modern': { upstream: modernJournal.upstream, access: ['api-key'] },
      },
    })
    await Promise.all(
      TRANSPORTS.map(async (server) => {
        const [revoked, expired, good] = await Promise.all([
          gate.key(server),
          gate.key(server, '--expires', '1s'),
          gate.key(server),
        ])
        await gate.ask('keys', 'revoke', revoked.id)
        const last = good.key.at(-1)
        keys[server] = {
          'no key': undefined,
          'a wrong key': (await gate.key('stdio-modern')).key,
          'a malformed key': good.key.slice(0, -1) + (last === 'A' ? 'B' : 'A'),
          'a revoked key': revoked.key,
          'an expired key': expired.key,
          good: good.key,
        }
      }),
    )
    await pause(1100)
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  for (const kind of [sdkV1, sdkV2, sdkV2Modern, sdkV2Auto]) {
    const on = kind.era === 'modern' ? ([MODERN] as const) : newest
    scenario(
      `${kind.name} is refused without a key and with one that is wrong, malformed, revoked or expired, and the server behind hears nothing`,
      { for: 'story 2; RS-02', on },
      async () => {
        for (const transport of TRANSPORTS) {
          for (const [what, key] of Object.entries(keys[transport] as object)) {
            if (what === 'good') continue
            await assert.rejects(kind.connect(gate.mcp(transport), key), what)
          }
        }
        assert.equal(witness.heard.length, 0)
        assert.deepEqual(journal.lines(), [])
      },
    )
  }

  scenario(
    'mcp-remote, the Inspector and curl are refused likewise',
    { for: 'story 2; RS-02', on: newest },
    async () => {
      for (const transport of TRANSPORTS) {
        const { 'a revoked key': revoked } = keys[transport] as Record<string, string>
        const url = gate.mcp(transport)
        const inspected = await inspector(url, revoked, '--method', 'tools/list')
        const listing = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
        const asked = await curl('-i', '-H', `Authorization: Bearer ${revoked}`, '--json', listing, url)

        assert.notEqual(inspected.code, 0)
        assert.match(asked.stdout, /^HTTP\/1\.1 401 /)
      }
      const { 'no key': none } = keys.http as Record<string, undefined>
      const connecting = mcpRemote.connect(gate.mcp('http'), none)
      const early = await Promise.race([
        connecting.then(
          () => 'in',
          () => 'refused',
        ),
        pause(4000, 'waits for a sign-in'),
      ])

      assert.notEqual(early, 'in')
      assert.equal(witness.heard.length, 0)
      assert.deepEqual(journal.lines(), [])
    },
  )

  scenario('with the right key the same servers hear the same clients', { for: 'story 2', on: newest }, async () => {
    for (const transport of TRANSPORTS) {
      const client = await sdkV1.connect(gate.mcp(transport), keys[transport]?.good)
      assert.ok((await client.tools()).includes('echo'))
      await client.close()
    }
    assert.ok(witness.heard.length > 0)
    assert.equal(journal.starts(), 1)
  })

  for (const kind of KINDS) {
    scenario(
      `${kind.name} cancels, and the server behind is told which call`,
      { for: 'story 2; TL-21', on: newest },
      async () => {
        for (const transport of TRANSPORTS) {
          const client = await kind.connect(gate.mcp(transport), keys[transport]?.good)
          const abort = new AbortController()
          const call = client.call('wait', { ms: 5000 }, { signal: abort.signal })
          const lines = () =>
            transport === 'http'
              ? witness.heard.map(({ body }) => body)
              : journal.lines().filter((line) => line[0] === '{')
          const called = await until('the call is heard', () => lines().findLast((line) => line.includes('"wait"')))
          abort.abort()

          await assert.rejects(call)
          const cancelled = await until('its end is heard', () =>
            lines().findLast((line) => line.includes('notifications/cancelled')),
          )
          assert.equal(JSON.parse(cancelled).params.requestId, JSON.parse(called).id)
          await client.close()
          witness.forget()
        }
      },
    )
  }

  scenario(
    `${sdkV2Modern.name}, cancels by leaving, and the server behind learns of it`,
    { for: 'story 2; TM-30, GW-39', on: [MODERN] },
    async () => {
      // Over HTTP the upstream's stream is closed
      const overHttp = await sdkV2Modern.connect(gate.mcp('http'), keys.http?.good)
      const abort = new AbortController()
      const call = overHttp.call('hold', {}, { signal: abort.signal })
      const held = await until('the call is heard', () => witness.held.at(-1))
      abort.abort()
      await assert.rejects(call)
      await until('the upstream is left', () => held.isLeft)
      await overHttp.close()

      // Over stdio it is told which call is off
      const { key } = await gate.key('stdio-modern')
      const overStdio = await sdkV2Modern.connect(gate.mcp('stdio-modern'), key)
      const second = new AbortController()
      const waiting = overStdio.call('wait', { ms: 5000 }, { signal: second.signal })
      const called = await until('the call is heard', () =>
        modernJournal.lines().find((line) => line.includes('"wait"')),
      )
      second.abort()
      await assert.rejects(waiting)
      const cancelled = await until('its end is heard', () =>
        modernJournal.lines().find((line) => line.includes('notifications/cancelled')),
      )
      assert.equal(JSON.parse(cancelled).params.requestId, JSON.parse(called).id)
      await overStdio.close()
    },
  )
})
