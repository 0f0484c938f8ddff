import assert from 'node:assert/strict'
import { it } from 'node:test'
import { digestOf } from '../../src/crypto/index.ts'
import { toReply, type Verdict } from '../../src/guard/index.ts'
import { rotate } from '../../src/keys/index.ts'
import { compileScopes } from '../../src/policy/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'
import { bearer, counted, files, givenGuard, guessed, NOON, reasonOf, turn, unknown, view } from './given.ts'

function principalOf(verdict: Verdict) {
  if (verdict.kind === 'refused') throw new Error(verdict.refusal.reason)
  return verdict.principal
}

it('the holder of a key is let in as the client that it was made for', async () => {
  const { key, check } = givenGuard()
  const { secret, record } = await key({
    tenant: 'acme',
    scopes: ['files:read'],
    tools: ['read_*'],
    expiresAt: NOON + 9,
  })

  for (const request of [bearer(secret), view({ 'x-api-key': secret })]) {
    assert.deepEqual(principalOf(await check(request)), {
      kind: 'api-key',
      issuer: 'portcullis',
      subject: record.clientId,
      clientId: record.clientId,
      credentialId: record.id,
      tenant: 'acme',
      scopes: new Set(['files:read']),
      roles: new Set(),
      tools: ['read_*'],
      expiresAt: NOON + 9,
    })
  }
})

it('a key without limits holds every scope of its server, and its principal has no empty members', async () => {
  const { key, check } = givenGuard()
  const { secret } = await key()

  const principal = principalOf(await check(bearer(secret)))

  assert.deepEqual([...principal.scopes].sort(), ['files:read', 'files:write', 'mcp:read', 'mcp:write'])
  assert.deepEqual(Object.keys(principal).sort(), [
    'clientId',
    'credentialId',
    'issuer',
    'kind',
    'roles',
    'scopes',
    'subject',
  ])
})

it('a key that was limited reads contents only where that was said', async () => {
  const { key, check } = givenGuard()
  const reads = async (terms: Parameters<typeof key>[0]) => {
    const verdict = await check(bearer((await key(terms)).secret))
    return verdict.kind === 'granted' && verdict.access.mayRead
  }

  assert.equal(await reads({}), true)
  assert.equal(await reads({ scopes: ['mcp:read'] }), true)
  assert.equal(await reads({ scopes: ['mcp:write'], tools: ['read_*'] }), true)
  for (const terms of [{ tools: ['read_*'] }, { tools: ['*'] }, { scopes: ['files:read'] }, { scopes: [] }]) {
    assert.equal(await reads(terms), false, JSON.stringify(terms))
  }
})

it('nothing in a principal or a refusal is secret', async () => {
  const { key, check, checkUrl } = givenGuard()
  const issued = await key({ notes: 'private' })
  const url = await key({ kind: 'secret-url' })

  const verdicts = [
    await check(bearer(issued.secret)),
    await check(bearer(guessed(issued))),
    await check(bearer(unknown())),
    await checkUrl(url.secret),
    await checkUrl(guessed(url)),
  ]

  const shown = JSON.stringify(verdicts, (_, value) => (value instanceof Set ? [...value] : value))
  for (const secret of [issued.secret.slice(22, 65), url.secret.slice(22, 65), 'AAAAAAAA', 'private']) {
    assert.equal(shown.includes(secret), false)
  }
})

it('the client of a key stays who it is when the key is rotated', async () => {
  const { store, key, check, clock } = givenGuard()
  const old = await key({ tenant: 'acme', tools: ['read_*'] })
  const rotation = await rotate(store, old.record.id, 60, clock.now)
  assert.ok(rotation.kind === 'rotated')

  const before = principalOf(await check(bearer(old.secret)))
  const after = principalOf(await check(bearer(rotation.issued.secret)))

  assert.equal(after.subject, before.subject)
  assert.deepEqual([after.tenant, after.tools], ['acme', ['read_*']])
  assert.notEqual(after.credentialId, before.credentialId)
})

it('after a rotation both keys are good until the overlap has passed', async () => {
  const { store, key, check, clock } = givenGuard()
  const old = await key()
  const rotation = await rotate(store, old.record.id, 60, clock.now)
  assert.ok(rotation.kind === 'rotated')

  clock.now = NOON + 59
  assert.equal((await check(bearer(old.secret))).kind, 'granted')
  clock.now = NOON + 60
  assert.equal(reasonOf(await check(bearer(old.secret))), 'key_expired')
  assert.equal((await check(bearer(rotation.issued.secret))).kind, 'granted')
})

