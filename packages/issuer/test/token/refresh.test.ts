import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { sweep } from '../../src/upkeep/index.ts'
import { hashOf } from '../../src/vault/index.ts'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { claimsOf, givenConfidential, givenPublic, keepTokenEvents, type Party, type Tokens } from '../party.ts'

describe('refreshing, for a client that proves nothing', () => {
  let later = 0
  const events: IssuerEvent[] = []
  let running: RunningIssuer
  let client: Party
  let first: Tokens
  before(async () => {
    running = await startIssuer({
      now: () => Math.floor(Date.now() / 1000) + later,
      onEvent: keepTokenEvents(events),
    })
    client = await givenPublic(running)
  })
  beforeEach(async () => {
    later = 0
    first = await client.tokens()
    events.length = 0
  })
  after(() => running.close())

  it('gives twenty requests at once one and the same successor', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.refresh(first.refresh_token)))

    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1)
    assert.equal(new Set(answers.map(({ body }) => body.access_token)).size, 1)
    const successor = answers[0]?.body.refresh_token as string
    assert.equal((await client.refresh(successor)).status, 200)
  })

  it('gives an answer that was lost on the way again, within ten seconds, and says so', async () => {
    const lost = await client.refresh(first.refresh_token)
    later = 9

    const again = await client.refresh(first.refresh_token)

    assert.equal(again.status, 200)
    assert.deepEqual(again.body, lost.body)
    assert.equal(again.headers.get('cache-control'), 'no-store')
    assert.deepEqual(
      events.map(({ type }) => type),
      ['refresh.repeated'],
    )
  })

  it('does not tell a thief who asks for another resource whether the token was used just now', async () => {
    const probe = async () => {
      const { status, body } = await client.refresh(first.refresh_token, { resource: 'https://other.example/mcp' })
      return { status, body }
    }
    const unused = await probe()
    const refreshed = await client.refresh(first.refresh_token)
    const used = await probe()

    assert.equal(unused.body.error, 'invalid_target')
    assert.equal(refreshed.status, 200, 'asking so has spent nothing')
    assert.deepEqual(used, unused)
  })

  it('gives it to no other client, for no other scope and no other resource, and takes no offence', async () => {
    const { body } = await client.refresh(first.refresh_token)
    const other = await givenPublic(running)

    for (const attempt of [
      other.refresh(first.refresh_token),
      client.refresh(first.refresh_token, { scope: 'mcp:read' }),
      client.refresh(first.refresh_token, { resource: running.resource }),
    ]) {
      const { status, body: refusal } = await attempt
      assert.equal(status, 400)
      assert.equal(refusal.error, 'invalid_grant')
      assert.equal(refusal.access_token, undefined)
    }
    assert.equal((await client.refresh(body.refresh_token as string)).status, 200)
  })

  it('keeps the answer no longer than until its successor was used', async () => {
    const { body } = await client.refresh(first.refresh_token)
    await client.refresh(body.refresh_token as string)

    const { status } = await client.refresh(first.refresh_token)

    assert.equal(status, 400)
  })

  it('ends the grant when a spent token comes back later (RFC 9700 §4.14.2)', async () => {
    const { body } = await client.refresh(first.refresh_token)
    const grantId = claimsOf(first.access_token).grant_id
    later = 12

    const reused = await client.refresh(first.refresh_token)

    assert.equal(reused.status, 400)
    assert.deepEqual(reused.body, { error: 'invalid_grant', error_description: 'grant request is invalid' })
    assert.equal((await client.refresh(body.refresh_token as string)).status, 400)
    const news = await running.stores.revocations.news(0)
    assert.ok(news.some(({ kind, id }) => kind === 'grant' && id === grantId))
    assert.deepEqual(
      events.map(({ type, grantId: id }) => [type, id]),
      [
        ['grant.revoked', grantId],
        ['refresh.reused', grantId],
      ],
    )
  })

  it('ends the grant, too, when nothing of the spent token is left but that it was', async () => {
    const { body } = await client.refresh(first.refresh_token)
    later = 70
    await sweep(running.stores, Math.floor(Date.now() / 1000) + later)
    const { payload } = (await running.stores.artifacts.find('RefreshToken', hashOf(first.refresh_token), 0)) ?? {}

    const stranger = await (await givenPublic(running)).refresh(first.refresh_token)
    const other = await client.refresh(body.refresh_token as string)
    const reused = await client.refresh(first.refresh_token, { scope: 'mcp:read' })

    assert.equal(payload?.length, 0)
    assert.deepEqual([stranger.status, other.status, reused.status], [400, 200, 400])
    assert.equal(reused.body.error, 'invalid_grant')
    assert.equal((await client.refresh(other.body.refresh_token as string)).status, 400)
    assert.deepEqual(
      events.map(({ type }) => type),
      ['grant.revoked', 'refresh.reused'],
    )
  })

  it('revokes nothing over a spent token in the hands of another client', async () => {
    const { body } = await client.refresh(first.refresh_token)
    later = 12

    assert.equal((await (await givenPublic(running)).refresh(first.refresh_token)).status, 400)

    assert.equal((await client.refresh(body.refresh_token as string)).status, 200)
    assert.deepEqual(events, [])
  })

  it('spends nothing on a request that is refused', async () => {
    assert.equal((await client.refresh(first.refresh_token, { resource: 'https://other.example/mcp' })).status, 400)
    assert.equal((await client.refresh(first.refresh_token, { scope: 'mcp:read mcp:all' })).status, 400)

    assert.equal((await client.refresh(first.refresh_token)).status, 200)
  })

  it('narrows the access token to the scopes that are asked for, and keeps the rest (AS-79, AS-80)', async () => {
    const narrowed = await client.refresh(first.refresh_token, { scope: 'mcp:read' })
    const whole = await client.refresh(narrowed.body.refresh_token as string)

    assert.equal(claimsOf(narrowed.body.access_token as string).scope, 'mcp:read')
    assert.equal(claimsOf(whole.body.access_token as string).scope, 'mcp:read mcp:write')
  })

  it('ends after seven days without use', async () => {
    later = 7 * 86_400 + 1

    assert.equal((await client.refresh(first.refresh_token)).status, 400)
  })

  it('stops at once for a person who was disabled', async () => {
    const account = (await running.stores.accounts.findByName('ada'))?.id as string
    await running.stores.accounts.setDisabled(account, 1)
    try {
      assert.equal((await client.refresh(first.refresh_token)).status, 400)
    } finally {
      await running.stores.accounts.setDisabled(account, undefined)
    }
  })
})

