import assert from 'node:assert/strict'
import { it } from 'node:test'
import { authorize, Browser } from './given.ts'
import type { Answer, Party } from './party.ts'
import { givenSite, partyAt } from './processes/spawn.ts'

/** Two processes that serve one issuer, and a client as each of them sees it. */
async function givenTwo(kind: 'program' | 'service'): Promise<readonly [Party, Party]> {
  const site = await givenSite()
  const [one, two] = [await site.start(true), await site.start()]
  const { id, secret } = kind === 'service' ? site.service : { id: site.program, secret: undefined }
  return [partyAt(one, site, id, secret), partyAt(two, site, id, secret)]
}

/** Forty requests at once, every other one to the second process. */
const atOnce = (ask: (turn: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: 40 }, (_, turn) => ask(turn)))

it('a code that is redeemed in two processes at once brings tokens once', async () => {
  const [one, two] = await givenTwo('program')
  for (let round = 0; round < 3; round++) {
    const code = await one.code()

    const answers = await atOnce((turn) => (turn % 2 ? two : one).redeem(code))

    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  }
})

it('what a person said yes to in one interaction brings one code, whichever process she comes back to', async () => {
  const [one, two] = await givenTwo('program')
  const { pathname } = new URL(one.at('authorize'))
  for (let round = 0; round < 3; round++) {
    // Given a person who has said yes, and whose browser is about to go back
    const browser = new Browser()
    const stopped = await authorize(one.authorizationUrl(), { browser, stopAt: /asked=consent/ })

    // When it goes back many times at once
    const goBack = (party: Party) =>
      browser.get(new URL(`${pathname}/${stopped.href.split('/').at(-1)}`, party.at('')).href)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, turn) => goBack(turn % 2 ? two : one)))

    // Then one of them brings a code
    const codes = answers.filter(({ headers }) => headers.get('location')?.includes('code='))
    assert.equal(codes.length, 1)
    assert.ok(answers.every(({ status }) => status === 303 || status === 400))
  }
})

it('a refresh token of a service that is spent in two processes at once is spent once', async () => {
  const [one, two] = await givenTwo('service')
  for (let round = 0; round < 3; round++) {
    const { refresh_token: token } = await one.tokens()

    const answers = await atOnce((turn) => (turn % 2 ? two : one).refresh(token))

    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  }
})

it('a refresh token of a program that is spent in two processes at once has one successor, for all who ask', async () => {
  const [one, two] = await givenTwo('program')
  let { refresh_token: token } = await one.tokens()
  for (let round = 0; round < 3; round++) {
    const answers = await atOnce((turn) => (turn % 2 ? two : one).refresh(token))

    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    const successors = [...new Set(answers.map(({ body }) => body.refresh_token))]
    assert.equal(successors.length, 1)
    token = String(successors[0])
  }
  assert.equal((await two.refresh(token)).status, 200)
})

it('what was issued is known after the process was killed in the middle of its work', async () => {
  // Given a process that refreshes for several clients without a pause
  const site = await givenSite()
  const first = await site.start(true)
  const { id, secret } = site.service
  const clients = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const party = partyAt(first, site, id, secret)
      return { party, held: await party.tokens() }
    }),
  )
  const busy = clients.map(async (client) => {
    for (;;) {
      const { body } = await client.party.refresh(client.held.refresh_token)
      client.held = body as unknown as typeof client.held
    }
  })
  const stopped = Promise.allSettled(busy)

  // When it is killed, and another one takes its place
  await new Promise((done) => setTimeout(done, 400))
  await first.kill()
  await stopped
  const second = await site.start(true)

  // Then every access token that arrived counts; a refresh token does, unless it was spent with an answer that was lost
  const later = partyAt(second, site, id, secret)
  for (const { held } of clients) {
    assert.equal((await later.ask('introspect', { token: held.access_token })).body.active, true)
  }
  assert.equal(typeof (await later.tokens()).refresh_token, 'string')
})

it('a program whose refresh was cut short by a kill goes on where it was', async () => {
  const site = await givenSite()
  const first = await site.start(true)
  const party = partyAt(first, site, site.program)
  let held = await party.tokens()
  const busy = (async () => {
    for (;;) held = (await party.refresh(held.refresh_token)).body as unknown as typeof held
  })().catch(() => {})
  await new Promise((done) => setTimeout(done, 300))
  await first.kill()
  await busy

  // Nothing was spent, or what it was spent for is given again: it holds for either that the client may just ask again.
  const second = await site.start(true)
  const { status } = await partyAt(second, site, site.program).refresh(held.refresh_token)
  assert.equal(status, 200)
})
