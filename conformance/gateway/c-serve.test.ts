import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Gate, type Issued, launch, portcullis, startGate } from './harness/gate.ts'
import { EventStream, type HeaderFields } from './harness/http.ts'
import { bearer, initialize, speak, textOf } from './harness/mcp.ts'
import { until } from './harness/processes.ts'
import { EVERY, LEGACY, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Journal, journaledProgram } from './harness/upstreams.ts'
import { Witness } from './servers/witness.ts'

const NAMES = ['http-key', 'http-open', 'http-url', 'http-both', 'stdio-key', 'stdio-open', 'stdio-url'] as const
type Name = (typeof NAMES)[number]

topic('C. serve --config: several servers', () => {
  let gate: Gate
  const witnesses = {} as Record<Name, Witness>
  const journals = {} as Record<Name, Journal>
  const keys = {} as Record<Name, Issued>
  const secrets = {} as Record<Name, string>

  const accessOf = (name: Name): string[] => {
    if (name.endsWith('-open')) return ['public']
    return name.endsWith('-both') ? ['api-key', 'unlisted'] : [name.endsWith('-url') ? 'unlisted' : 'api-key']
  }

  setUp(async () => {
    const servers: Record<string, object> = {}
    for (const name of NAMES) {
      if (name.startsWith('http')) {
        witnesses[name] = await Witness.start()
        const headers = { authorization: `Bearer \${env:UPSTREAM_TOKEN}`, 'x-server': name }
        servers[name] = { upstream: { url: witnesses[name].url(), headers }, access: accessOf(name) }
      } else {
        journals[name] = journaledProgram()
        servers[name] = { upstream: { ...journals[name].upstream, env: { WHO: name } }, access: accessOf(name) }
      }
    }
    // For the gate and for the commands, which read the same file.
    process.env.UPSTREAM_TOKEN = 'token-of-the-gate'
    gate = await startGate({ servers })
    await Promise.all(
      NAMES.map(async (name) => {
        const access = accessOf(name)
        if (access.includes('api-key')) keys[name] = await gate.key(name)
        if (access.includes('unlisted')) secrets[name] = (await gate.secret(name)).secret
      }),
    )
  })
  tearDown(async () => {
    await gate?.stop()
    for (const witness of Object.values(witnesses)) witness.close()
  })

  /** Ways in that open this server. */
  const waysOf = (name: Name): [url: string, fields: HeaderFields][] => {
    const ways: [string, HeaderFields][] = []
    if (accessOf(name).includes('public')) ways.push([gate.mcp(name), {}])
    if (keys[name] !== undefined) ways.push([gate.mcp(name), bearer(keys[name].key)])
    if (secrets[name] !== undefined) ways.push([`${gate.mcp(name)}/${secrets[name]}`, {}])
    return ways
  }

  scenario('it says where each server is', { for: 'story 3, architecture §3' }, () => {
    const wanted = Object.fromEntries(NAMES.map((name) => [name, { mcp: `${gate.url}/${name}/mcp` }]))
    assert.deepEqual(gate.ready.servers, wanted)
    assert.equal(gate.ready.apiKey, null)
  })

  scenario(
    'each is reached by its own way in, and the call comes to it and to no other',
    { for: 'story 3', on: EVERY },
    async (revision) => {
      for (const name of NAMES) {
        // Programs here know the legacy era only
        if (name.startsWith('stdio') && revision === '2026-07-28') continue
        for (const [url, fields] of waysOf(name)) {
          for (const witness of Object.values(witnesses)) witness.forget()
          const before = Object.values(journals).map((journal) => journal.lines().length)
          const speaker = await speak(url, revision, fields)
          const spoken = await speaker.request('tools/call', { name: 'echo', arguments: { at: name } })

          assert.equal(textOf(spoken), `echo: {"at":"${name}"}`)
          const heard = NAMES.filter((each) => (witnesses[each]?.heard.length ?? 0) > 0)
          const spoke = Object.keys(journals).filter(
            (each, at) => journals[each as Name].lines().length > (before[at] as number),
          )
          assert.deepEqual([...heard, ...spoke], [name])
        }
      }
    },
  )

  scenario(
    'no way into one is a way into another',
    { for: 'story 3: each with its own access', on: LEGACY },
    async (revision) => {
      const counts = (): unknown => [
        NAMES.map((name) => witnesses[name]?.heard.length),
        NAMES.map((name) => journals[name]?.lines().length),
      ]
      await pause(50)
      const before = counts()
      for (const name of NAMES) {
        const access = accessOf(name)
        if (access.includes('public')) continue
        const tries: [string, HeaderFields, number][] = [[gate.mcp(name), {}, access.includes('api-key') ? 401 : 404]]
        for (const other of NAMES) {
          if (other === name) continue
          if (keys[other] !== undefined)
            tries.push([gate.mcp(name), bearer(keys[other].key), access.includes('api-key') ? 401 : 404])
          if (secrets[other] !== undefined) tries.push([`${gate.mcp(name)}/${secrets[other]}`, {}, 404])
        }
        for (const [url, fields, status] of tries) {
          const spoken = await initialize(url, revision, fields)
          assert.equal(spoken.status, status, `${name}: ${spoken.answer.text}`)
        }
      }
      assert.deepEqual(counts(), before, 'and none of them hears of it')
    },
  )

  scenario(
    'each server is told its own headers and variables, with what the environment holds',
    { for: 'Configuration: environment; GW-52', on: ['2025-11-25'] },
    async (revision) => {
      witnesses['http-open'].forget()
      await (await speak(gate.mcp('http-open'), revision, {})).request('tools/list')
      const { headers } = witnesses['http-open'].heard[0] ?? {}
      assert.equal(headers?.authorization, 'Bearer token-of-the-gate')
      assert.equal(headers?.['x-server'], 'http-open')

      const speaker = await speak(gate.mcp('stdio-open'), revision, {})
      const variables = JSON.parse(textOf(await speaker.request('tools/call', { name: 'environment' })))
      assert.equal(variables.WHO, 'stdio-open')
      assert.equal(variables.UPSTREAM_TOKEN, undefined)
    },
  )

  scenario(
    'one that is gone takes none of the others with it',
    { for: 'story 3; the gate goes on for the others' },
    async () => {
      witnesses['http-key'].close()
      const gone = await initialize(gate.mcp('http-key'), '2025-11-25', bearer(keys['http-key'].key))
      assert.equal(gone.status, 502)
      for (const name of NAMES) {
        if (name === 'http-key') continue
        const [[url, fields]] = waysOf(name) as [[string, HeaderFields]]
        assert.equal((await initialize(url, '2025-11-25', fields)).status, 200, name)
      }
    },
  )
})

