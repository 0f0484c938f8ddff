import assert from 'node:assert/strict'
import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { sdkV1, sdkV2Modern } from './harness/clients.ts'
import { type Gate, givenConfig, givenDirectory, launch, portcullis, startGate } from './harness/gate.ts'
import { type Answer, send, visible } from './harness/http.ts'
import { bearer, initialize, post, speak, textOf, toolNames } from './harness/mcp.ts'
import { freePort, ROOT, until } from './harness/processes.ts'
import { EVERY, LEGACY, MODERN, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { everythingProgram, fixtureProgram, journaledProgram, type Running, startFixture } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const LISTING = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
/** How a configuration names a variable. */
const REFERENCE = '$' + '{env:SUITE_WORD}'
const NAMES = ['fixture', 'everything', 'program', 'open', 'hidden', 'both'] as const

topic('C. Several servers behind one gate', () => {
  let gate: Gate
  let fixture: Running
  let witness: Witness
  const program = journaledProgram()
  const keys: Record<string, string> = {}
  let hidden: string
  let both: string

  setUp(async () => {
    ;[fixture, witness] = await Promise.all([startFixture(), Witness.start()])
    gate = await startGate({
      servers: {
        fixture: { upstream: { url: fixture.url }, access: ['api-key'] },
        everything: { upstream: everythingProgram(), access: ['api-key'] },
        program: { upstream: program.upstream, access: ['api-key'] },
        open: { upstream: { url: witness.url() }, access: ['public'] },
        hidden: { upstream: fixtureProgram(), access: ['unlisted'] },
        both: { upstream: { url: witness.url() }, access: ['api-key', 'unlisted'] },
      },
    })
    for (const server of ['fixture', 'everything', 'program', 'both']) keys[server] = (await gate.key(server)).key
    hidden = (await gate.secret('hidden')).url
    both = (await gate.secret('both')).url
  })
  tearDown(async () => {
    await gate?.stop()
    await fixture?.stop()
    witness?.close()
  })

  scenario('the ready line names them all, and nothing else is on stdout', { for: 'story 3, architecture §3' }, () => {
    const servers = Object.fromEntries(NAMES.map((name) => [name, { mcp: `${gate.url}/${name}/mcp` }]))
    assert.equal(gate.stdout, `${JSON.stringify({ ready: true, url: gate.url, servers, apiKey: null, admin: null })}\n`)
  })

  scenario('no program is started before somebody who may asks for it', { for: 'story 2, 3' }, async () => {
    await Promise.all(NAMES.map((name) => initialize(gate.mcp(name), '2025-11-25')))
    assert.deepEqual(program.lines(), [])
    assert.deepEqual(gate.programs, [])
  })

  scenario(
    'real servers are reached by their own access, over HTTP and stdio alike',
    { for: 'story 3', on: LEGACY.slice(-1) },
    async (revision) => {
      for (const [url, headers, tool] of [
        [gate.mcp('fixture'), bearer(keys.fixture as string), 'test_simple_text'],
        [gate.mcp('everything'), bearer(keys.everything as string), 'get-tiny-image'],
        [gate.mcp('program'), bearer(keys.program as string), 'environment'],
        [gate.mcp('open'), {}, 'create_item'],
        [hidden, {}, 'test_simple_text'],
        [gate.mcp('both'), bearer(keys.both as string), 'create_item'],
        [both, {}, 'create_item'],
      ] as const) {
        const speaker = await speak(url, revision, headers)
        assert.ok(toolNames(await speaker.request('tools/list')).includes(tool), url)
      }
    },
  )

  scenario('in the modern era, too', { for: 'story 3', on: [MODERN] }, async (revision) => {
    for (const [url, key] of [
      [gate.mcp('fixture'), keys.fixture],
      [gate.mcp('open'), undefined],
      [hidden, undefined],
      [both, undefined],
    ] as const) {
      const client = await sdkV2Modern.connect(url, key)
      assert.equal(client.revision, revision)
      assert.ok((await client.tools()).length > 5)
      await client.close()
    }
  })

  scenario('what opens one server opens no other', { for: 'story 3; refused key', on: EVERY }, async (revision) => {
    witness.forget()
    const before = program.lines().length
    const headers = revision === MODERN ? { 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/list' } : {}
    for (const [owner, key] of Object.entries(keys)) {
      for (const server of Object.keys(keys).filter((name) => name !== owner)) {
        const answer = await post(gate.mcp(server), LISTING, { ...headers, ...bearer(key) })
        assert.equal(answer.status, 401, `${owner}'s key on ${server}`)
        assert.equal(answer.json().error, 'key_invalid')
      }
      assert.equal((await post(gate.mcp('hidden'), LISTING, { ...headers, ...bearer(key) })).status, 404)
    }
    assert.equal(witness.heard.length, 0)
    assert.equal(program.lines().length, before)
  })

  scenario(
    'a public server asks for nothing, and passes nothing on that a caller brings',
    { for: 'access: public', on: EVERY },
    async (revision) => {
      const client = revision === MODERN ? sdkV2Modern : sdkV1
      const connected = await client.connect(gate.mcp('open'), undefined)
      assert.equal(await connected.call('echo', { a: 1 }), 'echo: {"a":1}')
      await connected.close()

      witness.forget()
      const speaker = await speak(gate.mcp('open'), revision, { ...bearer(keys.both as string), 'x-api-key': 'x' })
      assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
      for (const { rawHeaders } of witness.heard)
        assert.doesNotMatch(rawHeaders.join('\n'), /pcls_|x-api-key|authorization/i)
    },
  )

  scenario('a server that is not there is not there, with a key and without', { for: 'story 3' }, async () => {
    const asked: [string, object][] = [
      ['/nobody/mcp', {}],
      ['/nobody/mcp', bearer(keys.both as string)],
      ['/BOTH/mcp', bearer(keys.both as string)],
      ['/both/mcp/', bearer(keys.both as string)],
      ['/both%2Fmcp', bearer(keys.both as string)],
      ['/%62oth/mcp', bearer(keys.both as string)],
      ['/both//mcp', bearer(keys.both as string)],
      ['/both/MCP', bearer(keys.both as string)],
      ['/__proto__/mcp', {}],
      ['/constructor/mcp', {}],
      ['/both', {}],
      ['/', {}],
    ]
    const answers: Answer[] = []
    for (const [path, headers] of asked) answers.push(await post(gate.url + path, LISTING, { ...headers }))
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.status, 404, asked[index]?.[0])
      assert.deepEqual(visible(answer), visible(answers[0] as Answer), asked[index]?.[0])
    }
  })

  scenario('one that fails takes none of the others with it', { for: 'the gate goes on for the others' }, async () => {
    const speaker = await speak(gate.mcp('program'), '2025-11-25', bearer(keys.program as string))
    await speaker.request('tools/call', { name: 'die' })
    await fixture.stop()
    const gone = await post(gate.mcp('fixture'), LISTING, bearer(keys.fixture as string))
    const open = await speak(gate.mcp('open'), '2025-11-25', {})

    assert.equal(gone.status, 502)
    assert.equal(textOf(await open.request('tools/call', { name: 'echo' })), 'echo: {}')
  })
})

