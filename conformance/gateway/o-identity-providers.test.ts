import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { filesBelow, type Gate, startGate } from './harness/gate.ts'
import { bearer, post, speak, textOf, toolNames } from './harness/mcp.ts'
import { type Provider, startProvider } from './harness/provider.ts'
import { givenPerson, signInV1 } from './harness/sign-in.ts'
import { EVERY, scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { type Running, startFixture } from './harness/upstreams.ts'

const SECRET = 'q3t6w9z$C&F)J@NcRfUjXn2r5u8x/A?D'
const call = { name: 'test_simple_text', arguments: {} }

topic('O. Identity providers: tokens from elsewhere', () => {
  let gate: Gate
  let fixture: Running
  let provider: Provider

  setUp(async () => {
    fixture = await startFixture()
    provider = await startProvider()
    const upstream = { url: fixture.url }
    gate = await startGate({
      issuers: {
        company: {
          issuer: provider.url,
          introspection: { clientId: 'gate', clientSecret: 'a-secret' },
          claims: { roles: 'realm_access.roles', tenant: 'org' },
        },
        scripts: { sharedSecret: SECRET, audience: ['scripts-api'] },
      },
      servers: {
        notes: { upstream, access: ['oauth'], issuers: ['company'] },
        services: { upstream, access: ['jwt'], issuers: ['company', 'scripts'] },
        acme: { upstream, access: ['oauth', 'api-key'], issuers: ['company'], tenant: 'acme' },
        ruled: {
          upstream,
          access: ['jwt'],
          issuers: ['company'],
          rules: [{ tools: ['test_image_content'], roles: ['editor'] }],
        },
      },
    })
  })
  tearDown(async () => {
    await gate?.stop()
    await fixture?.stop()
    await provider?.stop()
  })

  const tokenFor = (server: string, claims: Record<string, unknown> = {}) =>
    provider.token({ aud: gate.mcp(server), scope: 'mcp:read mcp:write', org: 'acme', ...claims })

  scenario(
    'a token of a provider opens the server that it was made for',
    { for: 'RS-43, RS-44', on: EVERY },
    async (revision) => {
      const speaker = await speak(gate.mcp('notes'), revision, bearer(tokenFor('notes')))
      assert.match(textOf(await speaker.request('tools/call', call)), /simple text/)
    },
  )

  scenario(
    'clients are led to the provider, and the issuer inside is not there',
    { for: 'RS-04, RS-20, RS-50' },
    async () => {
      const refused = await post(gate.mcp('notes'), {})
      assert.equal(refused.status, 401)
      const [, metadataUrl = ''] = /resource_metadata="([^"]+)"/.exec(String(refused.headers['www-authenticate'])) ?? []
      const metadata = (await (await fetch(metadataUrl)).json()) as Record<string, unknown>
      assert.equal(metadata.resource, gate.mcp('notes'))
      assert.deepEqual(metadata.authorization_servers, [provider.url])
      assert.equal(gate.ready.admin, null, 'there are no accounts')
      for (const path of ['/.well-known/oauth-authorization-server', '/account', '/oauth/register']) {
        assert.equal((await fetch(gate.url + path)).status, 404, path)
      }
      const { stderr, code } = await gate.command('users', 'list')
      assert.notEqual(code, 0)
      assert.match(stderr, /nobody signs in by this configuration/)
    },
  )

  scenario(
    'a token that was made for another, or is past, or by nobody we know, opens nothing',
    { for: 'RS-44, RS-45' },
    async () => {
      const now = Math.floor(Date.now() / 1000)
      const stranger = await startProvider()
      try {
        for (const token of [
          tokenFor('services'),
          tokenFor('notes', { aud: undefined }),
          tokenFor('notes', { exp: now - 1 }),
          tokenFor('notes', { cnf: { jkt: 'x' } }),
          tokenFor('notes', { iss: `${provider.url}/` }),
          stranger.token({ aud: gate.mcp('notes'), iss: provider.url, org: 'acme' }),
          stranger.token({ aud: gate.mcp('notes'), org: 'acme' }),
        ]) {
          const { status, headers } = await post(gate.mcp('notes'), {}, bearer(token))
          assert.equal(status, 401)
          assert.match(String(headers['www-authenticate']), /error="invalid_token".*resource_metadata=/)
        }
        assert.equal(stranger.asked.size, 0, 'nobody is asked about a token that names no issuer of ours')
      } finally {
        await stranger.stop()
      }
    },
  )

  scenario('a server for services says nothing of where to sign in', { for: 'RS-02, RS-03' }, async () => {
    for (const [headers, challenge] of [
      [{}, 'Bearer realm="portcullis"'],
      [bearer('opaque'), 'Bearer realm="portcullis", error="invalid_token"'],
    ] as const) {
      const answer = await post(gate.mcp('services'), {}, headers)
      assert.equal(answer.status, 401)
      assert.equal(answer.headers['www-authenticate'], challenge)
    }
    const path = '/.well-known/oauth-protected-resource'
    assert.equal((await fetch(`${gate.url}${path}/services/mcp`)).status, 404)
    assert.equal((await fetch(`${gate.url}${path}/notes/mcp`)).status, 200)
  })

  scenario(
    'a token made with a shared secret opens the server that says so',
    { for: 'JWT with a shared secret' },
    async () => {
      const { createHmac } = await import('node:crypto')
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
      const claims = { sub: 'cron', aud: 'scripts-api', scope: 'mcp:write', exp: Math.floor(Date.now() / 1000) + 60 }
      const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
      const token = (secret: string) => `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
      const speaker = await speak(gate.mcp('services'), '2026-07-28', bearer(token(SECRET)))
      assert.match(textOf(await speaker.request('tools/call', call)), /simple text/)
      assert.equal((await post(gate.mcp('services'), {}, bearer(token('wrong')))).status, 401)
      assert.equal((await post(gate.mcp('notes'), {}, bearer(token(SECRET)))).status, 401, 'nobody signs in with it')
    },
  )

  scenario(
    'an opaque token is asked about, and ends on the next request',
    { for: 'RS-49', on: EVERY },
    async (revision) => {
      const token = `opaque-${revision}`
      provider.active.set(token, {
        sub: 'ada',
        client_id: 'c',
        aud: gate.mcp('notes'),
        scope: 'mcp:write',
        org: 'acme',
      })
      const speaker = await speak(gate.mcp('notes'), revision, bearer(token))
      assert.match(textOf(await speaker.request('tools/call', call)), /simple text/)
      provider.active.delete(token)
      const { status } = await speaker.request('tools/call', call)
      assert.equal(status, 401)
    },
  )

  scenario(
    'roles and tenants of a provider count as those of our own',
    { for: 'Several issuers; claims' },
    async () => {
      const url = gate.mcp('ruled')
      const editor = await speak(url, '2026-07-28', bearer(tokenFor('ruled', { realm_access: { roles: ['editor'] } })))
      const reader = await speak(url, '2026-07-28', bearer(tokenFor('ruled', { realm_access: { roles: ['reader'] } })))
      const limited = await speak(url, '2026-07-28', bearer(tokenFor('ruled', { tools: ['test_simple_*'] })))
      assert.equal(toolNames(await editor.request('tools/list')).includes('test_image_content'), true)
      assert.equal(toolNames(await reader.request('tools/list')).includes('test_image_content'), false)
      assert.deepEqual(toolNames(await limited.request('tools/list')), ['test_simple_text'])
      assert.equal((await post(gate.mcp('acme'), {}, bearer(tokenFor('acme', { org: 'other' })))).status, 401)
      assert.equal((await post(gate.mcp('acme'), {}, bearer(tokenFor('acme', { org: undefined })))).status, 401)
      const own = await speak(gate.mcp('acme'), '2026-07-28', bearer(tokenFor('acme')))
      assert.match(textOf(await own.request('tools/call', call)), /simple text/)
    },
  )

  scenario(
    'missing scopes are asked for where one can sign in, and hide tools where one cannot',
    { for: 'RS-08, RS-14' },
    async () => {
      const bare = { scope: 'openid' }
      const signing = await speak(gate.mcp('notes'), '2026-07-28', bearer(tokenFor('notes', bare)))
      const { status, answer } = await signing.request('tools/call', call)
      assert.equal(status, 403)
      assert.match(String(answer.headers['www-authenticate']), /error="insufficient_scope".*scope="mcp:write"/)
      const service = await speak(gate.mcp('services'), '2026-07-28', bearer(tokenFor('services', bare)))
      assert.deepEqual(toolNames(await service.request('tools/list')), [])
      assert.equal((await service.request('tools/call', call)).status, 200, 'a tool that is not there')
    },
  )

  scenario(
    'a provider that is down keeps no gate from starting; its tokens meet a 503 until it is back',
    { for: 'JWKS' },
    async () => {
      const other = await startProvider()
      other.isUp = false
      const alone = await startGate({
        issuers: { company: { issuer: other.url } },
        servers: { notes: { upstream: { url: fixture.url }, access: ['oauth', 'api-key'], issuers: ['company'] } },
      })
      try {
        const token = other.token({ aud: alone.mcp('notes'), scope: 'mcp:write' })
        const { status, headers } = await post(alone.mcp('notes'), {}, bearer(token))
        assert.equal(status, 503)
        assert.equal(headers['www-authenticate'], undefined, 'nobody is sent to sign in where nobody answers')
        const { key } = await alone.key('notes')
        const byKey = await speak(alone.mcp('notes'), '2026-07-28', bearer(key))
        assert.match(textOf(await byKey.request('tools/call', call)), /simple text/, 'keys need no provider')
        other.isUp = true
        await new Promise((resolve) => setTimeout(resolve, 6000))
        const speaker = await speak(alone.mcp('notes'), '2026-07-28', bearer(token))
        assert.match(textOf(await speaker.request('tools/call', call)), /simple text/)
        other.isUp = false
        assert.match(textOf(await speaker.request('tools/call', call)), /simple text/, 'known keys go on to count')
      } finally {
        await alone.stop()
        await other.stop()
      }
    },
  )

  scenario(
    'a provider beside the issuer inside: both are named, each opens what names it',
    { for: 'RS-50' },
    async () => {
      const both = await startGate({
        issuers: { company: { issuer: provider.url } },
        servers: {
          shared: { upstream: { url: fixture.url }, access: ['oauth'], issuers: ['embedded', 'company'] },
          inner: { upstream: { url: fixture.url }, access: ['oauth'] },
        },
      })
      try {
        const metadata = async (server: string) =>
          (await (await fetch(`${both.url}/.well-known/oauth-protected-resource/${server}/mcp`)).json()) as Record<
            string,
            unknown
          >
        assert.deepEqual((await metadata('shared')).authorization_servers, [both.url, provider.url])
        assert.deepEqual((await metadata('inner')).authorization_servers, [both.url])
        const claims = { scope: 'mcp:write' }
        const speaker = await speak(
          both.mcp('shared'),
          '2026-07-28',
          bearer(provider.token({ ...claims, aud: both.mcp('shared') })),
        )
        assert.match(textOf(await speaker.request('tools/call', call)), /simple text/)
        const foreign = provider.token({ ...claims, aud: both.mcp('inner') })
        assert.equal((await post(both.mcp('inner'), {}, bearer(foreign))).status, 401)
        assert.equal((await fetch(`${both.url}/.well-known/oauth-authorization-server`)).status, 200)
        assert.notEqual(both.ready.admin, null)
      } finally {
        await both.stop()
      }
    },
  )

  scenario(
    'a second gate asks the issuer inside the first about its tokens, which end there at once',
    { for: 'RS-49' },
    async () => {
      const first = await startGate({ servers: { notes: { upstream: { url: fixture.url }, access: ['oauth'] } } })
      const elsewhere = await first.ask('clients', 'create', '--name', 'Elsewhere', '--introspects')
      const nosy = await first.ask(
        ...['clients', 'create', '--name', 'Nosy', '--redirect-uri', 'https://nosy.example/', '--confidential'],
      )
      const asking = ({ id, secret }: Record<string, unknown>) => ({
        issuer: first.url,
        audience: [first.mcp('notes')],
        introspection: { clientId: id, clientSecret: secret, takes: 'all' },
      })
      const upstream = { url: fixture.url }
      const second = await startGate({
        issuers: { first: asking(elsewhere) },
        servers: { copy: { upstream, access: ['oauth'], issuers: ['first'] } },
      })
      const third = await startGate({
        issuers: { first: asking(nosy) },
        servers: { copy: { upstream, access: ['oauth'], issuers: ['first'] } },
      })
      try {
        const client = await signInV1.signIn(first.mcp('notes'), await givenPerson(first))
        const token = bearer(client.accessToken)
        const speaker = await speak(second.mcp('copy'), '2026-07-28', token)
        assert.match(textOf(await speaker.request('tools/call', call)), /simple text/)
        assert.equal((await post(third.mcp('copy'), {}, token)).status, 401, 'it may ask about its own alone')

        const { grants } = await first.ask<{ grants: { id: string }[] }>('grants', 'list')
        await first.ask('grants', 'revoke', String(grants[0]?.id))
        assert.equal((await post(second.mcp('copy'), {}, token)).status, 401)
        await client.close()
      } finally {
        for (const each of [third, second, first]) await each.stop()
      }
    },
  )

  scenario(
    'calls are on record by public ids, and neither token nor secret is in anything that is kept',
    { for: 'record' },
    async () => {
      const token = tokenFor('notes', { jti: 'a-public-id' })
      const speaker = await speak(gate.mcp('notes'), '2026-07-28', bearer(token))
      await speaker.request('tools/call', call)
      await gate.audit()
      const kept = filesBelow(gate.directory)
        .filter((file) => !file.endsWith('portcullis.yaml'))
        .map((file) => readFileSync(file, 'latin1'))
      assert.ok(kept.some((text) => text.includes('a-public-id')))
      for (const text of [...kept, gate.log]) {
        assert.equal(text.includes(token.split('.')[2] as string), false)
        assert.equal(text.includes(SECRET), false)
        assert.equal(text.includes('a-secret'), false)
      }
    },
  )
})
