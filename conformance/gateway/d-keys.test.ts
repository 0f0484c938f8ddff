import assert from 'node:assert/strict'
import { type Gate, givenConfig, type Issued, launch, portcullis, startGate } from './harness/gate.ts'
import { type Answer, EventStream, type HeaderFields } from './harness/http.ts'
import { bearer, errorOf, initialize, type Json, post, type Speaker, speak, textOf, toolNames } from './harness/mcp.ts'
import { startPair, stop } from './harness/pair.ts'
import { until } from './harness/processes.ts'
import { EVERY, LEGACY, MODERN, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import type { Journal } from './harness/upstreams.ts'
import { TOOLS, Witness } from './servers/witness.ts'

const LISTING = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
/** Within which a stream has to end, and what a busy machine may add. Milliseconds. */
const PROMPT = 400

topic('D. Keys while the gate runs', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal

  setUp(async () => {
    ;({ gate, witness, journal } = await startPair({ settings: { stdio: { maxPerPrincipal: 4, maxTotal: 30 } } }))
  })
  tearDown(() => stop(gate, witness))

  const list = (key: string, server = 'http', further: HeaderFields = {}): Promise<Answer> =>
    post(gate.mcp(server), LISTING, { ...bearer(key), ...further })
  const refusalOf = (answer: Answer): unknown => [answer.status, answer.json().error]

  /** When the command says that it did something, on this process's clock. */
  async function momentOf(type: string, id: string): Promise<number> {
    const [event] = await gate.audit('--type', type, '--key', id)
    return Number(event?.at) - performance.timeOrigin
  }

  const standing = ({ headers, url }: Speaker): Promise<EventStream> =>
    EventStream.open(url, { method: 'GET', headers: { accept: 'text/event-stream', ...headers } })

  scenario('a new key works at once', { for: 'story 4', on: EVERY }, async (revision) => {
    for (const server of ['http', 'stdio']) {
      if (server === 'stdio' && revision === MODERN) continue
      const { key } = await gate.key(server)
      const speaker = await speak(gate.mcp(server), revision, bearer(key))
      assert.ok(toolNames(await speaker.request('tools/list')).includes('echo'))
    }
  })

  scenario('a key made while no gate runs works when one does', { for: 'story 4' }, async () => {
    const directory = await givenConfig({
      servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } },
    })
    const made = await portcullis([
      'keys',
      'create',
      '--server',
      'http',
      '--name',
      'x',
      '--json',
      '--config',
      `${directory}/portcullis.yaml`,
    ])
    const later = await launch(directory)
    const { status } = await post(later.mcp('http'), LISTING, bearer((JSON.parse(made.stdout) as Issued).key))
    await later.stop()

    assert.equal(status, 200)
  })

  scenario(
    'a revoked key fails on the next request, in its sessions too',
    { for: 'story 4', on: EVERY },
    async (revision) => {
      const { id, key } = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      assert.equal((await speaker.request('tools/list')).status, 200)
      await gate.ask('keys', 'revoke', id)
      witness.forget()
      const { answer } = await speaker.request('tools/list')

      assert.deepEqual(refusalOf(answer), [401, 'key_revoked'])
      assert.equal(witness.heard.length, 0)
    },
  )

  for (const server of ['http', 'stdio'] as const) {
    const where = server === 'http' ? 'HTTP' : 'stdio'

    scenario(
      `streams that are open with a revoked key end within 250 ms, GET and POST, over ${where}`,
      { for: 'story 4', on: LEGACY },
      async (revision) => {
        const [lost, kept] = await Promise.all([gate.key(server), gate.key(server)])
        const speakers = await Promise.all(
          [lost, kept].map(({ key }) => speak(gate.mcp(server), revision, bearer(key))),
        )
        const [speaker, other] = speakers as [Speaker, Speaker]
        const name = server === 'http' ? 'hold' : 'progress'
        const open = async (each: Speaker) => [
          await standing(each),
          await each.stream('tools/call', { name, _meta: { progressToken: 1 }, arguments: { steps: 100 } }),
        ]
        const [mine, theirs] = [await open(speaker), await open(other)]
        const held = witness.held.slice(-4)
        await gate.ask('keys', 'revoke', lost.id)
        const ends = await Promise.all(mine.map((stream) => stream.ended()))
        const revokedAt = await momentOf('key.revoked', lost.id)

        for (const end of ends) assert.ok(end - revokedAt < PROMPT, `after ${Math.round(end - revokedAt)} ms`)
        assert.ok(
          theirs.every((stream) => stream.isOpen),
          'nobody else notices',
        )
        if (server === 'http') await until('the server is left', () => held.filter(({ isLeft }) => isLeft).length === 2)
        for (const stream of theirs) stream.close()
      },
    )
  }

  scenario(
    'a stream of the modern era that is open with a revoked key ends within 250 ms',
    { for: 'story 4', on: [MODERN] },
    async () => {
      const { id, key } = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), MODERN, bearer(key))
      const stream = await speaker.stream('tools/call', { name: 'hold' })
      const held = witness.held.at(-1)
      await gate.ask('keys', 'revoke', id)
      const end = await stream.ended()
      const revokedAt = await momentOf('key.revoked', id)

      assert.ok(end - revokedAt < PROMPT, `after ${Math.round(end - revokedAt)} ms`)
      await until('the server is left', () => held?.isLeft)
    },
  )

  scenario(
    'a call that still waits for its answer when its key is revoked ends within 250 ms, and the server is left',
    { for: 'story 4', on: ['2025-11-25', MODERN] },
    async (revision) => {
      const { id, key } = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      const waiting = speaker.request('tools/call', { name: 'wait', arguments: { ms: 5000 } }).then(
        () => assert.fail('it was answered'),
        () => performance.now(),
      )
      await until('the call is heard', () => witness.asked('wait').length > 0)
      await gate.ask('keys', 'revoke', id)
      witness.forget()

      assert.equal((await speaker.request('tools/list')).status, 401)
      const end = await waiting
      const revokedAt = await momentOf('key.revoked', id)
      assert.ok(end - revokedAt < PROMPT, `after ${Math.round(end - revokedAt)} ms`)
      const [event] = await gate.audit('--type', 'request', '--key', id, '--tool', 'wait')
      assert.deepEqual([event?.outcome, event?.reason], ['left', 'credential_ended'])
    },
  )

  scenario(
    'a key that expires ends its streams as it ends',
    { for: 'story 2, 4', on: ['2025-11-25', MODERN] },
    async (revision) => {
      const { key } = await gate.key('http', '--expires', '3s')
      const [made] = (await gate.ask<{ keys: { expiresAt: string }[] }>('keys', 'list', '--server', 'http')).keys.slice(
        -1,
      )
      assert.ok(made !== undefined)
      const speaker = await speak(gate.mcp('http'), revision, bearer(key))
      const stream =
        revision === MODERN ? await speaker.stream('tools/call', { name: 'hold' }) : await standing(speaker)
      await stream.ended(6000)
      const { answer } = await speaker.request('tools/list')

      assert.deepEqual(refusalOf(answer), [401, 'key_expired'])
    },
  )

  scenario(
    'a rotated key is good until the overlap ends, then it has expired; the session goes on with the new one',
    { for: 'story 4; TL-16, IT-30', on: LEGACY },
    async (revision) => {
      const old = await gate.key('http')
      const speaker = await speak(gate.mcp('http'), revision, bearer(old.key))
      const stream = await standing(speaker)
      const rotated = await gate.ask<{ id: string; key: string; replaces: string; overlapEndsAt: string }>(
        'keys',
        'rotate',
        old.id,
        '--overlap',
        '2s',
      )
      const endsAt = Date.parse(rotated.overlapEndsAt) - performance.timeOrigin
      const session = { 'mcp-session-id': speaker.session as string }

      assert.equal(rotated.replaces, old.id)
      assert.equal((await speaker.request('tools/list')).status, 200)
      assert.equal((await list(rotated.key, 'http', session)).status, 200, 'the session is the client’s')

      const end = await stream.ended(4000)
      assert.ok(end > endsAt - 50, `its stream ended ${Math.round(endsAt - end)} ms too early`)
      assert.ok(end - endsAt < PROMPT, `its stream ended ${Math.round(end - endsAt)} ms late`)
      assert.deepEqual(refusalOf((await speaker.request('tools/list')).answer), [401, 'key_expired'])
      assert.equal((await list(rotated.key, 'http', session)).status, 200)
    },
  )

  scenario('rotation without overlap ends the old key at once, and can be done once', { for: 'story 4' }, async () => {
    const old = await gate.key('http')
    const { key } = await gate.ask<Issued>('keys', 'rotate', old.id, '--overlap', '0s')
    const again = await gate.command('keys', 'rotate', old.id)

    assert.deepEqual(refusalOf(await list(old.key)), [401, 'key_expired'])
    assert.equal((await list(key)).status, 200)
    assert.equal(again.code, 1)
    assert.doesNotMatch(again.stdout + again.stderr, /pcls_/)
  })

  scenario(
    'a rotated program’s caller keeps its program',
    { for: 'story 4; The subject of a key survives rotation', on: LEGACY },
    async (revision) => {
      const old = await gate.key('stdio')
      const speaker = await speak(gate.mcp('stdio'), revision, bearer(old.key))
      const starts = journal.starts()
      const { key } = await gate.ask<Issued>('keys', 'rotate', old.id, '--overlap', '0s')
      const answer = await list(key, 'stdio', { 'mcp-session-id': speaker.session as string })

      assert.equal(answer.status, 200)
      assert.equal(journal.starts(), starts)
    },
  )

  scenario('a list shows what there is, and no secret', { for: 'story 4' }, async () => {
    const { id, key, client } = await gate.key('http', '--notes', 'for the test', '--tools', 'echo', '--expires', '1h')
    assert.equal((await list(key)).status, 200)
    const find = async () => {
      const { keys } = await gate.ask<{ keys: Json[] }>('keys', 'list', '--server', 'http')
      return keys.find((each) => each.id === id) as Json
    }
    const shown = await find()
    const text = await gate.command('keys', 'list')

    assert.equal(shown.client, client)
    assert.equal(shown.status, 'active')
    assert.equal(shown.notes, 'for the test')
    assert.deepEqual(shown.tools, ['echo'])
    assert.ok(Math.abs(Date.parse(String(shown.expiresAt)) - Date.now() - 3_600_000) < 10_000)
    assert.doesNotMatch(JSON.stringify(shown) + text.stdout, /pcls_|digest/)
    assert.match(text.stdout, new RegExp(`^${id} .* active `, 'm'))

    // The last use is written lazily
    const used = await until('its use is written', async () => (await find()).lastUsedAt as string | undefined, 10_000)
    assert.ok(Math.abs(Date.parse(used) - Date.now()) < 15_000)
  })

  scenario(
    'commands that cannot be done say so: 1; that are not understood: 2; and no secret is repeated',
    { for: 'architecture §3: exit codes' },
    async () => {
      const { id, key } = await gate.key('http')
      for (const [code, ...args] of [
        [1, 'keys', 'revoke', 'nosuchkey0000000'],
        [1, 'keys', 'revoke', key],
        [1, 'keys', 'rotate', key],
        [1, 'keys', 'create', '--server', 'nobody', '--name', 'x'],
        [1, 'keys', 'create', '--server', 'http', '--name', 'x', '--scopes', 'no:such'],
        [1, 'urls', 'create', '--server', 'http', '--name', 'x'],
        [1, 'urls', 'revoke', id],
        [2, 'keys', 'create', '--server', 'http'],
        [2, 'keys', 'create', '--server', 'http', '--name', 'x', '--expires', 'soon'],
        [2, 'keys', 'rotate', id, '--overlap', 'x'],
        [2, 'keys', 'revoke'],
        [2, 'keys', 'destroy', id],
      ] as const) {
        const { code: actual, stdout, stderr } = await gate.command(...(args as readonly string[]))
        assert.equal(actual, code, `${args.join(' ').replace(key, 'KEY')}: ${stderr}`)
        assert.equal(stdout, '')
        assert.notEqual(stderr, '')
        assert.ok(!stderr.includes(key.slice(22, 60)))
      }
      assert.equal((await list(key)).status, 200, 'and nothing was done')
      assert.equal((await gate.command('keys', 'revoke', id)).code, 0)
      assert.equal((await gate.command('keys', 'revoke', id)).code, 0, 'revoking twice is no mistake')
    },
  )
})

