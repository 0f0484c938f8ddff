import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { BOUNDS } from '../../src/signin/index.ts'
import { Browser, PASSWORD, PEER, type RunningIssuer, startIssuer } from '../given.ts'

describe('somebody who tries to sign in as another', () => {
  let running: RunningIssuer
  const events: IssuerEvent[] = []
  before(async () => {
    running = await startIssuer({ onEvent: (event) => events.push(event) })
    const { people } = running.issuer
    const eve = await people.create('eve', PASSWORD)
    await people.disable(eve?.id ?? '')
    await people.create('new', undefined)
  })
  after(() => running.close())

  const account = () => new URL('/account', running.url).href
  let network = 0
  /** Each from a network of its own, unless one is named. */
  async function attempt(name: string, password: string, browser = new Browser(), peer = `10.0.${network++}.1`) {
    const text = await (await browser.get(account())).text()
    const begun = performance.now()
    const response = await browser.send({ url: account(), text }, { name, password, do: 'sign-in' }, { [PEER]: peer })
    const took = performance.now() - begun
    return { response, text: await response.text(), took }
  }
  /** Without what differs in any case: the form's token and the name that was typed. */
  const bare = (text: string, name: string) =>
    text.replace(/name="form" value="[^"]*"/, '').replaceAll(`value="${name}"`, '')

  it('learns nothing from the answer: unknown, disabled, invited and wrong are the same', async () => {
    const cases = ['ada', 'nobody', 'eve', 'new', 'NOBODY', 'ünbekannt']
    const answers = await Promise.all(
      cases.map(async (name) => ({ name, ...(await attempt(name, name === 'eve' ? PASSWORD : 'wrong password')) })),
    )

    const [first] = answers
    for (const { name, response, text } of answers) {
      assert.equal(response.status, 422)
      assert.equal(bare(text, name), bare(first?.text ?? '', first?.name ?? ''))
    }
  })

  it('learns nothing from the time it takes', async () => {
    const names = ['ada', 'nobody at all', 'eve', 'new']
    const least = new Map(names.map((name) => [name, Number.POSITIVE_INFINITY]))
    // In turns, and the quickest of each: a machine that does other work slows all of them, and none gets quicker by it.
    for (let round = 0; round < 8; round++) {
      for (const name of names) {
        const { took } = await attempt(name, 'wrong password')
        least.set(name, Math.min(least.get(name) ?? took, took))
      }
    }
    const [known = 0, ...others] = least.values()

    // One hash of a password is most of it; without one it would be a tenth.
    for (const other of others) assert.ok(other > known / 3 && other < known * 3, `${[...least].join(' ')}`)
  })

  it('may try a few times, then waits; the owner of the account does not', async () => {
    const owner = new Browser()
    assert.equal((await attempt('ada', PASSWORD, owner, '10.9.9.9')).response.status, 303)
    for (let round = 0; round < BOUNDS.pair.free; round++) await attempt('ada', 'guess', new Browser(), '10.9.9.1')

    const { response, text } = await attempt('ada', PASSWORD, new Browser(), '10.9.9.2')
    assert.equal(response.status, 429)
    assert.ok(Number(response.headers.get('retry-after')) > 0)
    assert.match(text, /Too many attempts/)
    const elsewhere = await attempt('ada', PASSWORD, new Browser(), '10.9.8.1')
    assert.equal(elsewhere.response.status, 303)
    owner.cookies.delete('portcullis-session')
    assert.equal((await attempt('ada', PASSWORD, owner, '10.9.9.9')).response.status, 303)
  })

  it('cannot take all places where passwords are checked: more than four of a network are told to come back', async () => {
    const flood = await Promise.all(
      Array.from({ length: 12 }, (_, index) => attempt(`flood${index}`, 'guess', new Browser(), '10.8.8.8')),
    )
    const busy = flood.filter(({ response }) => response.status === 503)

    assert.ok(busy.length > 0 && busy.length < 12, `${busy.length} were busy`)
    assert.ok(busy.every(({ response }) => response.headers.get('retry-after') === '5'))
    assert.equal((await attempt('ada', PASSWORD)).response.status, 303)
  })

  it('cannot keep out a browser that is known, from however many networks they come', async () => {
    const owner = new Browser()
    assert.equal((await attempt('ada', PASSWORD, owner)).response.status, 303)
    owner.cookies.delete('portcullis-session')
    const flood = Array.from({ length: 40 }, (_, index) =>
      attempt(`many${index}`, 'guess', new Browser(), `2001:db8:${index.toString(16)}::1`),
    )
    const text = await (await owner.get(account())).text()
    await Promise.race(flood)
    const fields = { name: 'ada', password: PASSWORD, do: 'sign-in' }
    const answers = [owner.send({ url: account(), text }, fields, { [PEER]: '10.7.7.7' })]

    assert.deepEqual(
      (await Promise.all(answers)).map(({ status }) => status),
      [303],
    )
    const busy = (await Promise.all(flood)).filter(({ response }) => response.status === 503)
    assert.ok(busy.length > 0, 'the flood was too small to say anything')
  })

  it('cannot keep out who has chosen a password by a link: the browser is known from then on', async () => {
    const { people } = running.issuer
    const bob = await people.create('bob', PASSWORD)
    const link = (await people.reset(bob?.id ?? '')) ?? ''
    const url = new URL('/account/invitation', running.url).href
    const browser = new Browser()
    const text = await (await browser.get(url)).text()
    const chosen = await browser.send({ url, text }, { token: link, password: PASSWORD, do: 'save' })

    assert.equal(chosen.status, 303)
    for (let round = 0; round < BOUNDS.pair.free; round++) await attempt('bob', 'guess', new Browser(), '10.6.6.1')
    assert.equal((await attempt('bob', PASSWORD, new Browser(), '10.6.6.1')).response.status, 429)
    browser.cookies.delete('portcullis-session')
    assert.equal((await attempt('bob', PASSWORD, browser, '10.6.6.1')).response.status, 303)
  })

  it('gets no session that was known before: it has another name after signing in', async () => {
    const browser = new Browser()
    const cookies = await signedIn(browser)
    const again = await signedIn(browser)

    assert.notEqual(cookies, again)
    const old = new Browser()
    old.cookies.set('portcullis-session', { value: cookies.split(' ')[0] ?? '', path: '/' })
    old.cookies.set('portcullis-session.sig', { value: cookies.split(' ')[1] ?? '', path: '/' })
    assert.match(await (await old.get(account())).text(), /<h1>Sign in/)
  })

  async function signedIn(browser: Browser): Promise<string> {
    const page = await (await browser.get(account())).text()
    if (page.includes('value="sign-out"')) {
      const token = /name="form" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const planted = [...browser.cookies]
      await browser.post(account(), new URLSearchParams({ form: token, do: 'sign-out' }))
      // Somebody puts the old cookies back before the person signs in.
      for (const [name, cookie] of planted) browser.cookies.set(name, cookie)
    }
    assert.equal((await attempt('ada', PASSWORD, browser)).response.status, 303)
    return ['portcullis-session', 'portcullis-session.sig'].map((name) => browser.cookies.get(name)?.value).join(' ')
  }

  it('cannot sign a person in as somebody else from another site', async () => {
    const browser = new Browser()
    const text = await (await browser.get(account())).text()
    const fields = { name: 'ada', password: PASSWORD, do: 'sign-in' }
    const token = /name="form" value="([^"]+)"/.exec(text)?.[1] ?? ''

    const without = await browser.post(account(), new URLSearchParams(fields))
    assert.equal(without.status, 422)
    const foreign = await new Browser().post(account(), new URLSearchParams({ ...fields, form: token }))
    assert.equal(foreign.status, 422)
    const crossSite = await browser.post(account(), new URLSearchParams({ ...fields, form: token }), {
      'sec-fetch-site': 'cross-site',
    })
    assert.equal(crossSite.status, 422)
    assert.equal(crossSite.headers.getSetCookie().length, 0)
  })

  it('is told of in events without names, and not without end', async () => {
    const before = events.length
    for (let index = 0; index < 40; index++) await attempt(`many ${index}`, 'guess')
    const failed = events.slice(before).filter(({ type }) => type === 'account.sign_in_failed')

    assert.ok(failed.length <= 20, `${failed.length}`)
    assert.ok(!JSON.stringify(events).includes('ada') && !JSON.stringify(events).includes('guess'))
  })

  it('cannot frame the page, and nobody keeps or refers to it', async () => {
    for (const path of ['/account', '/account/invitation', '/oauth/interaction/x', '/oauth/authorize?client_id=x']) {
      const { headers } = await new Browser().get(new URL(path, running.url).href)
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /frame-ancestors 'none'/)
      assert.match(policy, /form-action 'self'/)
      assert.match(policy, /default-src 'none'/)
      assert.ok(!policy.includes('unsafe'))
      assert.equal(headers.get('x-frame-options'), 'DENY')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('cache-control'), 'no-store')
    }
  })
})
