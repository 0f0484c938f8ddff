import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { givenConfidential, givenPublic, Party } from '../party.ts'

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

describe('a client with a secret', () => {
  let running: RunningIssuer
  before(async () => {
    running = await startIssuer()
  })
  after(() => running.close())

  const send = (path: string, fields: Record<string, string>, headers: Record<string, string>) =>
    fetch(`${running.url}/oauth/${path}`, { method: 'POST', body: new URLSearchParams(fields), headers })

  it('shows it by Basic or in the form, as it likes', async () => {
    const party = await givenConfidential(running)
    const secret = String(party.proof.client_secret)
    const tokens = await party.tokens()
    const byHeader = await send(
      'token',
      { grant_type: 'refresh_token', refresh_token: tokens.refresh_token },
      basic(party.id, secret),
    )
    const answer = (await byHeader.json()) as { refresh_token: string }
    const byForm = await party.refresh(answer.refresh_token)
    const introspected = await send('introspect', { token: String(byForm.body.access_token) }, basic(party.id, secret))

    assert.equal(byHeader.status, 200)
    assert.equal(byForm.status, 200)
    assert.equal(((await introspected.json()) as { active: boolean }).active, true)
  })

  it('is refused with a wrong secret, in the words of the way it came', async () => {
    const party = await givenConfidential(running)
    const refused = await send('token', { grant_type: 'refresh_token', refresh_token: 'x' }, basic(party.id, 'wrong'))

    assert.equal(refused.status, 401)
    assert.equal(((await refused.json()) as { error: string }).error, 'invalid_client')
    assert.match(refused.headers.get('www-authenticate') ?? '', /^Basic /)
  })

  it('says who it is in one way and once', async () => {
    const party = await givenConfidential(running)
    const secret = String(party.proof.client_secret)
    const grant = { grant_type: 'refresh_token', refresh_token: 'x' }
    for (const [fields, headers] of [
      [{ ...grant, client_secret: secret }, basic(party.id, secret)],
      [{ ...grant, client_id: 'another' }, basic(party.id, secret)],
      [grant, { authorization: 'Basic !!!' }],
      [grant, { authorization: 'Basic' }],
      [grant, { authorization: `Basic ${Buffer.from('no colon').toString('base64')}` }],
      [grant, basic('%zz', 'x')],
    ] as const) {
      const { status } = await send('token', fields, headers)
      assert.ok(status === 400 || status === 401, JSON.stringify({ fields, headers, status }))
    }
  })

  it('is no other client’s way in: a public one has no secret', async () => {
    const party = await givenPublic(running)
    const tokens = await party.tokens()
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    assert.equal((await send('token', fields, basic(party.id, 'anything'))).status, 401)
    assert.equal(
      (await new Party(running, party.id).refresh(tokens.refresh_token)).status,
      200,
      'and nothing was spent',
    )
  })
})