topic('D. Probe keys', () => {
  let gate: Gate
  let witness: Witness
  let probe: string

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'], scopes: { 'items:write': ['create_*'] } },
      },
    })
    probe = (await gate.key('http', '--probe')).key
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const open = (revision: Revision): Promise<Speaker> => speak(gate.mcp('http'), revision, bearer(probe))

  scenario('a monitor lists everything and pings', { for: 'API keys: probe keys', on: EVERY }, async (revision) => {
    const speaker = await open(revision)
    assert.deepEqual(toolNames(await speaker.request('tools/list')).sort(), [...TOOLS].sort())
    for (const method of ['resources/list', 'prompts/list']) {
      const { response } = await speaker.request(method)
      const [list] = Object.values(response?.result as object).filter(Array.isArray)
      assert.equal((list as unknown[]).length, 1, method)
    }
    if (revision !== MODERN) assert.deepEqual((await speaker.request('ping')).response?.result, {})
  })

  scenario(
    'it calls nothing: a result with isError and always the same text, and nobody behind hears of it',
    { for: 'API keys: probe keys; a visible tool that is denied gets isError', on: EVERY },
    async (revision) => {
      const speaker = await open(revision)
      witness.forget()
      for (const name of ['echo', 'create_item', 'no_such_tool']) {
        const spoken = await speaker.request('tools/call', { name, arguments: {} })
        assert.equal(spoken.status, 200)
        assert.equal((spoken.response?.result as { isError?: boolean } | undefined)?.isError, true)
        assert.equal(textOf(spoken), 'This credential may list tools but not call them.')
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'it reads nothing: resources, prompts and completions are denied',
    { for: 'API keys: probe keys; GW-14', on: EVERY },
    async (revision) => {
      const speaker = await open(revision)
      witness.forget()
      const ref = { type: 'ref/prompt', name: 'greet' }
      for (const [method, params] of [
        ['resources/read', { uri: 'test://one' }],
        ['prompts/get', { name: 'greet' }],
        ['completion/complete', { ref, argument: { name: 'x', value: 'y' } }],
        ...(revision === MODERN ? [] : [['resources/subscribe', { uri: 'test://one' }]]),
      ] as [string, Json][]) {
        const spoken = await speaker.request(method, params)
        assert.equal(spoken.status, 200, `${method}: ${spoken.answer.text}`)
        assert.ok(errorOf(spoken).code > 0, 'a code outside of those that others keep for themselves')
        assert.equal((errorOf(spoken).data as Json).error, 'not_permitted')
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario('it is a key like others: revoked it is refused', { for: 'API keys: probe keys' }, async () => {
    const { id, key } = await gate.key('http', '--probe')
    assert.equal((await initialize(gate.mcp('http'), '2025-11-25', bearer(key))).status, 200)
    await gate.ask('keys', 'revoke', id)
    assert.equal((await initialize(gate.mcp('http'), '2025-11-25', bearer(key))).status, 401)
  })
})