topic('C. serve --config: two gates on one state directory', () => {
  let witness: Witness
  let one: Gate
  let other: Gate
  let both: readonly Gate[]

  setUp(async () => {
    witness = await Witness.start()
    const servers = { http: { upstream: { url: witness.url() }, access: ['api-key', 'unlisted'] } }
    one = await startGate({ servers })
    other = await startGate({ servers, store: `sqlite:${one.directory}/state/gate.db` })
    both = [one, other]
  })
  tearDown(async () => {
    await Promise.all([one?.stop(), other?.stop()])
    witness?.close()
  })

  const statusAt = async (gate: Gate, key: string): Promise<number> =>
    (await initialize(gate.mcp('http'), '2025-11-25', bearer(key))).status

  scenario(
    'a key that is made through one opens the other at once, and revoked through one it is refused by both on the next request',
    { for: 'Store: two processes at once; story 4' },
    async () => {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        const made = await from.key('http')
        assert.deepEqual([await statusAt(to, made.key), await statusAt(from, made.key)], [200, 200])
        await from.ask('keys', 'revoke', made.id)
        const refused = await initialize(to.mcp('http'), '2025-11-25', bearer(made.key))
        assert.equal(refused.status, 401)
        assert.equal(refused.answer.json().error, 'key_revoked')
        assert.equal(await statusAt(from, made.key), 401)
      }
    },
  )

  scenario('the same goes for secret URLs', { for: 'Store: two processes at once' }, async () => {
    const made = await one.secret('http')
    const at = (gate: Gate): Promise<number> =>
      initialize(`${gate.mcp('http')}/${made.secret}`, '2025-11-25').then(({ status }) => status)
    assert.equal(await at(other), 200)
    await one.ask('urls', 'revoke', made.id)
    assert.deepEqual([await at(other), await at(one)], [404, 404])
  })

  scenario(
    'a stream at one ends within 250 ms after its key was revoked through the other',
    { for: 'story 4; Store: at least every 250 ms' },
    async () => {
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        const made = await from.key('http')
        const speaker = await speak(to.mcp('http'), '2025-11-25', bearer(made.key))
        const stream = await EventStream.open(to.mcp('http'), { method: 'GET', headers: speaker.headers })
        assert.equal(stream.status, 200)
        await from.ask('keys', 'revoke', made.id)
        const revokedAt = performance.now()
        // The command has ended a moment after it revoked, so the stream may have ended before it.
        const endedAt = await stream.ended(1000)
        assert.ok(endedAt - revokedAt < 300, `${endedAt - revokedAt} ms`)
      }
    },
  )

  scenario(
    'a key that is replaced through one works at the other for as long as it overlaps',
    { for: 'story 4: a rotated one overlaps' },
    async () => {
      const made = await one.key('http')
      const next = await one.ask<Issued>('keys', 'rotate', made.id, '--overlap', '1s')
      assert.deepEqual([await statusAt(other, made.key), await statusAt(other, next.key)], [200, 200])
      await until('the old one ends', async () => (await statusAt(other, made.key)) === 401, 3000)
      assert.equal(await statusAt(other, next.key), 200)
    },
  )

  scenario(
    'both write one record, and a query through either finds all of it',
    { for: 'Record; Store: two processes at once' },
    async () => {
      const made = await one.key('http')
      const load = both.flatMap((gate, at) =>
        Array.from({ length: 20 }, async (_, number) => {
          const speaker = await speak(gate.mcp('http'), '2026-07-28', bearer(made.key))
          const spoken = await speaker.request('tools/call', { name: `tool-${at}-${number}`, arguments: {} })
          assert.equal(spoken.status, 200, spoken.answer.text)
        }),
      )
      await Promise.all(load)
      for (const gate of both) {
        const events = await gate.audit('--key', made.id, '--method', 'tools/call')
        assert.equal(new Set(events.map(({ name }) => name)).size, 40)
        assert.equal(events.length, 40)
        assert.deepEqual(new Set(events.map(({ outcome }) => outcome)), new Set(['answered']))
      }
    },
  )

  scenario(
    'keys made through both at the same time are all there',
    { for: 'Store: two processes at once' },
    async () => {
      const made = await Promise.all([...both, ...both, ...both].map((gate) => gate.key('http')))
      for (const gate of both) for (const { key } of made) assert.equal(await statusAt(gate, key), 200)
    },
  )

  scenario(
    'one is killed: the other goes on, and the killed one comes back to what changed meanwhile',
    { for: 'Store: two processes at once; Record: kill -9' },
    async () => {
      const [stays, goes] = await Promise.all([one.key('http'), one.key('http')])
      assert.deepEqual([await statusAt(one, goes.key), await statusAt(other, goes.key)], [200, 200])
      await one.kill()
      assert.equal(await statusAt(other, stays.key), 200)
      await other.ask('keys', 'revoke', goes.id)
      one = await launch(one.directory)
      both = [one, other]

      assert.deepEqual([await statusAt(one, stays.key), await statusAt(one, goes.key)], [200, 401])
      const events = await other.audit('--key', stays.id, '--method', 'initialize')
      assert.deepEqual(
        events.map(({ outcome }) => outcome),
        ['answered', 'answered'],
      )
    },
  )

  scenario('a second gate on a port that is taken does not start, and harms nothing', { for: 'story 3' }, async () => {
    const { code, stderr } = await portcullis(['serve', '--config', one.configFile])
    assert.equal(code, 1)
    assert.match(stderr, /the gate cannot start: .*EADDRINUSE/)
    const { key } = await one.key('http')
    assert.deepEqual([await statusAt(one, key), await statusAt(other, key)], [200, 200])
  })
})
