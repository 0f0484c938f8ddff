import assert from 'node:assert/strict'
import { it } from 'node:test'
import { authorize, Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { go, send, who } from '../interaction/steps.ts'
import { givenPublic } from '../party.ts'

const ADA = { name: 'ada', password: PASSWORD, do: 'sign-in' }
const NOW = Math.floor(Date.now() / 1000)

/** Puts sessions of ada's, of which nothing but whose they are counts here. */
async function givenSessions(running: RunningIssuer, count: number, model = 'Session'): Promise<string> {
  const accountId = (await running.issuer.people.findByName('ada'))?.id ?? ''
  const payload = new Uint8Array(10)
  const puts = Array.from({ length: count }, (_, n) =>
    running.stores.artifacts.put({ model, idHash: `s${n}`, payload, accountId, expiresAt: NOW + 3600 + n }),
  )
  await Promise.all(puts)
  return accountId
}

const countOf = async ({ stores }: RunningIssuer, accountId: string, model = 'Session') =>
  (await stores.artifacts.list({ model, accountId, limit: 10_000 }, 0)).length

it('a change of password ends every session and sign-in but its own, however many there are', async () => {
  const running = await startIssuer()
  const own = new Browser()
  const account = new URL('/account', running.url).href
  await send(own, await go(own, account), ADA)
  const id = await givenSessions(running, 10_050)
  await givenSessions(running, 10_050, 'Interaction')
  await send(own, await go(own, account), { do: 'change-password', old: PASSWORD, password: 'another horse battery' })

  assert.equal(await who(own, running.url), 'ada')
  assert.deepEqual([await countOf(running, id), await countOf(running, id, 'Interaction')], [1, 0])
  await running.issuer.people.setPassword(id, PASSWORD, 'test')
  assert.equal(await who(own, running.url), undefined)
  await running.close()
})

it('an account has a hundred sessions at most: the latest', async () => {
  const running = await startIssuer()
  const id = await givenSessions(running, 120)
  const own = new Browser()
  await send(own, await go(own, new URL('/account', running.url).href), ADA)

  assert.equal(await countOf(running, id), 100)
  assert.equal(await who(own, running.url), 'ada')
  const { artifacts } = running.stores
  assert.equal(await artifacts.find('Session', 's20', NOW), undefined)
  assert.ok(await artifacts.find('Session', 's21', NOW))
  await running.close()
})

it('a browser whose session has ended is given none that nobody is signed in to, however often it comes', async () => {
  const running = await startIssuer()
  const party = await givenPublic(running)
  const own = new Browser()
  await send(own, await go(own, new URL('/account', running.url).href), ADA)
  const old = [...own.cookies]
  await running.issuer.people.endSessions((await running.issuer.people.findByName('ada'))?.id ?? '')
  for (let n = 0; n < 3; n++) {
    const browser = new Browser()
    for (const [name, cookie] of old) browser.cookies.set(name, cookie)
    assert.match((await go(browser, party.authorizationUrl())).text, /name="password"/)
  }

  assert.deepEqual(await running.stores.artifacts.list({ model: 'Session' }, 0), [])
  const back = await authorize(party.authorizationUrl(), { browser: own })
  assert.ok(back.searchParams.has('code'))
  assert.equal(await who(own, running.url), 'ada')
  await running.close()
})
