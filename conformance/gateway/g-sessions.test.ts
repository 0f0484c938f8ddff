import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { filesBelow, type Gate, givenConfig, launch, startGate } from './harness/gate.ts'
import { type Answer, EventStream, type HeaderFields, send, visible } from './harness/http.ts'
import { bearer, errorOf, initialize, type Json, post, type Speaker, speak, textOf } from './harness/mcp.ts'
import { freePort, until } from './harness/processes.ts'
import { LEGACY, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const LISTING = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const on = LEGACY
const newest = LEGACY.slice(-1)

topic('G. Sessions', () => {
  let gate: Gate
  let witness: Witness
  let mine: string
  let theirs: string
  let elsewhere: string
  let stdioKey: string
  let url: string

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({
      log: { level: 'trace' },
      servers: {
        http: { upstream: { url: witness.url() }, access: ['api-key'] },
        other: { upstream: { url: witness.url() }, access: ['api-key'] },
        stdio: { upstream: journaledProgram().upstream, access: ['api-key'] },
        open: { upstream: { url: witness.url() }, access: ['public'] },
      },
    })
    const keys = await Promise.all(['http', 'http', 'other', 'stdio'].map((server) => gate.key(server)))
    ;[mine, theirs, elsewhere, stdioKey] = keys.map(({ key }) => key) as [string, string, string, string]
    url = gate.mcp('http')
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const withSession = ({ session }: Speaker, further: HeaderFields = {}): HeaderFields => ({
    'mcp-session-id': session as string,
    ...further,
  })
  const list = (headers: HeaderFields, where = url): Promise<Answer> => post(where, LISTING, headers)
  const verbs = (where: string, headers: HeaderFields): Promise<Answer[]> =>
    Promise.all([
      list(headers, where),
      send(where, { method: 'GET', headers: { accept: 'text/event-stream', ...headers } }),
      send(where, { method: 'DELETE', headers }),
    ])

  scenario(
    'the id is the gate’s own, long and random; the server’s is shown to nobody',
    { for: 'Legacy sessions: minted by the gate; TL-10, TL-11', on },
    async (revision) => {
      const before = witness.sessions.length
      const speakers = await Promise.all(Array.from({ length: 20 }, () => speak(url, revision, bearer(mine))))
      const ids = speakers.map(({ session }) => session as string)
      const own = witness.sessions.slice(before)

      assert.equal(own.length, 20)
      assert.equal(new Set(ids).size, 20)
      // 192 random bits: no two ids share a beginning
      assert.equal(new Set(ids.map((id) => id.slice(0, 8))).size, 20)
      for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{32}$/)

      const [speaker] = speakers as [Speaker]
      const heard = await speaker.request('tools/call', { name: 'echo' })
      assert.doesNotMatch(heard.answer.rawHeaders.join() + heard.answer.text, /upstream-session/)
      assert.ok(own.includes(witness.heard.at(-1)?.headers['mcp-session-id'] as string), 'the server hears its own')
      assert.ok(
        !witness.heard.some(({ rawHeaders }) => rawHeaders.some((value) => ids.includes(value))),
        'and never the gate’s',
      )
    },
  )

  scenario(
    'the server’s id and the gate’s are in no log and no file, but sealed or hashed',
    { for: 'Legacy sessions; Record: public ids only', on: newest },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(mine))
      await speaker.request('tools/call', { name: 'echo' })
      const session = speaker.session as string
      const places = [gate.log, ...filesBelow(gate.directory).map((file) => readFileSync(file, 'latin1'))]
      for (const text of places) {
        assert.ok(!text.includes(session))
        assert.doesNotMatch(text, /upstream-session-\d/)
      }
    },
  )

  scenario(
    'somebody else’s session does not exist: 404, as for an id that was never given',
    { for: 'Legacy sessions: bound to principal; TL-16, TL-17', on },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(mine))
      witness.forget()
      const strangers = await verbs(url, withSession(speaker, bearer(theirs)))
      const unknown = await verbs(url, { ...bearer(theirs), 'mcp-session-id': 'A'.repeat(32) })
      const odd = await verbs(url, { ...bearer(theirs), 'mcp-session-id': 'x' })

      for (const [index, answer] of strangers.entries()) {
        assert.equal(answer.status, 404)
        assert.deepEqual(visible(answer), visible(unknown[index] as Answer))
        assert.deepEqual(visible(answer), visible(odd[index] as Answer))
      }
      assert.equal(witness.heard.length, 0, 'the server heard nothing')
      assert.equal((await speaker.request('tools/list')).status, 200, 'and its owner still has it')
    },
  )

  scenario(
    'a session of one server does not exist on another',
    { for: 'Legacy sessions: bound to server; TL-17', on },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(mine))
      for (const answer of await verbs(gate.mcp('other'), withSession(speaker, bearer(elsewhere)))) {
        assert.equal(answer.status, 404)
      }
      for (const answer of await verbs(gate.mcp('open'), withSession(speaker))) assert.equal(answer.status, 404)
    },
  )

  scenario(
    'without a key, or with a wrong one, a good session is not even looked at: 401',
    { for: 'TL-15, TL-17', on },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(mine))
      for (const headers of [{}, bearer('x'), bearer(elsewhere)]) {
        const known = await verbs(url, withSession(speaker, headers))
        const unknown = await verbs(url, { ...headers, 'mcp-session-id': 'A'.repeat(32) })
        for (const [index, answer] of known.entries()) {
          assert.equal(answer.status, 401)
          assert.deepEqual(visible(answer), visible(unknown[index] as Answer))
        }
      }
      assert.equal((await speaker.request('tools/list')).status, 200)
    },
  )

  scenario('DELETE ends it, at the server too, and then it is 404', { for: 'TL-13, TL-14', on }, async (revision) => {
    for (const [where, key] of [
      [url, mine],
      [gate.mcp('stdio'), stdioKey],
    ] as const) {
      const speaker = await speak(where, revision, bearer(key))
      const ended = await send(where, { method: 'DELETE', headers: speaker.headers })
      const after = await verbs(where, speaker.headers)

      assert.ok(ended.status < 300, ended.text)
      for (const answer of after) assert.equal(answer.status, 404)
    }
    assert.equal(witness.ended.at(-1), witness.sessions.at(-1))
  })

  scenario('a session that its server has forgotten is 404, and stays so', { for: 'TL-13', on }, async (revision) => {
    const speaker = await speak(url, revision, bearer(mine))
    witness.ended.push(witness.sessions.at(-1) as string)
    assert.equal((await speaker.request('tools/list')).status, 404)
    witness.forget()
    assert.equal((await speaker.request('tools/list')).status, 404)
    assert.equal(witness.heard.length, 0, 'the gate knows now')
  })

  scenario(
    'initialize opens a new session, and belongs to none',
    { for: 'TL-12; Legacy sessions', on },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(mine))
      witness.forget()
      const inside = await initialize(url, revision, withSession(speaker, bearer(mine)))
      const inUnknown = await initialize(url, revision, { ...bearer(mine), 'mcp-session-id': 'A'.repeat(32) })

      for (const spoken of [inside, inUnknown]) {
        assert.equal(spoken.status, 400)
        assert.equal(errorOf(spoken).code, -32600)
        assert.equal(spoken.answer.headers['mcp-session-id'], undefined)
      }
      assert.equal(witness.heard.length, 0)
      assert.equal((await speaker.request('tools/list')).status, 200)
    },
  )

  scenario(
    'an id that comes twice, or a revision that is no date, is refused',
    { for: 'TL-03; IT-39', on },
    async (revision) => {
      const speaker = await speak(url, revision, bearer(mine))
      const { session } = speaker as { session: string }
      const twice = await list({ ...bearer(mine), 'mcp-session-id': [session, session] })
      const odd = await list(withSession(speaker, { ...bearer(mine), 'mcp-protocol-version': 'newest' }))

      assert.equal(twice.status, 400)
      assert.equal(odd.status, 400)
    },
  )

  scenario(
    'on a public server the id alone is the protection, and it is enough',
    { for: 'For public servers the id is the only protection', on },
    async (revision) => {
      const speaker = await speak(gate.mcp('open'), revision, {})
      assert.match(speaker.session ?? '', /^[A-Za-z0-9_-]{32}$/)
      assert.equal((await list(withSession(speaker), gate.mcp('open'))).status, 200)
      assert.equal((await list({ 'mcp-session-id': 'A'.repeat(32) }, gate.mcp('open'))).status, 404)
    },
  )

  scenario(
    'what the server says on one session’s stream is heard on no other',
    { for: 'TL-19', on },
    async (revision) => {
      const [one, other] = await Promise.all([speak(url, revision, bearer(mine)), speak(url, revision, bearer(mine))])
      const before = witness.held.length
      const first = await EventStream.open(url, {
        method: 'GET',
        headers: { accept: 'text/event-stream', ...one.headers },
      })
      const second = await EventStream.open(url, {
        method: 'GET',
        headers: { accept: 'text/event-stream', ...other.headers },
      })
      await until('both are open', () => witness.held.length === before + 2)
      witness.held[before]?.response.write(
        'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"for one"}}\n\n',
      )

      await first.message('it is heard', ({ method }) => method === 'notifications/message')
      assert.equal(second.messages.length, 0)
      first.close()
      second.close()
      await until('the server is left', () => witness.held.slice(before).every(({ isLeft }) => isLeft))
    },
  )
})