describe('refreshing, for a client that has a secret', () => {
  let running: RunningIssuer
  let client: Party
  before(async () => {
    running = await startIssuer()
    client = await givenConfidential(running)
  })
  after(() => running.close())

  it('knows no grace: a token that comes back ends the grant', async () => {
    const { refresh_token: token } = await client.tokens()
    const { body } = await client.refresh(token)

    assert.equal((await client.refresh(token)).status, 400)
    assert.equal((await client.refresh(body.refresh_token as string)).status, 400)
  })

  it('lets one of twenty requests at once through', async () => {
    const { refresh_token: token } = await client.tokens()

    const answers = await Promise.all(Array.from({ length: 20 }, () => client.refresh(token)))

    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  it('refuses the token without the secret, and takes no offence', async () => {
    const { refresh_token: token } = await client.tokens()
    const { status, body } = await client.refresh(token, { client_secret: 'another' })

    assert.equal(status, 401)
    assert.equal(body.error, 'invalid_client')
    assert.equal((await client.refresh(token)).status, 200)
  })
})

it('refresh tokens end ninety days after the sign-in that began them, however often they were used', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const running = await startIssuer()
  try {
    const client = await givenPublic(running)
    let { refresh_token: token } = await client.tokens()
    for (let week = 0; week < 14; week++) {
      t.mock.timers.tick(6.5 * 86_400_000)
      const { status, body } = await client.refresh(token)
      // 13 × 6.5 days are 84.5; the fourteenth would be the 91st.
      assert.equal(status, week < 13 ? 200 : 400)
      token = body.refresh_token as string
    }
  } finally {
    await running.close()
  }
})
