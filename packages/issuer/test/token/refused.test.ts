import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { errorReply } from '@portcullis/auth/http'
import { boundRefused, PER_NETWORK, PER_SITE, PER_TOKEN } from '../../src/token/refused.ts'
import type { Vault } from '../../src/vault/index.ts'
import type { Visit } from '../../src/web/index.ts'
import { PEER, type RunningIssuer, startIssuer } from '../given.ts'
import { type Answer, type Fields, givenConfidential, givenPublic, type Party, post } from '../party.ts'

const GUESSER = '192.0.2.1'
/** Of the same network: thousands of people may be behind it. */
const NEIGHBOUR = '192.0.2.200'
const ELSEWHERE = '198.51.100.1'

describe('who is refused too often', () => {
  let now = Math.floor(Date.now() / 1000)
  let running: RunningIssuer
  let client: Party
  let service: Party
  beforeEach(async () => {
    running = await startIssuer({ now: () => now, refreshes: { minute: 1e9, hour: 1e9 } })
    client = await givenPublic(running)
    service = await givenConfidential(running)
  })
  afterEach(() => running.close())

  const ask = (party: Party, path: string, fields: Fields, peer = GUESSER): Promise<Answer> =>
    post(party.at(path), { client_id: party.id, ...party.proof, ...fields }, { [PEER]: peer })
  const refresh = (token: string, peer = GUESSER, party = client) =>
    ask(party, 'token', { grant_type: 'refresh_token', refresh_token: token }, peer)
  /** Asks so often, a few at a time. @returns how many answers had each status. */
  const repeat = async (times: number, guess: (n: number) => Promise<Answer>) => {
    const counts: Record<string, number> = {}
    for (let n = 0; n < times; n++) {
      const { status } = await guess(n)
      counts[status] = (counts[status] ?? 0) + 1
    }
    return counts
  }
  const exhaust = () => repeat(PER_NETWORK, (n) => refresh(`guess ${n}`))

  it('waits, as long as it is told; another network does not', async () => {
    assert.deepEqual(await repeat(PER_NETWORK + 5, (n) => refresh(`guess ${n}`)), { 400: PER_NETWORK, 429: 5 })
    now += 100
    const refused = await refresh('another guess')
    assert.deepEqual([refused.headers.get('retry-after'), refused.body.error], ['200', 'temporarily_unavailable'])
    assert.equal(refused.headers.get('access-control-allow-origin'), '*')
    assert.equal((await refresh('guess', ELSEWHERE)).status, 400)

    now += 200
    assert.equal((await refresh('guess')).status, 400)
  })

  const CODE = { grant_type: 'authorization_code', code: 'x', code_verifier: 'v' }
  const guesses: Readonly<Record<string, (n: number) => Promise<Answer>>> = {
    'a code': (n) => ask(client, 'token', { grant_type: 'authorization_code', code: `${n}`, code_verifier: 'v' }),
    'a refresh token': (n) => refresh(`${n}`),
    'a client that there is not': (n) => post(client.at('token'), { client_id: `x${n}` }, { [PEER]: GUESSER }),
    'a grant that is not offered': () => ask(client, 'token', { grant_type: 'client_credentials' }),
    'a token to end': (n) => ask(client, 'revoke', { token: `${n}` }),
    'a token to end, as a client with a secret': (n) => ask(service, 'revoke', { token: `eyJ${n}.e30.x` }),
    'a token to ask about': (n) => ask(service, 'introspect', { token: `${n}` }),
    'a token to ask about, with nothing to show': (n) => ask(client, 'introspect', { token: `${n}` }),
    'a client whose document cannot be had': (n) =>
      ask(client, 'token', { client_id: `https://host${n}.invalid/client`, ...CODE }),
    'nothing at all': () => post(client.at('token'), {}, { [PEER]: GUESSER }),
  }
  for (const [what, guess] of Object.entries(guesses)) {
    it(`is whoever guesses ${what}, at all three endpoints`, async () => {
      const { 429: early = 0 } = await repeat(PER_NETWORK, guess)
      assert.equal(early, 0)
      assert.equal((await guess(0)).status, 429)
      assert.equal((await refresh('x')).status, 429)
      assert.equal((await ask(client, 'revoke', { token: 'x' })).status, 429)
      assert.equal((await ask(service, 'introspect', { token: 'x' })).status, 429)
    })
  }

  it('is not who succeeds, however often: thousands refresh behind one address', async () => {
    let { refresh_token: token } = await client.tokens()
    const counts = await repeat(3 * PER_NETWORK, async () => {
      const answer = await refresh(token)
      token = String(answer.body.refresh_token)
      return answer
    })

    assert.deepEqual(counts, { 200: 3 * PER_NETWORK })
    // And none of it was counted.
    assert.deepEqual(await repeat(PER_NETWORK + 1, (n) => refresh(`guess ${n}`)), { 400: PER_NETWORK, 429: 1 })
  })

  it('slows nobody at the same address who has something of ours to redeem, to ask about or to end', async () => {
    const code = await client.code()
    const tokens = await service.tokens()
    await exhaust()
    assert.equal((await refresh('guess', NEIGHBOUR)).status, 429)

    const grant = { grant_type: 'authorization_code', code: code.code, code_verifier: code.verifier }
    const redeemed = await ask(client, 'token', grant, NEIGHBOUR)
    assert.equal(redeemed.status, 200)
    let token = String(redeemed.body.refresh_token)
    for (let time = 0; time < 30; time++) {
      const answer = await refresh(token, NEIGHBOUR)
      assert.equal(answer.status, 200)
      token = String(answer.body.refresh_token)
    }
    const about = await ask(service, 'introspect', { token: tokens.access_token }, NEIGHBOUR)
    assert.equal(about.body.active, true)
    assert.equal((await ask(service, 'revoke', { token: tokens.refresh_token }, NEIGHBOUR)).status, 200)
    const after = await ask(service, 'introspect', { token: tokens.access_token }, NEIGHBOUR)
    assert.deepEqual([after.status, after.body.active], [200, false])
  })

  it('is whoever has clients looked for that cannot be had, and not who brings what is ours', async () => {
    const ours = new Set(['ours'])
    const busy = boundRefused(() => errorReply(503, 'temporarily_unavailable', 'No.'), {
      routes: { token: '/oauth/token', revocation: '/oauth/revoke', introspection: '/oauth/introspect' },
      vault: { find: async (_: string, id: string) => (ours.has(id) ? {} : undefined) } as unknown as Vault,
      verify: async () => undefined,
      now: () => now,
    })
    const statuses = async (times: number, token: string) => {
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
      const visit = { method: 'POST', path: '/oauth/token', form, peer: GUESSER, headers: {} } as unknown as Visit
      const given: (number | undefined)[] = []
      for (let n = 0; n < times; n++) given.push((await busy(visit))?.status)
      return [given.filter((status) => status === 503).length, given.at(-1)]
    }

    assert.deepEqual(await statuses(PER_NETWORK + 5, 'ours'), [PER_NETWORK + 5, 503])
    assert.deepEqual(await statuses(PER_NETWORK + 1, 'guess'), [PER_NETWORK, 429])
    assert.equal((await statuses(1, 'ours'))[1], 503)
  })

  it('is seen to bring a stolen token all the same, which ends the grant', async () => {
    const { refresh_token: stolen } = await client.tokens()
    const next = String((await refresh(stolen, ELSEWHERE)).body.refresh_token)
    now += 60
    await exhaust()

    assert.equal((await refresh(stolen)).body.error, 'invalid_grant')
    assert.equal((await refresh(next, ELSEWHERE)).body.error, 'invalid_grant')
  })

  it('waits with a token of ours, too, that comes to nothing again and again', async () => {
    const { refresh_token: token } = await client.tokens()
    const { refresh_token: another } = await (await givenPublic(running)).tokens()
    await exhaust()
    const misuse = (refreshToken: string) =>
      ask(client, 'token', {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        resource: 'https://no.example/',
      })

    assert.deepEqual(await repeat(PER_TOKEN + 3, () => misuse(token)), { 400: PER_TOKEN, 429: 3 })
    assert.equal((await misuse(another)).status, 400)
  })

  it('waits in all networks that one customer of a provider has', async () => {
    const counts = await repeat(PER_SITE + 10, (n) => refresh(`${n}`, `2001:db8:1:${n}::1`))

    assert.deepEqual(counts, { 400: PER_SITE, 429: 10 })
    assert.equal((await refresh('x', '2001:db8:2::1')).status, 400)
  })

  it('is not a client that is told to ask the person', async () => {
    const { access_token: access, refresh_token: token } = await client.tokens()
    const grantId = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()).grant_id
    const counts = await repeat(PER_NETWORK + 5, () => {
      running.issuer.noteScopeDenied(grantId)
      return refresh(token)
    })

    assert.deepEqual(counts, { 400: PER_NETWORK + 5 })
    assert.equal((await refresh('x')).status, 400)
  })
})
