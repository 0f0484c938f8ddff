import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { resourceMetadata, scopeChallenge, toReply, type Verdict } from '../../src/guard/index.ts'
import { remoteIssuer } from '../../src/issuers/index.ts'
import {
  bearerServer,
  givenGuardOf,
  givenIssuer,
  givenSurroundings,
  type LocalIssuer,
  principalOf,
  RESOURCE,
  serverFor,
  why,
} from '../issuers/given.ts'
import { NOON, unknown, view } from './given.ts'
import { givenRevocations } from './tokens.ts'

const open: LocalIssuer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((issuer) => issuer.close()))
})

async function given(revocations?: ReturnType<typeof givenRevocations>) {
  const issuer = await givenIssuer()
  open.push(issuer)
  const { clock, options } = givenSurroundings()
  const guarded = givenGuardOf([remoteIssuer({ issuer: issuer.url, ...options })], clock, revocations)
  return { issuer, clock, ...guarded, server: bearerServer([issuer.url]) }
}

function replyTo(verdict: Verdict, server: Parameters<typeof toReply>[1]) {
  assert.ok(verdict.kind === 'refused')
  const { status, headers, body } = toReply(verdict.refusal, server)
  return { status, challenge: headers[headers.indexOf('www-authenticate') + 1], error: JSON.parse(body).error }
}

describe('a server for those who have a token already', () => {
  it('lets them in, as callers of their own kind', async () => {
    const { issuer, check, server } = await given()
    const verdict = await check(await issuer.token(), server)
    assert.equal(principalOf(verdict).kind, 'jwt')
    assert.ok(verdict.kind === 'granted')
    assert.equal(verdict.access.sees('read_file'), true)
    assert.equal(
      verdict.access.sees('write_file'),
      false,
      'nobody can be asked for more: what is not open is not shown',
    )
    assert.deepEqual(verdict.access.lacks('write_file'), [])
  })

  it('answers 401 without metadata, and with an error only where a token came (RFC 6750 §3.1)', async () => {
    const { guard, check, server, issuer, clock } = await given()
    assert.deepEqual(replyTo(await guard.check(view(), server), server), {
      status: 401,
      challenge: 'Bearer realm="portcullis"',
      error: 'token_missing',
    })
    const bad = ['opaque', await issuer.token({ aud: 'x' }), await issuer.token({ exp: clock.now }), 'a.b.c']
    for (const token of bad) {
      assert.deepEqual(replyTo(await check(token, server), server), {
        status: 401,
        challenge: 'Bearer realm="portcullis", error="invalid_token"',
        error: 'invalid_token',
      })
    }
  })

  it('takes no keys unless it says so, and tells of a bad one by a 401: there is no sign-in to be dragged into', async () => {
    const { guard, server } = await given()
    const key = view({ authorization: `Bearer ${unknown()}` })
    assert.equal(why(await guard.check(key, server)), 'key_invalid not_taken')
    const both = { ...server, access: new Set(['jwt', 'api-key'] as const) }
    const verdict = await guard.check(key, both)
    assert.equal(why(verdict), 'key_invalid unknown')
    assert.equal(replyTo(verdict, both).status, 401)
  })

  it('is an address where nothing is when it names no issuers at all', async () => {
    const { check, server } = await given()
    const { tokens: _, ...bare } = server
    assert.equal(why(await check('opaque', bare)), 'url_unknown shape')
  })

  it('takes nobody’s tokens that it does not name', async () => {
    const { issuer, check } = await given()
    assert.equal(why(await check(await issuer.token(), bearerServer([]))), 'token_invalid issuer')
    assert.equal(why(await check(await issuer.token(), bearerServer([`${issuer.url}/`]))), 'token_invalid issuer')
  })
})

describe('a token of an issuer elsewhere', () => {
  it('is granted without any store of revocations, and held to one where there is one', async () => {
    const without = await given()
    assert.equal(why(await without.check(await without.issuer.token(), without.server)), 'granted')
    const revocations = givenRevocations()
    const { issuer, check, server, clock } = await given(revocations)
    const good = await issuer.token()
    assert.equal(why(await check(good, server)), 'granted')
    await revocations.revoke([{ kind: 'token', id: 'a-token', at: clock.now, expiresAt: clock.now + 960 }])
    assert.equal(why(await check(good, server)), 'token_revoked token')
  })

  it('without an id is revoked by the name that the record calls it', async () => {
    const revocations = givenRevocations()
    const { issuer, check, server, clock } = await given(revocations)
    const good = await issuer.token({ jti: undefined })
    const id = principalOf(await check(good, server)).credentialId
    await revocations.revoke([{ kind: 'token', id, at: clock.now, expiresAt: clock.now + 960 }])
    assert.equal(why(await check(good, server)), 'token_revoked token')
  })

  it('takes along what is open on it when it expires, and leaves what is open on another of the same name', async () => {
    const { guard, issuer, check, server, clock } = await given()
    const other = await givenIssuer()
    open.push(other)
    const ended: string[] = []
    guard.watch.until(principalOf(await check(await issuer.token({ exp: NOON + 60 }), server)), () => ended.push('own'))
    guard.watch.until(
      { ...principalOf(await check(await issuer.token(), server)), issuer: other.url },
      () => void ended.push('other'),
    )
    clock.now += 60
    await guard.watch.look()
    assert.deepEqual(ended, ['own'])
  })
})

describe('scopes that an issuer knows by longer names', () => {
  it('are asked for by those, in challenges and metadata alike', () => {
    const { resource } = serverFor(['https://a.example'])
    assert.ok(resource)
    const prefixed = { ...resource, scopePrefix: 'api://files/' }
    const challenge = scopeChallenge(prefixed, ['files:read', 'https://graph.example/mail'], ['files:write'])
    assert.match(
      challenge,
      /scope="api:\/\/files\/files:write api:\/\/files\/files:read https:\/\/graph.example\/mail"/,
    )
    const { body } = resourceMetadata(prefixed, 'files')
    assert.deepEqual(JSON.parse(body).scopes_supported, ['api://files/files:read'])
    assert.equal(JSON.parse(body).resource, RESOURCE)
    assert.match(scopeChallenge(resource, [], ['files:write']), /scope="files:write"/)
  })
})
