import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Browser, PASSWORD } from '../given.ts'
import { go, send, who } from '../interaction/steps.ts'
import { ADA, act, givenSlowDocuments, isLed, justBefore, type SlowDocuments, WEB } from '../outbound/slow-documents.ts'

let given: SlowDocuments
beforeEach(async () => {
  given = await givenSlowDocuments()
})
afterEach(() => given.close())

const people = () => given.running.issuer.people
const whoIs = (browser: Browser) => who(browser, given.running.url)
const sessions = async () =>
  (await given.running.stores.artifacts.list({ model: 'Session', accountId: given.ada }, 0)).length

/** Signs in on the way of an authorization whose client's document has to be looked at again. @returns what is next. */
async function onTheWay(browser: Browser): Promise<string> {
  const page = await go(browser, given.client().authorizationUrl())
  const { url } = await go(browser, await send(browser, page, ADA), (at) => at.includes('asked=login'))
  given.pass(60)
  return url
}

/** Consents, and stops before that leads anywhere. @returns where it would. */
async function consented(browser: Browser): Promise<string> {
  const page = await go(browser, given.client().authorizationUrl())
  const { url } = await go(browser, await send(browser, page, { do: 'allow' }), (at) => at.includes('asked=consent'))
  return url
}

/** Each by somebody else than whoever has the request under way. */
const endings: Readonly<Record<string, () => Promise<unknown>>> = {
  'another password': () => people().setPassword(given.ada, PASSWORD, 'test'),
  'signing all others out': async () => act(await given.signedIn(), given.account, { do: 'sign-out-others' }),
  'disabling, and enabling later': async () => {
    await people().disable(given.ada)
    await people().enable(given.ada)
  },
}

/**
 * Whoever has somebody's session, or their old password, can make a request last for seconds: the client that it names has
 * a document, which is fetched from a slow server of theirs.
 */
describe('what is under way when sessions end', () => {
  for (const [how, end] of Object.entries(endings)) {
    it(`brings no session back: ${how}`, async () => {
      const thief = await given.signedIn()
      const cookies = [...thief.cookies]

      await given.during(() => go(thief, given.client().authorizationUrl()), end)

      assert.equal(await whoIs(thief), undefined)
      for (const [name, cookie] of cookies) thief.cookies.set(name, cookie)
      assert.equal(await whoIs(thief), undefined)
    })

    it(`makes no session of a sign-in: ${how}`, async () => {
      const thief = new Browser()
      const next = await onTheWay(thief)

      const step = await given.during(() => go(thief, next), end)

      assert.equal(step.status, 400)
      assert.equal(await whoIs(thief), undefined)
    })

    it(`gives a session no other name: ${how}`, async () => {
      const thief = await given.signedIn()
      const next = await consented(thief)
      justBefore(given.running.stores.artifacts, 'replace', 'Session', end)

      await thief.get(next)

      assert.equal(await whoIs(thief), undefined)
    })
  }

  it('brings no session back that was signed out', async () => {
    const browser = await given.signedIn()
    const thief = new Browser()
    for (const [name, cookie] of browser.cookies) thief.cookies.set(name, cookie)

    await given.during(
      () => go(thief, given.client().authorizationUrl()),
      async () => send(browser, await go(browser, given.account), { do: 'sign-out' }),
    )

    assert.equal(await whoIs(thief), undefined)
    assert.equal(await sessions(), 0)
  })

  it('brings no code after a consent', async () => {
    const thief = await given.signedIn()
    const next = await consented(thief)
    given.pass(60)

    const step = await given.during(
      () => go(thief, next, isLed),
      () => people().endSessions(given.ada),
    )

    assert.equal((step.url + step.text).includes('code='), false)
    assert.equal(await sessions(), 0)
  })

  it('brings no code to a client that was let in before', async () => {
    const browser = await given.signedIn()
    const asked = given.client().authorizationUrl({ redirect_uri: WEB })
    assert.ok(isLed((await go(browser, await send(browser, await go(browser, asked), { do: 'allow' }), isLed)).url))
    assert.match((await go(browser, asked, isLed)).url, /[?&]code=/)
    given.pass(60)

    const step = await given.during(
      () => go(browser, asked, isLed),
      () => people().endSessions(given.ada),
    )

    assert.equal(isLed(step.url), false)
    assert.equal((step.url + step.text).includes('code='), false)
  })
})

describe('what is under way when nothing ends', () => {
  it('goes on: a session, a sign-in', async () => {
    const browser = await given.signedIn()
    const step = await given.during(
      () => go(browser, given.client().authorizationUrl()),
      async () => {},
    )
    const other = new Browser()
    const next = await onTheWay(other)
    const second = await given.during(
      () => go(other, next),
      async () => {},
    )

    for (const { text } of [step, second]) assert.match(text, /A document/)
    assert.deepEqual([await whoIs(browser), await whoIs(other)], ['ada', 'ada'])
  })

  it('goes on in one tab when another is finished, and in both people stay signed in', async () => {
    const browser = await given.signedIn()
    const asked = given.client().authorizationUrl({ redirect_uri: WEB })
    await go(browser, await send(browser, await go(browser, asked), { do: 'allow' }), isLed)
    given.pass(60)
    const next = await consented(browser)

    const step = await given.during(
      () => go(browser, asked, isLed),
      () => go(browser, next, isLed),
    )

    assert.match(step.url, /[?&]code=/)
    assert.equal(await whoIs(browser), 'ada')
    assert.equal(await sessions(), 1)
  })

  it('goes on where the person changes the password in another tab and stays signed in', async () => {
    const browser = new Browser()
    const url = given.client().authorizationUrl()
    const consent = await go(browser, await send(browser, await go(browser, url), ADA))
    const fields = { do: 'change-password', old: PASSWORD, password: 'another good password' }
    const changed = await act(browser, given.account, fields)
    assert.equal(changed.headers.get('location'), '/account?done=changed')

    const step = await go(browser, await send(browser, consent, { do: 'allow' }), isLed)

    assert.match(step.url, /[?&]code=/)
    assert.equal(await whoIs(browser), 'ada')
  })
})
