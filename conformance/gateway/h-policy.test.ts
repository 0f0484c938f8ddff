import assert from 'node:assert/strict'
import { sdkV1, sdkV2Modern } from './harness/clients.ts'
import { type Gate, startGate } from './harness/gate.ts'
import { EventStream } from './harness/http.ts'
import { bearer, errorOf, type Json, post, resultOf, type Speaker, speak, textOf, toolNames } from './harness/mcp.ts'
import { until } from './harness/processes.ts'
import { EVERY, LEGACY, MODERN, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'
import { TOOLS, Witness } from './servers/witness.ts'

const SCOPES = { 'items:read': ['read_*'], 'items:write': ['create_*', 'delete_item'], both: ['*_item'] }
/** Each closes a tool to some: by tenant, by scope beside the one that opens it, by a role that no key has. */
const RULES = [
  { tools: ['delete_*'], tenant: 'acme' },
  { tools: ['create_*'], scopes: ['mcp:read'] },
  { tools: ['echo'], roles: ['editor'] },
]
/** Tools in no scope of the operator's. */
const OTHERS = TOOLS.filter((name) => !name.endsWith('_item'))

/** Options of a key, and the tools that it opens. */
const HOLDERS: Readonly<Record<string, { options: readonly string[]; sees: readonly string[] }>> = {
  'everything, by saying nothing': { options: [], sees: TOOLS },
  'everything, by scopes': { options: ['--scopes', 'items:read,items:write,both,mcp:read,mcp:write'], sees: TOOLS },
  'one scope': { options: ['--scopes', 'items:read'], sees: ['read_item'] },
  'two scopes': { options: ['--scopes', 'items:read,items:write'], sees: ['read_item', 'create_item', 'delete_item'] },
  'what no scope names': { options: ['--scopes', 'mcp:write'], sees: OTHERS },
  'reading only': { options: ['--scopes', 'mcp:read'], sees: [] },
  'tools by name': { options: ['--tools', 'echo,create_item'], sees: ['echo', 'create_item'] },
  'tools by pattern': { options: ['--tools', '*e*_*tem'], sees: ['read_item', 'create_item', 'delete_item'] },
  'tools of a scope': { options: ['--scopes', 'items:write', '--tools', 'echo,delete_*'], sees: ['delete_item'] },
  'a tool in another case': { options: ['--tools', 'Echo,ECHO'], sees: [] },
  'a tool that is not there': { options: ['--tools', 'no_such_tool'], sees: [] },
}

topic('H. Scopes, tools and what else a key opens', () => {
  let gate: Gate
  let witness: Witness
  let journal: Journal
  const keys = new Map<string, string>()

  setUp(async () => {
    witness = await Witness.start()
    journal = journaledProgram()
    gate = await startGate({
      servers: {
        json: { upstream: { url: witness.url() }, access: ['api-key'], scopes: SCOPES },
        events: { upstream: { url: witness.url('/streaming') }, access: ['api-key'], scopes: SCOPES },
        program: { upstream: journal.upstream, access: ['api-key'], scopes: { 'echo:use': ['echo'] } },
        plain: { upstream: { url: witness.url() }, access: ['api-key'] },
        open: { upstream: { url: witness.url() }, access: ['public'] },
        ruled: { upstream: { url: witness.url() }, access: ['api-key'], rules: RULES },
      },
    })
    const wanted = Object.entries(HOLDERS).flatMap(([holder, { options }]) =>
      ['json', 'events'].map((server) => [`${holder}/${server}`, server, options] as const),
    )
    // A few at a time: each is a process.
    const pending = [...wanted]
    const worker = async (): Promise<void> => {
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        const [name, server, options] = next
        keys.set(name, (await gate.key(server, ...options)).key)
      }
    }
    await Promise.all([worker(), worker(), worker()])
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const open = (holder: string, server: string, revision: Revision): Promise<Speaker> =>
    speak(gate.mcp(server), revision, bearer(keys.get(`${holder}/${server}`) as string))

  for (const [holder, { sees }] of Object.entries(HOLDERS)) {
    scenario(
      `who holds ${holder} lists and calls just that, in JSON and in event streams`,
      { for: 'Scopes to tools; GW-34, GW-35', on: EVERY },
      async (revision) => {
        for (const server of ['json', 'events']) {
          const speaker = await open(holder, server, revision)
          const listed = await speaker.request('tools/list')
          assert.deepEqual(
            toolNames(listed),
            TOOLS.filter((name) => sees.includes(name)),
            server,
          )
          witness.forget()
          for (const name of ['echo', 'read_item', 'create_item', 'delete_item']) {
            const spoken = await speaker.request('tools/call', { name, arguments: {} })
            if (sees.includes(name)) assert.equal(textOf(spoken), `${name}: {}`)
            else assert.equal(errorOf(spoken).code, -32602, name)
          }
          assert.equal(
            witness.heard.length,
            ['echo', 'read_item', 'create_item', 'delete_item'].filter((name) => sees.includes(name)).length,
          )
        }
      },
    )
  }

  scenario(
    'a name outside the list is answered alike, whether there is such a tool or not, and goes nowhere',
    { for: 'Scopes to tools; GW-17', on: EVERY },
    async (revision) => {
      const speaker = await open('tools by name', 'json', revision)
      witness.forget()
      const hidden = await speaker.request('tools/call', { name: 'delete_item', arguments: {} }, { id: 'x' })
      const absent = await speaker.request('tools/call', { name: 'nosuch_item', arguments: {} }, { id: 'x' })

      assert.equal(hidden.status, 200)
      assert.equal(
        hidden.answer.text,
        '{"jsonrpc":"2.0","id":"x","error":{"code":-32602,"message":"Unknown tool: delete_item"}}',
      )
      assert.equal(absent.answer.text, hidden.answer.text.replace('delete_item', 'nosuch_item'))
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'names are compared as they are: no case, no space, no look-alike',
    { for: 'GW-13', on: EVERY },
    async (revision) => {
      const speaker = await open('tools by name', 'json', revision)
      witness.forget()
      for (const name of ['Echo', 'ECHO', 'echo\u200b', 'ech\u006f\u0301', 'ｅcho', 'echo.', '../echo']) {
        const plain = /^[\x21-\x7e]+$/.test(name)
        const encoded = plain ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`
        const headers = revision === MODERN ? { 'mcp-name': encoded } : {}
        const spoken = await speaker.request('tools/call', { name, arguments: {} }, { headers })
        assert.equal(errorOf(spoken).code, -32602, JSON.stringify(name))
      }
      assert.equal(witness.heard.length, 0)
    },
  )

  scenario(
    'real clients of a limited key see and call what is theirs',
    { for: 'Scopes to tools', on: ['2025-11-25', MODERN] },
    async (revision) => {
      const kind = revision === MODERN ? sdkV2Modern : sdkV1
      for (const server of ['json', 'events']) {
        const client = await kind.connect(gate.mcp(server), keys.get(`tools by name/${server}`))
        assert.deepEqual(await client.tools(), ['echo', 'create_item'])
        assert.equal(await client.call('echo', { a: 1 }), 'echo: {"a":1}')
        await assert.rejects(client.call('delete_item'), /Unknown tool: delete_item/)
        await client.close()
      }
    },
  )

  scenario(
    'a list that was missed and is replayed is as short as it was',
    { for: 'Scopes to tools; TL-18', on: LEGACY },
    async (revision) => {
      const full = await open('everything, by saying nothing', 'events', revision)
      const limited = await open('tools by name', 'events', revision)
      await full.request('tools/list')
      await limited.request('tools/list')
      const headers = { accept: 'text/event-stream', ...limited.headers, 'last-event-id': '0' }
      const stream = await EventStream.open(gate.mcp('events'), { method: 'GET', headers })
      // The witness replays whatever it has ever said, to anybody: whole lists among it
      const lists = () => stream.messages.filter(({ result }) => (result as Json | undefined)?.tools !== undefined)
      await until('lists are replayed', () => lists().length >= 2)
      stream.close()

      for (const { result } of lists()) {
        const names = (result as { tools: { name: string }[] }).tools.map(({ name }) => name)
        assert.deepEqual(names, ['echo', 'create_item'])
      }
      assert.ok(stream.ids.length > 0, 'events keep their ids, so that the next replay begins behind them')
      const asked = witness.heard.findLast(({ method }) => method === 'GET')
      assert.equal(asked?.headers['last-event-id'], '0')
    },
  )

  scenario(
    'where others may get another list it is nobody else’s: cacheScope private; where all get the same it stays as it was',
    { for: 'GW-30, GW-31, IT-44', on: [MODERN] },
    async (revision) => {
      for (const server of ['json', 'events']) {
        const limited = await (await open('tools by name', server, revision)).request('tools/list')
        const whole = await (await open('everything, by saying nothing', server, revision)).request('tools/list')
        for (const { response } of [limited, whole]) {
          assert.equal((response?.result as Json | undefined)?.cacheScope, 'private')
        }
      }
      const alike = await (await speak(gate.mcp('open'), revision, {})).request('tools/list')
      assert.equal((alike.response?.result as Json | undefined)?.cacheScope, 'public')
    },
  )

  scenario(
    'who sees everything gets the server’s answer to the byte',
    { for: 'Gateway transports: raw bytes', on: EVERY },
    async (revision) => {
      // Where callers differ, cacheScope is made private in the modern era; where they do not, nothing is.
      const isModern = revision === MODERN
      const speaker = isModern
        ? await speak(gate.mcp('open'), revision, {})
        : await open('everything, by saying nothing', 'json', revision)
      const through = await speaker.request('tools/list', undefined, { id: 77 })
      const heard = witness.heard.at(-1)
      const direct = await post(witness.url(), heard?.body ?? '', isModern ? { 'mcp-protocol-version': MODERN } : {})
      assert.equal(through.answer.text, direct.text)
    },
  )

  for (const [holder, may] of [
    ['everything, by saying nothing', true],
    ['reading only', true],
    ['what no scope names', true],
    ['one scope', false],
    ['tools by name', false],
  ] as const) {
    scenario(
      `resources, prompts and completions are ${may ? 'open' : 'closed'} to who holds ${holder}`,
      { for: 'Scopes to tools; GW-14, IT-43', on: EVERY },
      async (revision) => {
        const speaker = await open(holder, 'json', revision)
        witness.forget()
        const lists: Json[][] = []
        for (const method of ['resources/list', 'resources/templates/list', 'prompts/list']) {
          const { status, response } = await speaker.request(method)
          assert.equal(status, 200)
          const [list] = Object.values(response?.result as object).filter(Array.isArray)
          lists.push(list as Json[])
          if (!may && revision === MODERN) assert.equal((response?.result as Json | undefined)?.cacheScope, 'private')
        }
        assert.deepEqual(
          lists.map(({ length }) => length),
          may ? [1, 0, 1] : [0, 0, 0],
        )

        const ref = { type: 'ref/prompt', name: 'greet' }
        const further = revision === MODERN ? [] : [['resources/subscribe', { uri: 'test://one' }] as const]
        for (const [method, params] of [
          ['resources/read', { uri: 'test://one' }],
          ['prompts/get', { name: 'greet' }],
          ['completion/complete', { ref, argument: { name: 'x', value: 'y' } }],
          ...further,
        ] as const) {
          const spoken = await speaker.request(method, params)
          assert.equal(spoken.status, 200)
          if (may) assert.ok(spoken.response?.result !== undefined, `${method}: ${spoken.answer.text}`)
          else assert.deepEqual([errorOf(spoken).code, errorOf(spoken).data], [403, { error: 'not_permitted' }])
        }
        if (!may) assert.equal(witness.heard.length, 0, 'the server heard nothing')
      },
    )
  }

  scenario('a batch goes as a whole or not at all', { for: 'GW-23', on: ['2025-03-26'] }, async (revision) => {
    const speaker = await open('tools by name', 'json', revision)
    const call = (id: number, name: string) => ({
      jsonrpc: '2.0',
      id,
      method: 'tools/call',
      params: { name, arguments: {} },
    })
    witness.forget()
    const refused = await post(gate.mcp('json'), [call(1, 'echo'), call(2, 'delete_item')], speaker.headers)
    assert.equal(refused.status, 400)
    assert.doesNotMatch(refused.text, /delete_item/)
    assert.equal(witness.heard.length, 0)

    const allowed = await post(
      gate.mcp('json'),
      [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }, call(2, 'echo')],
      speaker.headers,
    )
    const [list, called] = JSON.parse(allowed.text) as { result: { tools?: { name: string }[] } }[]
    assert.deepEqual(
      list?.result.tools?.map(({ name }) => name),
      ['echo', 'create_item'],
    )
    assert.ok(called?.result !== undefined)
  })

  scenario(
    'a program’s list is shortened and its calls are decided likewise',
    { for: 'Scopes to tools', on: LEGACY },
    async (revision) => {
      const { key } = await gate.key('program', '--scopes', 'echo:use')
      const speaker = await speak(gate.mcp('program'), revision, bearer(key))
      const before = journal.lines().length

      assert.deepEqual(toolNames(await speaker.request('tools/list')), ['echo'])
      assert.equal(errorOf(await speaker.request('tools/call', { name: 'environment' })).code, -32602)
      assert.equal(textOf(await speaker.request('tools/call', { name: 'echo' })), 'echo: {}')
      assert.ok(
        !journal
          .lines()
          .slice(before)
          .some((line) => line.includes('environment')),
      )
    },
  )

  scenario(
    'without a map of scopes a key may still be limited to tools',
    { for: 'Scopes to tools', on: EVERY },
    async (revision) => {
      const { key } = await gate.key('plain', '--tools', 'read_*')
      const speaker = await speak(gate.mcp('plain'), revision, bearer(key))
      assert.deepEqual(toolNames(await speaker.request('tools/list')), ['read_item'])
      assert.equal(errorOf(await speaker.request('tools/call', { name: 'echo' })).code, -32602)
    },
  )

  scenario(
    'a denial is no HTTP 401 or 403, so no client is sent into a sign-in',
    { for: 'GW-17; RS-14, IT-19', on: EVERY },
    async (revision) => {
      const speaker = await open('tools by name', 'json', revision)
      for (const [method, params] of [
        ['tools/call', { name: 'delete_item' }],
        ['resources/read', { uri: 'test://one' }],
        ['no/such', {}],
      ] as const) {
        const { status, answer } = await speaker.request(method, params)
        assert.ok(status !== 401 && status !== 403, method)
        assert.equal(answer.headers['www-authenticate'], undefined)
      }
    },
  )

  scenario(
    'rules narrow what scopes open: by tenant, by further scopes, by roles',
    { for: 'Rules; product point 13', on: EVERY },
    async (revision) => {
      const open = async (...options: readonly string[]) => {
        const { key } = await gate.key('ruled', ...options)
        return speak(gate.mcp('ruled'), revision, bearer(key))
      }
      const ofAcme = await open('--tenant', 'acme')
      const ofNobody = await open()
      const writer = await open('--scopes', 'mcp:write')
      const without = (...closed: readonly string[]) => TOOLS.filter((tool) => !closed.includes(tool))

      assert.deepEqual(toolNames(await ofAcme.request('tools/list')), without('echo'))
      assert.deepEqual(toolNames(await ofNobody.request('tools/list')), without('echo', 'delete_item'))
      assert.deepEqual(toolNames(await writer.request('tools/list')), without('echo', 'delete_item'))
      const before = witness.heard.length
      assert.equal(errorOf(await ofNobody.request('tools/call', { name: 'delete_item' })).code, -32602)
      assert.equal(errorOf(await ofAcme.request('tools/call', { name: 'echo' })).code, -32602)
      assert.equal(witness.heard.length, before)
      resultOf(await ofAcme.request('tools/call', { name: 'delete_item' }))
    },
  )
})
