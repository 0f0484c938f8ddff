import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type Gate, startGate } from './harness/gate.ts'
import {
  givenPerson,
  type Person,
  type SigningClient,
  signInInspector,
  signInRemote,
  signInV1,
  signInV2Legacy,
  signInV2Modern,
} from './harness/sign-in.ts'
import { LEGACY, MODERN, type Revision, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { fixtureProgram, type Running, startFixture } from './harness/upstreams.ts'

const KINDS: readonly SigningClient[] = [signInV1, signInV2Legacy, signInV2Modern]
const on = ({ era }: SigningClient): readonly Revision[] => (era === 'modern' ? [MODERN] : LEGACY.slice(-1))

/** What was asked for last; some clients ask for `offline_access` wherever it is offered (SEP-2207). */
function scopesAsked({ asked }: Person): readonly string[] {
  const scopes = asked.at(-1)?.searchParams.get('scope')?.split(' ') ?? []
  return scopes.filter((scope) => scope !== 'offline_access').sort()
}

topic('M. Signing in: real clients, given nothing but the URL', () => {
  let gate: Gate
  let fixture: Running
  let person: Person

  setUp(async () => {
    fixture = await startFixture()
    gate = await startGate({
      servers: {
        both: { upstream: { url: fixture.url }, access: ['oauth', 'api-key'] },
        program: { upstream: fixtureProgram(), access: ['oauth'] },
        narrow: {
          upstream: { url: fixture.url },
          access: ['oauth'],
          scopes: { 'text:read': ['test_simple_text'], 'image:read': ['test_image_content'] },
          baseScopes: ['text:read'],
        },
      },
    })
    person = await givenPerson(gate)
  })
  tearDown(async () => {
    await gate?.stop()
    await fixture?.stop()
  })

  for (const kind of KINDS) {
    for (const server of ['both', 'program']) {
      const where = server === 'both' ? 'over HTTP' : 'over stdio'
      scenario(
        `${kind.name} finds its way, signs in, calls, and refreshes, in front of a server ${where}`,
        { for: 'story 2', on: on(kind) },
        async () => {
          const client = await kind.signIn(gate.mcp(server), person)
          const first = await client.call('test_simple_text')
          const { accessToken, refreshToken } = client
          client.forgetAccessToken()
          const second = await client.call('test_simple_text')
          await client.close()

          assert.match(first, /simple text/)
          assert.match(second, /simple text/)
          assert.notEqual(client.accessToken, accessToken, 'it got another access token')
          assert.notEqual(client.refreshToken, refreshToken, 'and another refresh token')
          assert.equal(person.asked.at(-1)?.searchParams.get('resource'), gate.mcp(server))
          assert.deepEqual(scopesAsked(person), ['mcp:read', 'mcp:write'])
        },
      )
    }

    scenario(
      `${kind.name} asks for more scope when a call needs it, and then calls`,
      { for: 'step-up; RS-08, RS-10', on: on(kind) },
      async () => {
        const client = await kind.signIn(gate.mcp('narrow'), person)
        const names = await client.tools()
        await client.call('test_simple_text')
        const asked = person.asked.length
        await client.call('test_image_content')
        await client.close()

        assert.ok(names.includes('test_image_content'), 'what a person can grant is on the list')
        assert.equal(person.asked.length, asked + 1)
        assert.deepEqual(scopesAsked(person), ['image:read', 'text:read'])
      },
    )

    scenario(
      `${kind.name} with a bad key is told so, and opens no browser`,
      { for: 'Several kinds of credential', on: on(kind) },
      async () => {
        const asked = person.asked.length
        const { id, key } = await gate.key('both')
        await gate.ask('keys', 'revoke', id)
        await assert.rejects(() => kind.signIn(gate.mcp('both'), person, key), /403|invalid_api_key|Forbidden/i)

        assert.equal(person.asked.length, asked)
      },
    )
  }

  scenario(
    'a client that reaches the gate by another name of this machine signs in, too',
    { for: 'story 2', on: LEGACY.slice(-1) },
    async () => {
      const url = gate.mcp('both').replace('127.0.0.1', 'localhost')
      const client = await signInV1.signIn(url, person)
      const text = await client.call('test_simple_text')
      const own = await fetch(gate.mcp('both'), {
        method: 'POST',
        headers: { authorization: `Bearer ${client.accessToken}`, 'content-type': 'application/json' },
        body: '{}',
      })
      await client.close()

      assert.match(text, /simple text/)
      assert.equal(person.asked.at(-1)?.searchParams.get('resource'), url)
      assert.equal(own.status, 400, 'it is one server, whatever it is called')
    },
  )

  scenario('mcp-remote signs in and calls', { for: 'story 2', on: LEGACY.slice(-1) }, async () => {
    const client = await signInRemote(gate.mcp('both'), person)
    const text = await client.call('test_simple_text')
    await client.close()

    assert.match(text, /simple text/)
  })

  scenario("the Inspector's command line signs in and calls", { for: 'story 2', on: LEGACY.slice(-1) }, async () => {
    const args = ['--method', 'tools/call', '--tool-name', 'test_simple_text']
    const printed = await signInInspector(gate.mcp('both'), person, ...args)

    assert.match(printed, /simple text/)
  })

  scenario('what the operator ends is ended on the next request', { for: 'story 4' }, async () => {
    const client = await signInV1.signIn(gate.mcp('both'), person)
    await client.call('test_simple_text')
    const { grants } = await gate.ask<{ grants: { id: string; client: string; user: string }[] }>('grants', 'list')
    const grant = grants.find((each) => each.client === client.clientId)
    assert.equal(grant?.user, person.name)
    await gate.ask('grants', 'revoke', grant.id)
    const refused = await fetch(gate.mcp('both'), {
      method: 'POST',
      headers: { authorization: `Bearer ${client.accessToken}`, 'content-type': 'application/json' },
      body: '{}',
    })
    await client.close().catch(() => {})

    assert.equal(refused.status, 401)
    assert.equal(
      ((await refused.json()) as { error_description: string }).error_description,
      'The access token was revoked.',
    )
  })

  scenario('a person who is disabled is out on the next request', { for: 'story 4' }, async () => {
    const bob = await givenPerson(gate, 'bob')
    const client = await signInV1.signIn(gate.mcp('both'), bob)
    await client.call('test_simple_text')
    await gate.ask('users', 'disable', 'bob')
    await pause(10)
    const refused = await fetch(gate.mcp('both'), {
      method: 'POST',
      headers: { authorization: `Bearer ${client.accessToken}`, 'content-type': 'application/json' },
      body: '{}',
    })
    await client.close().catch(() => {})

    assert.equal(refused.status, 401)
  })

  scenario('calls are on record with who made them, by public ids', { for: 'Audit events' }, async () => {
    const client = await signInV1.signIn(gate.mcp('both'), person)
    await client.call('test_simple_text')
    await client.close()
    const [event] = await gate.audit('--client', client.clientId, '--tool', 'test_simple_text')
    const text = JSON.stringify(await gate.audit('--limit', '10000'))

    assert.equal((event?.principal as { kind?: string } | undefined)?.kind, 'oauth')
    assert.ok(!text.includes(client.accessToken) && !text.includes(client.refreshToken ?? '-'), 'no token is recorded')
    assert.ok(!text.includes(person.name), 'and no name')
  })
})