topic('G. Sessions and the life of the gate', () => {
  let witness: Witness
  setUp(async () => {
    witness = await Witness.start()
  })
  tearDown(() => witness?.close())

  for (const how of ['an orderly end', 'kill -9'] as const) {
    scenario(
      `sessions of a server over HTTP survive ${how} of the gate; those of a program do not`,
      { for: 'Legacy sessions: survive restart', on },
      async (revision: Revision) => {
        const directory = await givenConfig({
          servers: {
            http: { upstream: { url: witness.url() }, access: ['api-key'] },
            stdio: { upstream: journaledProgram().upstream, access: ['api-key'] },
          },
        })
        const first = await launch(directory)
        const [mine, theirs, stdio] = await Promise.all([first.key('http'), first.key('http'), first.key('stdio')])
        const speaker = await speak(first.mcp('http'), revision, bearer(mine.key))
        const program = await speak(first.mcp('stdio'), revision, bearer(stdio.key))
        if (how === 'kill -9') await first.kill()
        else await first.stop()
        witness.forget()

        const second = await launch(directory)
        const stranger = await post(second.mcp('http'), LISTING, {
          ...bearer(theirs.key),
          'mcp-session-id': speaker.session as string,
        })
        const called = await speaker.request('tools/call', { name: 'echo' })
        const gone = await program.request('tools/list')

        assert.equal(stranger.status, 404)
        assert.equal(textOf(called), 'echo: {}')
        assert.equal(witness.asked('initialize').length, 0)
        assert.equal(gone.status, 404)
        await second.stop()
      },
    )
  }

  scenario(
    'two gates on one state know each other’s sessions and keys',
    { for: 'Store: two processes at once', on: newest },
    async (revision) => {
      const first = await startGate({ servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } } })
      const port = String(await freePort())
      const second = await launch(first.directory, {
        args: ['serve', '--config', first.configFile, '--json', '--port', port],
      })
      const { key, id } = await first.key('http')
      const speaker = await speak(first.mcp('http'), revision, bearer(key))
      const there = await post(second.mcp('http'), LISTING, speaker.headers)
      await first.ask('keys', 'revoke', id)
      const revoked = await Promise.all([first, second].map((gate) => post(gate.mcp('http'), LISTING, speaker.headers)))

      assert.equal(there.status, 200, there.text)
      for (const { status } of revoked) assert.equal(status, 401)
      await Promise.all([first.stop(), second.stop()])
    },
  )

  scenario(
    'beyond the limit whoever holds the most pays, with an idle session, never with one in use',
    { for: 'Session limits', on: newest },
    async (revision) => {
      const gate = await startGate({
        limits: { sessions: 3 },
        servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } },
      })
      const url = gate.mcp('http')
      const [mine, theirs] = await Promise.all([gate.key('http'), gate.key('http')])
      const used = await speak(url, revision, bearer(mine.key))
      const stream = await EventStream.open(url, {
        method: 'GET',
        headers: { accept: 'text/event-stream', ...used.headers },
      })
      const idle = await speak(url, revision, bearer(mine.key))
      const idleUpstream = witness.sessions.at(-1)
      const other = await speak(url, revision, bearer(theirs.key))

      // The fourth takes the place of the idle one, which its server is told of
      const fourth = await speak(url, revision, bearer(mine.key))
      await until('the server is told', () => witness.ended.includes(idleUpstream as string))
      assert.equal((await idle.request('tools/list')).status, 404)
      assert.equal((await used.request('tools/list')).status, 200)
      assert.equal((await other.request('tools/list')).status, 200)
      assert.equal((await fourth.request('tools/list')).status, 200)
      assert.ok(stream.isOpen)

      // A newcomer takes the place of an idle one of whoever holds the most
      const newcomer = await gate.key('http')
      const fifth = await speak(url, revision, bearer(newcomer.key))
      assert.equal((await fourth.request('tools/list')).status, 404)
      for (const speaker of [used, other, fifth]) assert.equal((await speaker.request('tools/list')).status, 200)

      // Where all hold alike, and theirs are used or young, one more is told when to come again
      const third = await gate.key('http')
      const refused = await initialize(url, revision, bearer(third.key))
      assert.equal(refused.status, 503, refused.answer.text)
      assert.equal(((refused.answer.json().error as Json).data as Json).error, 'sessions_full')
      assert.match(refused.answer.headers['retry-after'] ?? '', /^\d+$/)
      assert.equal(refused.answer.headers['mcp-session-id'], undefined)
      await until('its server keeps nothing for it', () => witness.ended.includes(witness.sessions.at(-1) as string))
      stream.close()
      await gate.stop()
    },
  )
})
