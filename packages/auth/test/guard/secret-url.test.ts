import assert from 'node:assert/strict'
import { it } from 'node:test'
import { NOT_FOUND, toReply } from '../../src/guard/index.ts'
import { rotate } from '../../src/keys/index.ts'
import { files, givenGuard, guessed, NOON, reasonOf, unknown, view } from './given.ts'

it('who holds the secret of an address is let in, with its limits', async () => {
  const { key, checkUrl } = givenGuard()
  const { secret, record } = await key({ kind: 'secret-url', scopes: ['files:read'], tenant: 'acme' })

  const verdict = await checkUrl(secret)

  assert.ok(verdict.kind === 'granted')
  assert.equal(verdict.principal.kind, 'secret-url')
  assert.equal(verdict.principal.subject, record.clientId)
  assert.equal(verdict.principal.tenant, 'acme')
  assert.equal(verdict.access.sees('read_file'), true)
  assert.equal(verdict.access.sees('write_file'), false)
})

it('every address that opens nothing is the same place where nothing is', async () => {
  const { store, key, checkUrl, clock } = givenGuard()
  const url = (terms = {}) => key({ kind: 'secret-url', ...terms })
  const good = await url()
  const revoked = await url()
  const expired = await url({ expiresAt: NOON + 1 })
  const elsewhere = await url({ server: 'mail' })
  const theirs = await url({ tenant: 'other' })
  const apiKey = await key()
  await store.revoke(revoked.record.id, NOON)
  clock.now = NOON + 1
  const extra = view({ authorization: 'Bearer x' })
  const closed = { ...files, access: new Set(['api-key'] as const) }
  const open = { ...files, access: new Set(['public'] as const) }

  const verdicts = [
    await checkUrl(''),
    await checkUrl('x'),
    await checkUrl('../../etc/passwd'),
    await checkUrl(good.secret.slice(0, -1)),
    await checkUrl(`${good.secret}/`),
    await checkUrl(good.secret.toUpperCase()),
    await checkUrl(encodeURIComponent(`${good.secret} `)),
    await checkUrl(apiKey.secret),
    await checkUrl(unknown('pclu_')),
    await checkUrl(guessed(good)),
    await checkUrl(revoked.secret),
    await checkUrl(expired.secret),
    await checkUrl(elsewhere.secret),
    await checkUrl(theirs.secret, view(), { ...files, tenant: 'acme' }),
    await checkUrl(good.secret, view(), closed),
    await checkUrl(good.secret, view(), open),
    // Nothing changes for those who bring a credential as well: only the holder learns that it was too much
    await checkUrl(unknown('pclu_'), extra),
    await checkUrl(guessed(good), extra),
    await checkUrl(revoked.secret, extra),
    await checkUrl(expired.secret, extra),
    await checkUrl(elsewhere.secret, extra),
    await checkUrl('x', view({ authorization: ['a', 'b'] })),
  ]

  for (const [at, verdict] of verdicts.entries()) {
    assert.ok(verdict.kind === 'refused', String(at))
    assert.equal(verdict.refusal.reason, 'url_unknown', String(at))
    assert.deepEqual(toReply(verdict.refusal, {}), NOT_FOUND)
  }
})

it('the record knows why an address opened nothing', async () => {
  const { store, key, checkUrl, clock } = givenGuard()
  const revoked = await key({ kind: 'secret-url' })
  const expired = await key({ kind: 'secret-url', expiresAt: NOON + 1 })
  const elsewhere = await key({ kind: 'secret-url', server: 'mail' })
  await store.revoke(revoked.record.id, NOON)
  clock.now = NOON + 1

  for (const [{ secret, record }, because] of [
    [revoked, 'revoked'],
    [expired, 'expired'],
    [elsewhere, 'other_server'],
  ] as const) {
    assert.deepEqual(await checkUrl(secret), {
      kind: 'refused',
      refusal: { reason: 'url_unknown', because, credentialId: record.id },
    })
  }
  for (const [secret, because] of [
    ['x', 'shape'],
    [unknown('pclu_'), 'unknown'],
    [guessed(revoked), 'unknown'],
  ] as const) {
    assert.deepEqual(await checkUrl(secret), { kind: 'refused', refusal: { reason: 'url_unknown', because } })
  }
})

it('the holder must bring the secret alone, and is told so', async () => {
  const { key, checkUrl } = givenGuard()
  const { secret } = await key({ kind: 'secret-url' })
  const apiKey = await key()

  for (const extra of [
    view({ authorization: `Bearer ${apiKey.secret}` }),
    view({ authorization: 'Basic eHg=' }),
    view({ authorization: '' }),
    view({ 'x-api-key': secret }),
    view({ 'x-api-key': ['a', 'b'] }),
  ]) {
    const verdict = await checkUrl(secret, extra)
    assert.equal(reasonOf(verdict), 'credentials_conflict')
    assert.ok(verdict.kind === 'refused' && toReply(verdict.refusal, {}).status === 400)
  }
})

it('an address is rotated with overlap like a key', async () => {
  const { store, key, checkUrl, clock } = givenGuard()
  const old = await key({ kind: 'secret-url' })
  const rotation = await rotate(store, old.record.id, 60, clock.now)
  assert.ok(rotation.kind === 'rotated')

  assert.match(rotation.issued.secret, /^pclu_/)
  assert.equal((await checkUrl(old.secret)).kind, 'granted')
  assert.equal((await checkUrl(rotation.issued.secret)).kind, 'granted')
  clock.now = NOON + 60
  assert.equal(reasonOf(await checkUrl(old.secret)), 'url_unknown')
})
