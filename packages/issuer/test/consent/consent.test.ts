import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { IssuerEvent } from '../../src/events.ts'
import { authorize, Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, Party } from '../party.ts'

const WEB = 'https://app.example/callback'
const BOTH = 'mcp:read mcp:write'

/** Follows redirects and pages that lead on, until somebody is asked or the browser leaves. */
async function walk(browser: Browser, url: string): Promise<{ readonly url: string; readonly text: string }> {
  let next = url
  for (let step = 0; step < 8; step++) {
    const response = await browser.get(next)
    const text = await response.text()
    const onwards = response.headers.get('location') ?? /content="0; url=([^"]+)"/.exec(text)?.[1]
    if (onwards === undefined) return { url: next, text }
    const target = new URL(onwards, next)
    if (target.origin !== new URL(url).origin) return { url: target.href, text: '' }
    next = target.href
  }
  throw new Error('it leads round in circles')
}

const isAsked = ({ text }: { readonly text: string }): boolean => text.includes('value="allow"')

describe('a person who is asked for consent', () => {
  let running: RunningIssuer
  const events: IssuerEvent[] = []
  before(async () => {
    running = await startIssuer({ onEvent: (event) => events.push(event) })
  })
  after(() => running.close())

  async function givenCreated(redirectUri = WEB): Promise<Party> {
    const wanted = { name: 'Our own', redirectUris: [redirectUri], confidential: false }
    const created = await running.issuer.clients.create(wanted)
    if (created.kind !== 'created') throw new Error(JSON.stringify(created))
    return new Party(running, created.clientId)
  }
  const fields = (redirectUri: string, more = {}) => ({ redirect_uri: redirectUri, scope: BOTH, ...more })
  /** As far as the question for consent. */
  async function asked(party: Party, browser: Browser, more = {}) {
    const url = party.authorizationUrl(more)
    const page = await walk(browser, url)
    if (!page.text.includes('name="password"')) return page
    const answer = await browser.send(page, { name: 'ada', password: PASSWORD, do: 'sign-in' })
    return walk(browser, new URL(answer.headers.get('location') ?? '', page.url).href)
  }

  it('sees the client, where it goes on, the server and who she is; a name cannot forge any of it', async () => {
    const name = '<b>Bank</b>\u202E gnp.\u0007exe'
    const party = await givenPublic(running, { client_name: name })
    const { text } = await asked(party, new Browser())

    assert.match(text, /&#60;b&#62;Bank&#60;\/b&#62; gnp.exe/)
    assert.ok(!text.includes('\u202E') && !text.includes('<b>'))
    assert.match(text, /<strong>127\.0\.0\.1:9<\/strong>/)
    assert.match(text, /runs on your own computer/)
    assert.ok(text.replaceAll('<wbr>', '').includes(running.resource))
    assert.match(text, /<a href="\/account"/)
    assert.match(text, /<dt>Signed in as<\/dt><dd class="beside"><bdi>ada<\/bdi>/)
  })

  it('sees what a client has already and what is new; another person sees nothing of that', async () => {
    const party = await givenPublic(running)
    const first = await asked(party, new Browser())
    assert.ok(!/class="tag/.test(first.text), 'it has nothing yet')
    await party.tokens({ scope: 'mcp:read' })
    const more = await asked(party, party.browser)
    assert.match(
      more.text,
      /Read its resources and prompts <code class="raw">mcp:read<\/code> <span class="tag">has this/,
    )
    assert.match(more.text, /Use all of its tools <code class="raw">mcp:write<\/code> <span class="tag new">new/)
    assert.equal(more.text.match(/ checked/g)?.length, 2)
    const again = await asked(party, party.browser, { scope: 'mcp:read' })
    assert.match(again.text, /all of this already/)

    await running.issuer.people.create('carol', PASSWORD)
    const other = new Browser()
    const page = await walk(other, party.authorizationUrl())
    const answer = await other.send(page, { name: 'carol', password: PASSWORD, do: 'sign-in' })
    const hers = await walk(other, new URL(answer.headers.get('location') ?? '', page.url).href)
    assert.ok(isAsked(hers) && !/class="tag/.test(hers.text))
  })

  it('leaves a scope out, and the tokens are without it', async () => {
    const party = await givenPublic(running)
    const verifier = 'v'.repeat(43)
    const page = await asked(party, party.browser, { code_challenge: challengeOf(verifier) })
    const none = await party.browser.send(page, { scope: [], do: 'allow' })
    assert.equal(none.status, 422)
    assert.match(await none.text(), /at least one/)

    const answer = await party.browser.send(page, { scope: ['mcp:read', 'admin', 'openid'], do: 'allow' })
    const back = await walk(party.browser, new URL(answer.headers.get('location') ?? '', page.url).href)
    const code = new URL(back.url).searchParams.get('code') ?? ''
    const tokens = await party.redeem({ code, verifier })
    assert.equal(tokens.body.scope, 'mcp:read', JSON.stringify(tokens.body))
    const refreshed = await party.refresh(String(tokens.body.refresh_token))
    assert.equal(refreshed.body.scope, 'mcp:read')
  })

  it('is asked each time by who registered itself, wherever it goes on, and by programs on her computer', async () => {
    const cases: [Party, Record<string, string>][] = [
      [await givenPublic(running), {}],
      [await givenPublic(running, { redirect_uris: [WEB] }), fields(WEB)],
      [await givenPublic(running, { redirect_uris: [WEB], application_type: 'web' }), fields(WEB)],
      [await givenCreated('http://127.0.0.1:9/callback'), fields('http://127.0.0.1:9/callback')],
    ]
    for (const [party, more] of cases) {
      await authorize(party.authorizationUrl(more), { browser: party.browser })
      assert.ok(isAsked(await asked(party, party.browser, more)), party.id)
    }
  })

  it('is not asked again by a client that the operator made, for what she allowed; each time it is another grant', async () => {
    const party = await givenCreated()
    const first = await authorize(party.authorizationUrl(fields(WEB)), { browser: party.browser })
    const again = await asked(party, party.browser, fields(WEB))
    const less = await asked(party, party.browser, fields(WEB, { scope: 'mcp:read' }))

    for (const url of [first.href, again.url, less.url]) assert.ok(new URL(url).searchParams.has('code'), url)
    const grants = events.filter(({ type, clientId }) => type === 'grant.created' && clientId === party.id)
    assert.equal(new Set(grants.map(({ grantId }) => grantId)).size, 3)
    assert.deepEqual(grants.at(-1)?.detail, { scope: 'mcp:read' })
  })

  it('is asked again for more, when the client wants it, and after some time without a password', async () => {
    const party = await givenCreated()
    await authorize(party.authorizationUrl(fields(WEB, { scope: 'mcp:read' })), { browser: party.browser })

    assert.ok(isAsked(await asked(party, party.browser, fields(WEB))))
    assert.ok(isAsked(await asked(party, party.browser, fields(WEB, { scope: 'mcp:read', prompt: 'consent' }))))
  })

  it('is asked again by a client whose access she has ended', async () => {
    const party = await givenCreated()
    await authorize(party.authorizationUrl(fields(WEB)), { browser: party.browser })
    const url = new URL('/account', running.url).href
    const text = await (await party.browser.get(url)).text()
    const token = /name="form" value="([^"]+)"/.exec(text)?.[1] ?? ''
    await party.browser.post(url, new URLSearchParams({ form: token, do: 'end-all' }))

    assert.ok(isAsked(await asked(party, party.browser, fields(WEB))))
  })

  it('is asked again when the operator has ended the access, or the client has given it back', async () => {
    const party = await givenCreated()
    await authorize(party.authorizationUrl(fields(WEB)), { browser: party.browser })
    const created = events.findLast(({ type, clientId }) => type === 'grant.created' && clientId === party.id)
    await running.issuer.grants.revoke(created?.grantId ?? '', { actor: 'command' })

    assert.ok(isAsked(await asked(party, party.browser, fields(WEB))))
  })

  it('cannot be made to consent by another site, another browser, or a form that was sent before', async () => {
    const party = await givenPublic(running)
    const browser = new Browser()
    const page = await asked(party, browser)
    const token = /name="form" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const yes = new URLSearchParams({ form: token, scope: 'mcp:read', do: 'allow' })

    const tokenless = await browser.post(page.url, new URLSearchParams({ scope: 'mcp:read', do: 'allow' }))
    assert.equal(tokenless.status, 422)
    const crossSite = await browser.post(page.url, yes, { 'sec-fetch-site': 'cross-site' })
    assert.equal(crossSite.headers.get('location'), null)
    const stranger = new Browser()
    await authorize((await givenPublic(running)).authorizationUrl(), { browser: stranger })
    assert.equal((await stranger.post(page.url, yes)).status, 400)

    const answer = await browser.post(page.url, yes)
    assert.equal(answer.status, 303)
    await walk(browser, new URL(answer.headers.get('location') ?? '', page.url).href)
    assert.equal((await browser.post(page.url, yes)).status, 400)
  })

  it('who denies is told of, and nothing was granted', async () => {
    const party = await givenPublic(running)
    const back = await authorize(party.authorizationUrl(), { answer: 'deny' })

    assert.equal(back.searchParams.get('error'), 'access_denied')
    assert.equal(back.searchParams.get('iss'), running.url)
    assert.deepEqual(
      events.filter(({ clientId }) => clientId === party.id).map(({ type }) => type),
      ['client.registered', 'consent.denied'],
    )
  })

  it('who cancels before signing in is shown where it leads, and not led there', async () => {
    const party = await givenPublic(running)
    const browser = new Browser()
    const page = await walk(browser, party.authorizationUrl())
    const answer = await browser.send(page, { do: 'cancel' })
    const left = await walk(browser, new URL(answer.headers.get('location') ?? '', page.url).href)

    assert.match(left.text, /Go on to 127\.0\.0\.1:9/)
  })
})

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}
