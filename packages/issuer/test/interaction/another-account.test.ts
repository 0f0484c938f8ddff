import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { authorize, Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { claimsOf, givenPublic, type Party } from '../party.ts'
import { go, plant, type Step, send, who } from './steps.ts'

const ADA = { name: 'ada', password: PASSWORD, do: 'sign-in' }
const BOB = { name: 'bob', password: PASSWORD, do: 'sign-in' }
const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

describe('a person who is signed in as somebody else than they want to be', () => {
  let running: RunningIssuer
  let party: Party
  let browser: Browser
  let ada: string
  let bob: string
  let events: IssuerEvent[]
  beforeEach(async () => {
    events = []
    running = await startIssuer({ onEvent: (event) => events.push(event) })
    ada = (await running.issuer.people.findByName('ada'))?.id ?? ''
    bob = (await running.issuer.people.create('bob', PASSWORD))?.id ?? ''
    party = await givenPublic(running, { client_name: 'The client' })
    browser = party.browser
  })
  afterEach(() => running.close())

  const url = () => party.authorizationUrl({}, CHALLENGE)
  /** The page that asks ada for consent. */
  const asked = async () => go(browser, await send(browser, await go(browser, url()), ADA))
  const tokenOf = ({ text }: Step) =>
    /id="another"><input type="hidden" name="form" value="([^"]+)"/.exec(text)?.[1] ?? ''
  const pressOn = (step: Step, by = browser, fields = {}, headers = {}) =>
    by.post(step.url, new URLSearchParams({ form: tokenOf(step), do: 'another', ...fields }), headers)
  const press = async (step: Step, by = browser) => {
    const response = await pressOn(step, by)
    return go(by, new URL(response.headers.get('location') ?? '', step.url).href)
  }
  /** The same browser, whose cookies for another question stand beside these. */
  const anotherTab = () => {
    const tab = new Browser()
    plant(browser, tab, /^portcullis-session/)
    return tab
  }
  const isConsentOf = (name: string, { text }: Step) =>
    text.includes(`<dt>Signed in as</dt><dd class="beside"><bdi>${name}</bdi>`) && text.includes('value="allow"')
  const isSignIn = ({ text }: Step) => text.includes('name="password"')
  const grantsOf = async (accountId: string) =>
    (await Array.fromAsync(running.issuer.grants.list({ accountId }))).map(({ id }) => id)

  it('signs in with another account for the same request, and it is that one who consents', async () => {
    const step = await asked()
    assert.ok(isConsentOf('ada', step))
    const signIn = await press(step)
    assert.equal(signIn.url, step.url)
    assert.ok(isSignIn(signIn) && signIn.text.includes('The client'))

    const consent = await go(browser, await send(browser, signIn, BOB))
    assert.ok(isConsentOf('bob', consent))
    const back = new URL((await go(browser, await send(browser, consent, { do: 'allow' }))).url)
    const tokens = await party.redeem({ code: back.searchParams.get('code') ?? '', verifier: VERIFIER })
    assert.equal(claimsOf(String(tokens.body.access_token)).sub, bob)
    assert.deepEqual(await grantsOf(ada), [])
    assert.equal((await grantsOf(bob)).length, 1)
    const kinds = events.map(({ type, accountId }) => [type, accountId])
    assert.deepEqual(
      kinds.filter(([type]) => /signed/.test(String(type))),
      [
        ['account.signed_in', ada],
        ['account.signed_in', bob],
        ['account.signed_out', ada],
      ],
    )
  })

  it('ends the session of the first account when the second signs in, under another name', async () => {
    const step = await asked()
    const copy = new Browser()
    plant(browser, copy, /^portcullis-session/)
    const signIn = await press(step)
    assert.equal(await who(copy, running.url), 'ada')
    assert.equal(await who(browser, running.url), 'ada')
    assert.equal((await browser.send(signIn, { ...BOB, password: 'not the password' })).status, 422)
    assert.equal(await who(browser, running.url), 'ada')

    await go(browser, await send(browser, signIn, BOB))
    assert.equal(await who(browser, running.url), 'bob')
    assert.equal(await who(copy, running.url), undefined)
  })

  it('leaves alone what the first account has granted, and its other browsers', async () => {
    const elsewhere = new Browser()
    await authorize(party.authorizationUrl(), { browser: elsewhere })
    const tokens = await party.tokens()
    const before = await grantsOf(ada)
    const consent = await go(browser, await send(browser, await press(await go(browser, url())), BOB))

    assert.ok(isConsentOf('bob', consent))
    assert.ok(!consent.text.includes('class="tag"'), 'what ada gave the client is not told to bob')
    await go(browser, await send(browser, consent, { do: 'allow' }))
    assert.deepEqual(await grantsOf(ada), before)
    assert.equal((await party.refresh(tokens.refresh_token)).status, 200)
    assert.equal(await who(elsewhere, running.url), 'ada')
  })

  it('may sign in as before, and goes on', async () => {
    const consent = await go(browser, await send(browser, await press(await asked()), ADA))

    assert.ok(isConsentOf('ada', consent))
    assert.equal(await who(browser, running.url), 'ada')
    const back = new URL((await go(browser, await send(browser, consent, { do: 'allow' }))).url)
    assert.ok(back.searchParams.has('code'))
  })

  it('may cancel, stays signed in, and nothing was granted', async () => {
    const left = await go(browser, await send(browser, await press(await asked()), { do: 'cancel' }))

    assert.match(left.text, /Go on to 127\.0\.0\.1:9/)
    assert.equal(await who(browser, running.url), 'ada')
    assert.deepEqual(await grantsOf(ada), [])
  })

  it('consents to nothing by the page that they came from', async () => {
    const step = await asked()
    await press(step)
    const old = await browser.send(step, { do: 'allow', scope: 'mcp:read' })
    assert.equal(old.status, 422)
    assert.ok(isSignIn({ url: step.url, status: 422, text: await old.text() }))

    await go(browser, await send(browser, await go(browser, step.url), BOB))
    assert.equal((await browser.send(step, { do: 'allow', scope: 'mcp:read' })).status, 400)
    assert.deepEqual([...(await grantsOf(ada)), ...(await grantsOf(bob))], [])
  })

  it('loses what waited for the first account in another tab', async () => {
    const first = await asked()
    const tab = anotherTab()
    const second = await go(tab, url())
    assert.ok(isConsentOf('ada', second))
    await go(browser, await send(browser, await press(first), BOB))

    assert.match((await go(tab, second.url)).text, /<h1>Start again/)
  })

  it('is not made to by another site, without the page, or by what belongs to another form or question', async () => {
    const step = await asked()
    const other = await go(anotherTab(), url())
    const consentToken = /name="form" value="([^"]+)"/.exec(step.text)?.[1] ?? ''
    assert.notEqual(consentToken, tokenOf(step))
    for (const [form, headers] of [
      ['', {}],
      ['x', {}],
      [consentToken, {}],
      [tokenOf(other), {}],
      [tokenOf(step), { 'sec-fetch-site': 'cross-site' }],
      [tokenOf(step), { 'sec-fetch-site': 'same-site' }],
    ] as const) {
      assert.equal((await pressOn(step, browser, { form }, headers)).headers.get('location'), null, form)
      assert.ok(isConsentOf('ada', await go(browser, step.url)))
    }
    assert.equal((await pressOn(step, new Browser())).status, 400)
    // Nor does its own token say yes.
    const yes = new URLSearchParams({ form: tokenOf(step), do: 'allow', scope: 'mcp:read' })
    assert.equal((await browser.post(step.url, yes)).status, 422)
    assert.deepEqual(await grantsOf(ada), [])
  })

  it('is led nowhere else, whatever the form says', async () => {
    const step = await asked()
    const evil = 'https://evil.example/'
    const fields = { next: evil, url: evil, redirect_uri: evil, return_to: evil, client_id: 'x' }
    const response = await pressOn(step, browser, fields)
    assert.deepEqual(
      [response.status, response.headers.get('location'), response.headers.getSetCookie()],
      [303, new URL(step.url).pathname, []],
    )
    const signIn = await go(browser, step.url)
    assert.ok(signIn.text.includes('The client') && !signIn.text.includes('evil.example'))
  })

  it('gives nothing to whoever has put the question into their browser', async () => {
    const mallory = new Browser()
    await running.issuer.people.create('mallory', PASSWORD)
    const theirs = await go(mallory, await send(mallory, await go(mallory, url()), { ...ADA, name: 'mallory' }))
    assert.ok(isConsentOf('mallory', theirs))
    const victim = new Browser()
    plant(mallory, victim, /./)
    const consent = await send(victim, await press(theirs, victim), BOB)

    const resumed = await go(mallory, theirs.url.replace('/interaction/', '/authorize/'))
    assert.match(resumed.text, /<h1>Start again/)
    assert.equal(await who(mallory, running.url), undefined)
    assert.ok(isConsentOf('bob', await go(victim, consent)))
    assert.equal(await who(victim, running.url), 'bob')
    assert.equal(await who(mallory, running.url), undefined)
  })
})