it('a rotation without overlap ends the old key at once', async () => {
  const { store, key, check, clock } = givenGuard()
  const old = await key()
  await check(bearer(old.secret))

  await rotate(store, old.record.id, 0, clock.now)

  assert.equal(reasonOf(await check(bearer(old.secret))), 'key_expired')
})

it('every reason to refuse a key is recorded for what it is', async () => {
  const { store, key, check, clock } = givenGuard()
  const good = await key()
  const revoked = await key()
  const expired = await key({ expiresAt: NOON + 5 })
  const elsewhere = await key({ server: 'mail' })
  await store.revoke(revoked.record.id, NOON + 1)
  clock.now = NOON + 5
  const ours = { ...files, tenant: 'acme' }
  const theirs = await key({ tenant: 'other' })

  const refusals = [
    [await check(view()), { reason: 'key_missing' }],
    [await check(view({ authorization: 'Basic eHg=' })), { reason: 'key_malformed', fault: 'scheme' }],
    [await check(bearer('sk_live_123')), { reason: 'key_malformed', fault: 'shape' }],
    [await check(bearer(good.secret.slice(0, -1))), { reason: 'key_malformed', fault: 'shape' }],
    [await check(bearer(`${good.secret.slice(0, -1)}!`)), { reason: 'key_malformed', fault: 'shape' }],
    [await check(bearer(good.secret.replace(/.{6}$/, '000000'))), { reason: 'key_malformed', fault: 'checksum' }],
    [await check(bearer(unknown())), { reason: 'key_invalid', because: 'unknown' }],
    [await check(bearer(guessed(good))), { reason: 'key_invalid', because: 'wrong_secret' }],
    [
      await check(bearer(elsewhere.secret)),
      { reason: 'key_invalid', because: 'other_server', credentialId: elsewhere.record.id },
    ],
    [
      await check(bearer(theirs.secret), ours),
      { reason: 'key_invalid', because: 'other_tenant', credentialId: theirs.record.id },
    ],
    [
      await check(bearer(good.secret), ours),
      { reason: 'key_invalid', because: 'other_tenant', credentialId: good.record.id },
    ],
    [
      await check(bearer(revoked.secret)),
      { reason: 'key_revoked', credentialId: revoked.record.id, revokedAt: NOON + 1 },
    ],
    [
      await check(bearer(expired.secret)),
      { reason: 'key_expired', credentialId: expired.record.id, expiredAt: NOON + 5 },
    ],
    [await check(view({ 'x-api-key': [good.secret, good.secret] })), { reason: 'credential_repeated' }],
    [
      await check(view({ authorization: `Bearer ${good.secret}`, 'x-api-key': revoked.secret })),
      { reason: 'credentials_conflict' },
    ],
  ] as const

  for (const [verdict, refusal] of refusals) assert.deepEqual(verdict, { kind: 'refused', refusal })
})

it('whoever does not hold a whole key of this server gets one and the same answer', async () => {
  const { store, key, check, clock } = givenGuard()
  const good = await key()
  const revoked = await key()
  const expired = await key({ expiresAt: NOON + 1 })
  const elsewhere = await key({ server: 'mail' })
  const revokedElsewhere = await key({ server: 'mail' })
  const theirs = await key({ tenant: 'other' })
  await store.revoke(revoked.record.id, NOON)
  await store.revoke(revokedElsewhere.record.id, NOON)
  clock.now = NOON + 1
  const ours = { ...files, tenant: 'acme' }

  const replies = await Promise.all(
    [
      check(bearer(unknown())),
      check(bearer(guessed(good))),
      check(bearer(guessed(revoked))),
      check(bearer(guessed(expired))),
      check(bearer(elsewhere.secret)),
      check(bearer(guessed(elsewhere))),
      check(bearer(revokedElsewhere.secret)),
      check(bearer(theirs.secret), ours),
      check(bearer(guessed(theirs)), ours),
    ].map(async (verdict) => {
      const refused = await verdict
      assert.ok(refused.kind === 'refused')
      return toReply(refused.refusal, {})
    }),
  )

  for (const reply of replies) assert.deepEqual(reply, replies[0])
})

it('a key that nobody has takes the same way through the store as one that somebody has', async () => {
  const { store, calls } = counted(memoryCredentials())
  const { key, check } = givenGuard(store)
  const good = await key()
  const elsewhere = await key({ server: 'mail' })
  await check(bearer(good.secret))

  const ways: unknown[] = []
  for (const secret of [unknown(), guessed(good), elsewhere.secret, good.secret]) {
    for (const name of Object.keys(calls)) delete calls[name]
    await check(bearer(secret))
    ways.push(calls.changes)
  }

  assert.deepEqual(ways, [1, 1, 1, 1])
})