topic('C. What a configuration says is done', () => {
  scenario(
    'arguments are handed over as they are, with no shell; paths start at the file; variables are filled in',
    { for: 'GW-52; Configuration' },
    async () => {
      const place = givenDirectory()
      const journal = journaledProgram()
      const [, ...args] = (journal.upstream as { args: string[] }).args
      mkdirSync(join(place, 'inner'))
      await givenConfig(
        {
          servers: {
            shell: {
              upstream: {
                command: process.execPath,
                args: [
                  join(ROOT, 'conformance/gateway/servers/program.mjs'),
                  ...args,
                  `$(touch ${place}/pwned)`,
                  '; touch pwned',
                  REFERENCE,
                ],
                env: { PLAIN: 'as it is', FROM: `x-${REFERENCE}-y` },
                cwd: './inner',
              },
              access: ['api-key'],
            },
          },
        },
        place,
      )
      const gate = await launch(place, { env: { ...process.env, SUITE_WORD: 'a b"c', SECRET_OF_THE_GATE: 'x' } })
      // Commands start no program, so they need none of its variables.
      const { key } = await gate.key('shell')
      const speaker = await speak(gate.mcp('shell'), '2025-11-25', bearer(key))
      const environment = JSON.parse(textOf(await speaker.request('tools/call', { name: 'environment' })))
      const { argv, cwd } = JSON.parse(textOf(await speaker.request('tools/call', { name: 'process' })))
      await gate.stop()

      assert.equal(environment.PLAIN, 'as it is')
      assert.equal(environment.FROM, 'x-a b"c-y')
      assert.equal(environment.SECRET_OF_THE_GATE, undefined)
      assert.equal(environment.SUITE_WORD, undefined)
      assert.deepEqual(argv.slice(-3), [`$(touch ${place}/pwned)`, '; touch pwned', 'a b"c'])
      assert.equal(cwd, realpathSync(join(place, 'inner')))
      assert.ok(!existsSync(join(place, 'pwned')))
    },
  )

  scenario(
    '--port overrides, the default file is found, and a taken port is told',
    { for: 'architecture §3' },
    async () => {
      const witness = await Witness.start()
      const port = await freePort()
      const place = await givenConfig({ servers: { open: { upstream: { url: witness.url() }, access: ['public'] } } })
      const env = { ...process.env, PORTCULLIS_CONFIG: join(place, 'portcullis.yaml') }
      const gate = await launch(place, { env, args: ['serve', '--json', '--port', String(port)] })
      const again = await portcullis(['serve', '--json', '--port', String(port)], env)

      assert.equal(gate.url, `http://127.0.0.1:${port}`)
      assert.equal((await send(`${gate.url}/healthz`, { method: 'GET' })).status, 200)
      assert.equal(again.code, 1)
      assert.equal(again.stdout, '')
      assert.match(again.stderr, /EADDRINUSE|address already in use/)
      assert.doesNotMatch(again.stderr, / at .*\.ts:/, 'no stack')
      assert.equal((await gate.stop()).code, 0)
      witness.close()
    },
  )

  scenario(
    'a configuration with mistakes starts nothing, and every mistake is told with its line',
    { for: 'Configuration: every problem in one answer' },
    async () => {
      const place = await givenConfig({
        lisen: {},
        limits: { bodyBytes: 'many' },
        servers: {
          oauth: { upstream: { url: 'http://127.0.0.1:1/' }, access: ['api-key'] },
          both: { upstream: { url: 'http://127.0.0.1:1/' }, access: ['public', 'api-key'] },
          none: { upstream: { url: 'ftp://127.0.0.1/' }, access: [] },
        },
      })
      const { code, stdout, stderr } = await portcullis(['serve', '--config', join(place, 'portcullis.yaml'), '--json'])
      const lines = stderr.split('\n').filter((line) => /portcullis\.yaml:\d+:\d+: /.test(line))

      assert.equal(code, 1)
      assert.equal(stdout, '')
      for (const word of ['lisen', 'bodyBytes', 'oauth', '`public`', 'none.upstream.url', 'none.access']) {
        assert.ok(
          lines.some((line) => line.includes(word)),
          `${word}: ${stderr}`,
        )
      }
      assert.ok(!existsSync(join(place, 'state')))
    },
  )

  scenario('people are told where the gate stands, on stdout as well', { for: 'story 3' }, async () => {
    const witness = await Witness.start()
    const place = await givenConfig({ servers: { open: { upstream: { url: witness.url() }, access: ['public'] } } })
    const gate = await launch(place, { args: ['serve', '--config', join(place, 'portcullis.yaml')], saysReady: false })
    await until('it is said', () => gate.stdout.includes('/open/mcp'), 15_000)
    assert.match(gate.log, /Portcullis stands at http:\/\/127\.0\.0\.1:\d+/)
    await gate.stop()
    witness.close()
  })
})
