import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { authorize, Browser, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, Party } from '../party.ts'

const EVIL = 'https://evil.example/callback'
const BAD = { code_challenge_method: 'plain' }

describe('an authorization that fails', () => {
  let running: RunningIssuer
  before(async () => {
    running = await startIssuer()
  })
  after(() => running.close())

  it('leads nobody on its own to an address that anybody may have registered (AS-57, RFC 9700 §4.11.2)', async () => {
    const party = await givenPublic(running, { redirect_uris: [EVIL] })
    const signedIn = new Browser()
    await authorize((await givenPublic(running)).authorizationUrl(), { browser: signedIn })
    for (const browser of [new Browser(), signedIn]) {
      for (const fields of [
        BAD,
        { prompt: 'none' },
        { response_type: 'token' },
        { resource: 'https://other.example' },
      ]) {
        const answer = await browser.get(party.authorizationUrl({ redirect_uri: EVIL, ...fields }))
        const text = await answer.text()
        assert.equal(answer.status, 400, JSON.stringify(fields))
        assert.equal(answer.headers.get('location'), null)
        assert.match(text, /<strong>evil\.example<\/strong>/)
        assert.match(text, /<a class="button" rel="noreferrer" href="https:\/\/evil\.example\/callback[?#]/)
      }
    }
  })

  it('does not by a form, a script or a fragment either', async () => {
    const party = await givenPublic(running, { redirect_uris: [EVIL] })
    for (const mode of ['form_post', 'fragment', 'web_message', 'jwt']) {
      const answer = await new Browser().get(
        party.authorizationUrl({ redirect_uri: EVIL, response_mode: mode, ...BAD }),
      )
      const text = await answer.text()
      assert.equal(answer.headers.get('location'), null)
      assert.ok(!text.includes('evil.example') && !text.includes('<script'), mode)
    }
    const posted = await new Browser().post(
      party.at('authorize'),
      new URL(party.authorizationUrl({ redirect_uri: EVIL, ...BAD })).searchParams,
    )
    assert.equal(posted.status, 400)
    assert.equal(posted.headers.get('location'), null)
  })

  it('leads nobody there who cancels instead of signing in again', async () => {
    const party = await givenPublic(running, { redirect_uris: [EVIL] })
    const browser = new Browser()
    await authorize((await givenPublic(running)).authorizationUrl(), { browser })
    let at = party.authorizationUrl({ redirect_uri: EVIL, prompt: 'login' })
    let answer = await browser.get(at)
    at = new URL(answer.headers.get('location') ?? '', at).href
    answer = await browser.send({ url: at, text: await (await browser.get(at)).text() }, { do: 'cancel' })
    at = new URL(answer.headers.get('location') ?? '', at).href
    const next = /content="0; url=([^"]+)"/.exec(await (await browser.get(at)).text())?.[1] ?? ''
    answer = await browser.get(new URL(next, at).href)

    assert.equal(answer.headers.get('location'), null)
    assert.match(await answer.text(), /<strong>evil\.example<\/strong>/)
  })

  it('goes back at once to a client that the operator made', async () => {
    const wanted = { name: 'Ours', redirectUris: [EVIL], confidential: false }
    const created = await running.issuer.clients.create(wanted)
    const party = new Party(running, created.kind === 'created' ? created.clientId : '')
    const answer = await new Browser().get(party.authorizationUrl({ redirect_uri: EVIL, ...BAD, state: 's' }))
    const back = new URL(answer.headers.get('location') ?? '')

    assert.equal(back.host, 'evil.example')
    assert.equal(back.searchParams.get('error'), 'invalid_request')
    assert.equal(back.searchParams.get('iss'), running.url)
  })

  it('is a page with the status and the code alone where nothing says who asked (AS-51)', async () => {
    const party = await givenPublic(running)
    const cases: [string, string][] = [
      [party.authorizationUrl({ client_id: 'nobody' }), 'invalid_client'],
      [party.authorizationUrl({ redirect_uri: EVIL }), 'invalid_redirect_uri'],
      [party.authorizationUrl({ redirect_uri: 'javascript:alert(1)' }), 'invalid_redirect_uri'],
    ]
    for (const [url, code] of cases) {
      const answer = await new Browser().get(url)
      const text = await answer.text()
      assert.equal(answer.status, 400)
      assert.match(answer.headers.get('content-type') ?? '', /text\/html/)
      assert.match(text, new RegExp(`<code>${code}</code>`))
      assert.ok(!text.includes('evil') && !text.includes('javascript:') && !/ at .*\.js/.test(text))
    }
  })
})

