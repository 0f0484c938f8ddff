import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { Browser, PASSWORD, PEER, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic } from '../party.ts'

describe('a person at her account page', () => {
  let running: RunningIssuer
  const events: IssuerEvent[] = []
  before(async () => {
    running = await startIssuer({ onEvent: (event) => events.push(event) })
    await running.issuer.people.create('bob', PASSWORD)
  })
  after(() => running.close())

  const url = () => new URL('/account', running.url).href
  const tokenIn = (text: string): string => /name="form" value="([^"]+)"/.exec(text)?.[1] ?? ''
  async function signedIn(name = 'ada', password = PASSWORD): Promise<Browser> {
    const browser = new Browser()
    const text = await (await browser.get(url())).text()
    const answer = await browser.send({ url: url(), text }, { name, password, do: 'sign-in' })
    assert.equal(answer.status, 303)
    return browser
  }
  const show = async (browser: Browser): Promise<string> => (await browser.get(url())).text()
  async function act(browser: Browser, fields: Record<string, string>): Promise<Response> {
    return browser.post(url(), new URLSearchParams({ form: tokenIn(await show(browser)), ...fields }))
  }

  it('sees who has access to what, since when and from where, and ends it for good', async () => {
    const party = await givenPublic(running, { client_name: 'Notes' })
    const tokens = await party.tokens()
    const text = await show(await signedIn())
    for (const shown of [
      /Notes/,
      /127\.0\.0\.1:9/,
      /Read its resources and prompts <code class="raw">mcp:read</,
      /Use all of its tools <code class="raw">mcp:write</,
      /127\.0\.0\.0\/24/,
      /UTC/,
    ])
      assert.match(text, shown)

    const grant = /name="grant" value="([^"]+)"/.exec(text)?.[1] ?? ''
    const answer = await act(await signedIn(), { do: 'end', grant })
    assert.equal(answer.headers.get('location'), '/account?done=ended')
    assert.equal((await party.refresh(tokens.refresh_token)).status, 400)
    assert.ok(!(await show(await signedIn())).includes('Notes'))
    const news = await running.stores.revocations.news(0)
    assert.ok(
      news.some(({ kind, id }) => kind === 'grant' && id === grant),
      'guards hear of it',
    )
  })

  it('is told of no use where a client never came for its tokens', async () => {
    const party = await givenPublic(running, { client_name: 'Forgetful' })
    const code = await party.code()
    const cardOf = async () =>
      (await show(await signedIn())).match(/<li>(?:(?!<\/li>).)*Forgetful.*?<\/li>/s)?.[0] ?? ''
    assert.match(await cardOf(), /Last used<\/dt> <dd>never/)
    await party.redeem(code)
    assert.match(await cardOf(), /Last used<\/dt> <dd><time/)
  })

  it('sees a client that asked for more as one, with all that it got, and ends it as one', async () => {
    const party = await givenPublic(running, { client_name: 'Stepper' })
    const first = await party.tokens({ scope: 'mcp:read' })
    const second = await party.tokens({ scope: 'mcp:write' })
    const text = await show(await signedIn())
    const [card = '', ...others] = text.match(/<li>(?:(?!<\/li>).)*Stepper.*?<\/li>/gs) ?? []

    assert.equal(others.length, 0)
    assert.match(card, /mcp:read/)
    assert.match(card, /mcp:write/)
    await act(await signedIn(), { do: 'end', grant: /name="grant" value="([^"]+)"/.exec(card)?.[1] ?? '' })
    assert.equal((await party.refresh(first.refresh_token)).status, 400)
    assert.equal((await party.refresh(second.refresh_token)).status, 400)
  })

  it('sees from which network a client came last', async () => {
    const party = await givenPublic(running, { client_name: 'Roaming' })
    const tokens = await party.tokens()
    const form = { grant_type: 'refresh_token', client_id: party.id, refresh_token: tokens.refresh_token }
    const headers = { [PEER]: '2001:db8:1:2:3:4:5:6' }
    await fetch(party.at('token'), { method: 'POST', headers, body: new URLSearchParams(form) })

    assert.match(await show(await signedIn()), /2001:db8:1:2::\/64/)
  })

  it('cannot end what is another person’s', async () => {
    const party = await givenPublic(running, { client_name: 'Hers' })
    const tokens = await party.tokens()
    const grant = /name="grant" value="([^"]+)"/.exec(await show(await signedIn()))?.[1] ?? ''
    await act(await signedIn('bob'), { do: 'end', grant })
    await act(await signedIn('bob'), { do: 'end-all' })

    assert.equal((await party.refresh(tokens.refresh_token)).status, 200)
  })

  it('is not made to do anything by another site or with the token of another session', async () => {
    const party = await givenPublic(running)
    const tokens = await party.tokens()
    const browser = await signedIn()
    const foreign = tokenIn(await show(await signedIn('bob')))
    const own = tokenIn(await show(browser))

    for (const form of ['', foreign]) {
      assert.equal((await browser.post(url(), new URLSearchParams({ form, do: 'end-all' }))).status, 422)
    }
    const body = new URLSearchParams({ form: own, do: 'end-all' })
    assert.equal((await browser.post(url(), body, { 'sec-fetch-site': 'cross-site' })).status, 422)
    assert.equal((await party.refresh(tokens.refresh_token)).status, 200)
  })

  it('signs out, and clients keep what they were granted', async () => {
    const party = await givenPublic(running)
    const tokens = await party.tokens()
    const browser = await signedIn()
    const stolen = new Browser()
    for (const [name, cookie] of browser.cookies) stolen.cookies.set(name, cookie)
    await act(browser, { do: 'sign-out' })

    assert.match(await show(browser), /<h1>Sign in/)
    assert.match(await show(stolen), /<h1>Sign in/)
    assert.equal((await party.refresh(tokens.refresh_token)).status, 200)
  })

  it('changes the password with the old one only; other browsers are signed out, this one is not', async () => {
    const [here, there] = [await signedIn('bob'), await signedIn('bob')]
    const wanted = 'eine ganz andere Losung'
    const wrong = await act(here, { do: 'change-password', old: 'not it at all', password: wanted })
    assert.match(await wrong.text(), /current password is wrong/)
    const short = await act(here, { do: 'change-password', old: PASSWORD, password: 'short' })
    assert.match(await short.text(), /too short/)
    const same = await act(here, { do: 'change-password', old: PASSWORD, password: PASSWORD })
    assert.match(await same.text(), /new password is the current one/)

    const good = await act(here, { do: 'change-password', old: PASSWORD, password: wanted })
    assert.equal(good.headers.get('location'), '/account?done=changed')
    assert.match(await show(here), /Your account/)
    assert.match(await show(there), /<h1>Sign in/)
    await signedIn('bob', wanted)
    assert.ok(events.some(({ type }) => type === 'account.password_changed'))
    assert.ok(!JSON.stringify(events).includes(wanted))
  })

  it('who was disabled is out at once: browser, clients and tokens; enabled again, she starts anew', async () => {
    const { people } = running.issuer
    const eve = await people.create('eve', PASSWORD)
    const id = eve?.id ?? ''
    const browser = await signedIn('eve')
    await people.disable(id)

    assert.match(await show(browser), /<h1>Sign in/)
    const news = await running.stores.revocations.isEnded([{ kind: 'account', id }], 0, 0)
    assert.equal(news, true)
    assert.equal(await people.invite(id), undefined)
    assert.equal(await people.disable(id), false)
    assert.equal(await people.enable(id), true)
    assert.match(await show(browser), /<h1>Sign in/)
    await signedIn('eve')
  })

  it('says nothing that a link puts into its address', async () => {
    const browser = await signedIn()
    for (const done of ['<script>', 'constructor', 'toString', '__proto__']) {
      const text = await (await browser.get(`${url()}?done=${encodeURIComponent(done)}`)).text()
      assert.ok(!text.includes('role="status"'), done)
    }
  })
})
