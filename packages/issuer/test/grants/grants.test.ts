import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Artifact } from '@portcullis/auth/store'
import type { IssuerEvent } from '../../src/events.ts'
import { authorize, type RunningIssuer, startIssuer } from '../given.ts'
import { claimsOf, givenPublic, keepTokenEvents, type Party, type Tokens } from '../party.ts'

describe('grants', () => {
  const events: IssuerEvent[] = []
  let later = 0
  let running: RunningIssuer
  let one: Party
  let other: Party
  let tokens: Tokens
  before(async () => {
    running = await startIssuer({
      now: () => Math.floor(Date.now() / 1000) + later,
      onEvent: keepTokenEvents(events),
    })
    one = await givenPublic(running)
    other = await givenPublic(running)
  })
  beforeEach(async () => {
    later = 0
    tokens = await one.tokens()
    await other.tokens({ scope: 'mcp:read' })
    events.length = 0
  })
  after(() => running.close())

  const list = (filter = {}) => Array.fromAsync(running.issuer.grants.list(filter))
  const ada = () => claimsOf(tokens.access_token).sub as string
  const grantOf = ({ access_token: token }: Tokens) => claimsOf(token).grant_id as string

  it('are listed by account and by client, with what they open and when they were used last', async () => {
    const before = await list({ clientId: other.id })
    const [found] = (await list({ accountId: ada(), clientId: one.id })).filter(({ id }) => id === grantOf(tokens))

    const { createdAt, expiresAt, lastUsedAt, ...grant } = found ?? assert.fail('it is not listed')
    assert.deepEqual(grant, {
      id: grantOf(tokens),
      accountId: ada(),
      clientId: one.id,
      resources: [{ uri: running.resource, scopes: ['mcp:read', 'mcp:write'] }],
    })
    assert.equal(expiresAt - createdAt, 90 * 86_400)
    assert.ok(Math.abs((lastUsedAt ?? 0) - Date.now() / 1000) < 5)
    assert.ok(before.every(({ resources }) => resources[0]?.scopes.join() === 'mcp:read'))
    assert.deepEqual(await list({ accountId: 'nobody' }), [])
  })

  it('are listed without a look at the tokens that were spent, however many a client has made', async () => {
    let { refresh_token: token } = tokens
    for (later of [100, 200, 300]) token = String((await one.refresh(token)).body.refresh_token)
    const { artifacts } = running.stores
    const read: Artifact[] = []
    const all = artifacts.list
    artifacts.list = async (filter, now) => {
      const page = await all(filter, now)
      read.push(...page)
      return page
    }
    try {
      const [found] = (await list({ clientId: one.id })).filter(({ id }) => id === grantOf(tokens))
      assert.ok(Math.abs((found?.lastUsedAt ?? 0) - Date.now() / 1000) < 5)
    } finally {
      artifacts.list = all
    }
    const ofGrant = read.filter(({ model, grantId }) => model === 'RefreshToken' && grantId === grantOf(tokens))
    assert.equal(ofGrant.length, 1)
  })

  it('that nobody came for are not listed for long', async () => {
    const client = await givenPublic(running)
    await authorize(client.authorizationUrl())

    assert.equal((await list({ clientId: client.id })).length, 1)
    later = 961
    assert.equal((await list({ clientId: client.id })).length, 0)
    assert.ok((await list({ clientId: one.id })).length > 0)
  })

  it('end by id, with all that stands on them, once', async () => {
    const id = grantOf(tokens)
    const ends = await Promise.all([1, 2, 3].map(() => running.issuer.grants.revoke(id, { actor: 'person' })))

    assert.deepEqual(ends, [true, true, true])
    assert.equal(await running.issuer.grants.revoke(id, { actor: 'person' }), false)
    assert.equal((await one.refresh(tokens.refresh_token)).status, 400)
    assert.deepEqual(
      events.map(({ type, actor, accountId, clientId, grantId }) => ({ type, actor, accountId, clientId, grantId })),
      [{ type: 'grant.revoked', actor: 'person', accountId: ada(), clientId: one.id, grantId: id }],
    )
    const ended = (await running.stores.revocations.news(0)).filter((entry) => entry.id === id)
    assert.equal(ended.length, 1)
  })

  it('end with their client, for everyone, and its tokens at once', async () => {
    const kept = await other.tokens()
    const count = (await list({ clientId: one.id })).length

    assert.equal(await running.issuer.grants.endClient(one.id, { actor: 'command' }), count)

    assert.deepEqual(await list({ clientId: one.id }), [])
    assert.equal((await one.refresh(tokens.refresh_token)).status, 400)
    assert.equal((await other.refresh(kept.refresh_token)).status, 200)
    assert.equal(await isEnded('client', one.id), true)
    assert.equal(events.filter(({ type }) => type === 'grant.revoked').length, count)
  })

  it('end with their person, and so do browser sessions', async () => {
    await running.issuer.grants.endAccount(ada(), { actor: 'command' })

    assert.deepEqual(await list({ accountId: ada() }), [])
    assert.equal((await one.refresh(tokens.refresh_token)).status, 400)
    assert.equal(await isEnded('account', ada()), true)
    assert.deepEqual(await running.stores.artifacts.list({ model: 'Session', accountId: ada() }, 0), [])
  })

  async function isEnded(kind: 'account' | 'client', id: string): Promise<boolean> {
    const { iat } = claimsOf(tokens.access_token)
    return running.stores.revocations.isEnded([{ kind, id }], Number(iat), Number(iat))
  }
})
