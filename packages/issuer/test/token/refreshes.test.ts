import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { type Answer, givenConfidential, givenPublic, type Party } from '../party.ts'

describe('refreshes of one grant', () => {
  let now = Math.floor(Date.now() / 1000)
  let running: RunningIssuer
  let client: Party
  beforeEach(async () => {
    running = await startIssuer({ now: () => now, refreshes: { minute: 5, hour: 8 } })
    client = await givenPublic(running)
  })
  afterEach(() => running.close())

  /** Refreshes one after the other, until it is refused. @returns how many succeeded, the last token, and the refusal. */
  const loop = async (party: Party, from: string) => {
    let token = from
    for (let count = 0; count < 20; count++) {
      const answer = await party.refresh(token)
      if (answer.status !== 200) return { count, token, refused: answer }
      token = String(answer.body.refresh_token)
    }
    return assert.fail('it goes on for ever')
  }
  const said = ({ status, headers, body }: Answer) => [status, headers.get('retry-after'), body.error]

  it('are bounded by the minute and by the hour; what waits is not lost', async () => {
    const first = await loop(client, (await client.tokens()).refresh_token)
    assert.equal(first.count, 5)
    assert.deepEqual(said(first.refused), [429, '60', 'temporarily_unavailable'])
    assert.equal(first.refused.headers.get('cache-control'), 'no-store')

    now += 60
    const second = await loop(client, first.token)
    assert.deepEqual([second.count, said(second.refused)[1]], [3, '3540'])
    now += 3540
    assert.equal((await client.refresh(second.token)).status, 200)
  })

  it('keep out no other grant, of the same person and client or of another', async () => {
    const [same, other] = [await client.tokens(), await givenConfidential(running)]
    const others = await other.tokens()
    await loop(client, (await client.tokens()).refresh_token)

    assert.equal((await client.refresh(same.refresh_token)).status, 200)
    assert.equal((await loop(other, others.refresh_token)).count, 5)
  })

  it('count where an answer is given again, too', async () => {
    const { refresh_token: token } = await client.tokens()
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) statuses.push((await client.refresh(token)).status)

    assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429])
  })

  it('do not count where they are refused, so that nobody without the secret uses them up', async () => {
    const service = await givenConfidential(running)
    const { refresh_token: token } = await service.tokens()
    for (let n = 0; n < 8; n++) assert.equal((await service.refresh(token, { client_secret: 'guess' })).status, 401)

    assert.equal((await loop(service, token)).count, 5)
  })

  it('that are too many hide no stolen token that comes back', async () => {
    const { refresh_token: stolen } = await client.tokens()
    const { token } = await loop(client, stolen)
    now += 11

    assert.equal((await client.refresh(token)).status, 429)
    assert.deepEqual(said(await client.refresh(stolen)), [400, null, 'invalid_grant'])
    assert.deepEqual(said(await client.refresh(token)), [400, null, 'invalid_grant'])
  })

  it('have room for twenty at once and for what follows, where nothing else is said', async () => {
    const usual = await startIssuer()
    const party = await givenPublic(usual)
    const { refresh_token: token } = await party.tokens()
    const answers = await Promise.all(Array.from({ length: 20 }, () => party.refresh(token)))

    assert.ok(answers.every(({ status }) => status === 200))
    assert.ok((await party.refresh(String(answers[0]?.body.refresh_token))).status === 200)
    await usual.close()
  })
})