it('a secret of an address is no key, even where the store says that it belongs to one', async () => {
  const { store, key, check, checkUrl } = givenGuard()
  const url = await key({ kind: 'secret-url' })
  assert.deepEqual(await check(bearer(url.secret)), {
    kind: 'refused',
    refusal: { reason: 'key_malformed', fault: 'shape' },
  })

  // Given a record whose kind was changed behind our back
  const asKey = await key()
  const asUrl = await key({ kind: 'secret-url' })
  const swapped = givenGuard()
  await swapped.store.insert({ ...asKey.record, kind: 'secret-url' })
  await swapped.store.insert({ ...asUrl.record, kind: 'api-key' })

  assert.deepEqual(await swapped.check(bearer(asKey.secret)), {
    kind: 'refused',
    refusal: { reason: 'key_invalid', because: 'other_kind', credentialId: asKey.record.id },
  })
  assert.equal(reasonOf(await swapped.checkUrl(asUrl.secret)), 'url_unknown')
  assert.equal((await checkUrl(asUrl.secret)).kind, 'granted')
  assert.equal(await store.count(), 3)
})

it('a stored digest of nothing opens nothing', async () => {
  const { store, key, check } = givenGuard()
  const { record } = await key()
  await store.insert({ ...record, id: '0'.repeat(16), digest: await digestOf('') })

  assert.equal(reasonOf(await check(bearer(unknown()))), 'key_invalid')
  assert.equal(reasonOf(await check(bearer(''))), 'key_malformed')
})

it('a probe key is let in, sees everything and calls nothing', async () => {
  const { key, check } = givenGuard()
  const { secret } = await key({ kind: 'probe' })

  const verdict = await check(bearer(secret))

  assert.ok(verdict.kind === 'granted')
  assert.equal(verdict.principal.kind, 'probe')
  assert.equal(verdict.access.mayCall, false)
  assert.equal(verdict.access.sees('anything'), true)
})

it('a public server takes nobody’s word: keys are ignored, good or bad', async () => {
  const { key, check } = givenGuard()
  const { secret } = await key()
  const open = { ...files, access: new Set(['public'] as const) }

  for (const request of [view(), bearer(secret), bearer(unknown()), view({ authorization: ['a', 'b'] })]) {
    const principal = principalOf(await check(request, open))
    assert.deepEqual([principal.kind, principal.subject, principal.credentialId], ['anonymous', 'anyone', ''])
  }
})

it('where only secret addresses lead in, the plain one is an address where nothing is', async () => {
  const { key, check } = givenGuard()
  const { secret } = await key()
  const hidden = { ...files, access: new Set(['unlisted'] as const) }

  for (const request of [view(), bearer(secret), bearer(unknown()), view({ authorization: ['a', 'b'] })]) {
    assert.equal(reasonOf(await check(request, hidden)), 'url_unknown')
  }
})

it('a revocation holds on the next request', async () => {
  const { store, key, check } = givenGuard()
  const { secret, record } = await key()
  assert.equal((await check(bearer(secret))).kind, 'granted')

  await store.revoke(record.id, NOON)

  assert.equal(reasonOf(await check(bearer(secret))), 'key_revoked')
})

it('a key has expired in the very second that it names, however often it was admitted before', async () => {
  const { key, check, clock } = givenGuard()
  const { secret } = await key({ expiresAt: NOON + 10 })

  for (clock.now = NOON; clock.now < NOON + 10; clock.now += 3)
    assert.equal((await check(bearer(secret))).kind, 'granted')
  clock.now = NOON + 10
  assert.equal(reasonOf(await check(bearer(secret))), 'key_expired')
})

it('a key that was revoked and has expired is told to be revoked', async () => {
  const { store, key, check, clock } = givenGuard()
  const { secret, record } = await key({ expiresAt: NOON + 10 })
  await store.revoke(record.id, NOON)
  clock.now = NOON + 20

  assert.equal(reasonOf(await check(bearer(secret))), 'key_revoked')
})

it('what a key opens follows the server as it is now, not as it was at the first request', async () => {
  const { guard, key, check } = givenGuard()
  const { secret } = await key({ scopes: ['files:read'] })
  const before = await check(bearer(secret))
  assert.ok(before.kind === 'granted' && before.access.sees('read_file'))

  const narrowed = { ...files, scopes: compileScopes({ 'files:read': ['read_public'] }) }
  await turn()
  const after = await guard.check(bearer(secret), narrowed)

  assert.ok(after.kind === 'granted')
  assert.equal(after.access.sees('read_file'), false)
  assert.equal(after.access.sees('read_public'), true)
})