describe('a person whom a client leads astray', () => {
  it('is told what to do: about clients that are unknown or shut out, places and a page that nobody asked for', async () => {
    const running = await startIssuer()
    const party = await givenPublic(running)
    const blocked = await givenPublic(running)
    await running.issuer.clients.block(blocked.id)
    const cases: [string, RegExp][] = [
      [party.authorizationUrl({ client_id: 'nobody' }), /forget the sign-in/],
      [blocked.authorizationUrl(), /forget the sign-in/],
      [party.authorizationUrl({ redirect_uri: EVIL }), /a place that it has not registered/],
      [party.at('authorize'), /Start in your client/],
    ]
    for (const [url, told] of cases) {
      const answer = await new Browser().get(url)
      const text = await answer.text()
      assert.equal(answer.status, 400, url)
      assert.match(text, told)
      assert.ok(!text.includes('client is invalid'))
    }
    await running.close()
  })
})

describe('what breaks behind a page', () => {
  it('is a page, too, that says nothing of how; programs get JSON', async () => {
    const faults: unknown[] = []
    const running = await startIssuer({ onFault: (error) => faults.push(error) })
    running.stores.accounts.count = () => {
      throw new Error('disk I/O error')
    }
    const answer = await new Browser().get(new URL('/account/setup', running.url).href)
    const text = await answer.text()

    assert.equal(answer.status, 500)
    assert.match(answer.headers.get('content-type') ?? '', /text\/html/)
    assert.match(answer.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.match(text, /server_error/)
    assert.ok(!text.includes('disk'))
    assert.equal(faults.length, 1)
    await running.close()
  })
})

describe('the pages of an issuer on the internet', () => {
  it('bind their cookies to the host, to https and to requests of its own (AS-64)', async () => {
    const running = await startIssuer()
    const { resource } = running
    await running.close()
    // Served behind something that ends TLS: what the browser sees is https.
    const secure = await startIssuer({
      issuer: 'https://gate.example',
      resources: [{ uri: resource, name: 'everything', scopes: ['a'], defaultScopes: ['a'], opens: {} }],
    })
    const origin = new URL(secure.url).origin
    const answer = await fetch(`${origin}/account`)
    const cookies = answer.headers.getSetCookie()

    assert.equal(cookies.length, 1)
    assert.match(cookies[0] ?? '', /^__Host-portcullis-form=[\w-]+; path=\/; httponly; samesite=lax; secure$/)
    const browser = new Browser()
    const text = await (await browser.get(`${origin}/account`)).text()
    const signed = await browser.send(
      { url: `${origin}/account`, text },
      { name: 'ada', password: 'correct horse battery' },
    )
    const names = signed.headers.getSetCookie().map((cookie) => cookie.split('=')[0])
    assert.deepEqual(names.sort(), [
      '__Host-portcullis-device',
      '__Host-portcullis-session',
      '__Host-portcullis-session.sig',
    ])
    for (const cookie of signed.headers.getSetCookie()) {
      assert.match(cookie, /httponly/i)
      assert.match(cookie, /secure/i)
      assert.match(cookie, /samesite=lax/i)
      assert.match(cookie, /path=\//i)
      assert.doesNotMatch(cookie, /domain=/i)
    }
    await secure.close()
  })

  it('sign another person in where one was signed in already', async () => {
    const running = await startIssuer()
    await running.issuer.people.create('bob', 'correct horse battery')
    const party = await givenPublic(running)
    await authorize(party.authorizationUrl(), { browser: party.browser })
    const bob = { name: 'bob', password: 'correct horse battery' }
    const back = await authorize(party.authorizationUrl({ prompt: 'login' }), { browser: party.browser, person: bob })

    assert.equal(typeof back.searchParams.get('code'), 'string', back.href)
    assert.match(await (await party.browser.get(new URL('/account', running.url).href)).text(), /<bdi>bob<\/bdi>/)
    await running.close()
  })

  it('ask who is there again once the account is disabled in the middle', async () => {
    const running = await startIssuer()
    const { people } = running.issuer
    const party = await givenPublic(running)
    await authorize(party.authorizationUrl(), { browser: party.browser })
    const ada = await people.findByName('ada')
    await running.stores.accounts.setDisabled(ada?.id ?? '', 1)
    const answer = await party.browser.get(party.authorizationUrl())
    const page = await party.browser.get(new URL(answer.headers.get('location') ?? '', running.url).href)

    assert.match(await page.text(), /<h1>Sign in/)
    await running.close()
  })
})
