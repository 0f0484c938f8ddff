import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { outboundOption } from '../../src/admission/index.ts'
import { Outbound } from '../../src/outbound/index.ts'
import { Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { go, type Step, send, who } from '../interaction/steps.ts'
import { givenAuthority, givenHost, givenNames, type Host } from '../outbound/given-host.ts'
import { Party, REDIRECT } from '../party.ts'

const ADA = { name: 'ada', password: PASSWORD, do: 'sign-in' }
/** Requests for documents in this path wait until `held` lets them go. */
const SLOW = '/slow-'
/** Where a client is known to be who it says, so that a yes to it is remembered. */
const WEB = 'https://client.example/callback'

/**
 * Whoever has somebody's session, or their old password, can make a request last for seconds: the client that it names has
 * a document, which is fetched from a slow server of theirs. What ends meanwhile has to stay ended.
 */
describe('a request for authorization that was under way when the session ended', () => {
  let host: Host
  let running: RunningIssuer
  let arrived = Promise.withResolvers<void>()
  let held = Promise.withResolvers<void>()
  /** Seconds that have gone by for the issuer beside those of the clock. */
  let later = 0
  before(async () => {
    const authority = givenAuthority()
    host = await givenHost(authority, async (request, response) => {
      const path = String(request.url)
      if (path.startsWith(SLOW)) {
        arrived.resolve()
        await held.promise
      }
      const said = { client_id: id(path), client_name: 'A document', redirect_uris: [REDIRECT, WEB] }
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(JSON.stringify(said))
    })
    const { resolve } = givenNames({ 'client.test': [['127.0.0.1']] })
    const outbound = new Outbound({ allowsLoopback: true, resolve, ca: authority.ca })
    const now = () => Math.floor(Date.now() / 1000) + later
    running = await startIssuer({ [outboundOption]: outbound, now })
  })
  after(async () => {
    await running.close()
    await host.close()
  })

  const id = (path: string) => `https://client.test:${host.port}${path}`
  const account = () => new URL('/account', running.url).href
  const adas = async () => (await running.issuer.people.findByName('ada'))?.id ?? ''
  let documents = 0
  const slowClient = () => new Party(running, id(`${SLOW}${++documents}.json`))
  const sessionsOf = async (accountId: string) =>
    (await running.stores.artifacts.list({ model: 'Session', accountId }, 0)).length

  async function signedIn(): Promise<Browser> {
    const browser = new Browser()
    await send(browser, await go(browser, account()), ADA)
    assert.equal(await who(browser, running.url), 'ada')
    return browser
  }

  /** Does `work` while the request is held. @returns where the request led. */
  async function during(request: () => Promise<Step>, work: () => Promise<unknown>): Promise<Step> {
    arrived = Promise.withResolvers()
    held = Promise.withResolvers()
    const under = request()
    await arrived.promise
    await work()
    held.resolve()
    return under
  }

  const endings: Record<string, (browser: Browser) => Promise<unknown>> = {
    'by signing out': async (browser) => send(browser, await go(browser, account()), { do: 'sign-out' }),
    'by another password': async () => running.issuer.people.setPassword(await adas(), PASSWORD, 'test'),
    'from another browser': async () => {
      const other = await signedIn()
      const page = await go(other, account())
      const form = /name="form" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
      await other.post(account(), new URLSearchParams({ form, do: 'sign-out-others' }))
    },
  }
  for (const [how, end] of Object.entries(endings)) {
    it(`does not bring it back: ${how}`, async () => {
      const browser = await signedIn()
      const thief = new Browser()
      for (const [name, cookie] of browser.cookies) thief.cookies.set(name, cookie)

      await during(
        () => go(thief, slowClient().authorizationUrl()),
        () => end(browser),
      )

      assert.equal(await who(thief, running.url), undefined)
      for (const [name, cookie] of browser.cookies) thief.cookies.set(name, cookie)
      assert.equal(await who(thief, running.url), undefined)
    })
  }

  it('leaves the session what it was where nothing has ended', async () => {
    const browser = await signedIn()

    const step = await during(
      () => go(browser, slowClient().authorizationUrl()),
      async () => {},
    )

    assert.match(step.text, /A document/)
    assert.equal(await who(browser, running.url), 'ada')
  })

  /** Signs in on the way of an authorization whose client's document has to be looked at again. @returns what is next. */
  async function onTheWay(thief: Browser): Promise<string> {
    held.resolve()
    const page = await go(thief, slowClient().authorizationUrl())
    const next = await send(thief, page, ADA)
    const { url } = await go(thief, next, (at) => at.includes('asked=login'))
    later += 60
    return url
  }

  it('makes no session for a password that was changed after it was typed', async () => {
    const thief = new Browser()
    const next = await onTheWay(thief)

    const step = await during(
      () => go(thief, next),
      async () => running.issuer.people.setPassword(await adas(), PASSWORD, 'test'),
    )

    assert.equal(step.status, 400)
    assert.equal(await who(thief, running.url), undefined)
    assert.equal(await sessionsOf(await adas()), 0)
  })

  it('makes one where nothing has changed', async () => {
    const browser = new Browser()
    const next = await onTheWay(browser)

    const step = await during(
      () => go(browser, next),
      async () => {},
    )

    assert.match(step.text, /A document/)
    assert.equal(await who(browser, running.url), 'ada')
  })

  it('gives it no other name after the person has consented, and brings no code', async () => {
    const thief = await signedIn()
    held.resolve()
    const page = await go(thief, slowClient().authorizationUrl())
    const { url } = await go(thief, await send(thief, page, { do: 'allow' }), (at) => at.includes('asked=consent'))
    later += 60

    const step = await during(
      () => go(thief, url, (at) => at.startsWith(REDIRECT)),
      async () => running.issuer.people.endSessions(await adas()),
    )

    assert.equal((step.url + step.text).includes('code='), false)
    assert.equal(await who(thief, running.url), undefined)
    assert.equal(await sessionsOf(await adas()), 0)
  })

  it('brings no code, to a client that was let in before', async () => {
    const browser = await signedIn()
    const asked = slowClient().authorizationUrl({ redirect_uri: WEB })
    held.resolve()
    const led = (at: string) => at.startsWith(WEB)
    const page = await go(browser, asked)
    assert.ok(led((await go(browser, await send(browser, page, { do: 'allow' }), led)).url))
    assert.match((await go(browser, asked, led)).url, /[?&]code=/)
    later += 60

    const step = await during(
      () => go(browser, asked, led),
      async () => running.issuer.people.endSessions(await adas()),
    )

    assert.equal(led(step.url), false)
    assert.equal((step.url + step.text).includes('code='), false)
  })
})
