import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { authorize, Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic, type Party } from '../party.ts'
import { go, plant, send, who } from './steps.ts'

const ADA = { name: 'ada', password: PASSWORD, do: 'sign-in' }
const INTERACTION = /^portcullis-(interaction|resume)/
const SESSION = /^portcullis-session/

describe('somebody who puts cookies into another person’s browser', () => {
  let running: RunningIssuer
  let party: Party
  before(async () => {
    running = await startIssuer()
    await running.issuer.people.create('mallory', PASSWORD)
    party = await givenPublic(running)
  })
  after(() => running.close())

  const resumeOf = (interaction: string) => interaction.replace('/interaction/', '/authorize/')

  it('cannot go on with the sign-in that the person gave to it', async () => {
    const mallory = new Browser()
    const ada = new Browser()
    const asked = await go(mallory, party.authorizationUrl())
    plant(mallory, ada, INTERACTION)
    const next = await send(ada, await go(ada, asked.url), ADA)

    const stolen = await go(mallory, resumeOf(asked.url))
    assert.equal(stolen.status, 400)
    assert.match(stolen.text, /<h1>Start again/)
    assert.equal(await who(mallory, running.url), undefined)
    // Nor by what she knows of how the cookie is made.
    const [name = ''] = [...ada.cookies.keys()].filter((key) => key.startsWith('portcullis-answer-'))
    assert.match(name, /^portcullis-answer-[\w-]{43}$/)
    mallory.cookies.set(name, { value: 'x'.repeat(43), path: '/' })
    assert.equal((await go(mallory, resumeOf(asked.url))).status, 400)
    assert.match((await go(ada, next)).text, /name="scope"/)
    assert.equal(await who(ada, running.url), 'ada')
  })

  it('cannot do it under the address of an answer of her own', async () => {
    const mallory = new Browser()
    const ada = new Browser()
    const asked = await go(mallory, party.authorizationUrl())
    plant(mallory, ada, INTERACTION)
    await send(ada, await go(ada, asked.url), ADA)
    const own = new Browser()
    const other = await go(own, party.authorizationUrl())
    await send(own, other, { name: 'mallory', password: PASSWORD, do: 'sign-in' })
    for (const [key, cookie] of mallory.cookies) {
      if (key.startsWith('portcullis-resume')) own.cookies.set(key, { ...cookie, path: '/' })
    }

    await go(own, resumeOf(other.url))
    assert.notEqual(await who(own, running.url), 'ada')
  })

  it('cannot give the person the cookie beforehand: each answer makes another one', async () => {
    const mallory = new Browser()
    const ada = new Browser()
    const asked = await go(mallory, party.authorizationUrl())
    const name = `portcullis-answer-${new URL(asked.url).pathname.split('/').at(-1)}`
    for (const browser of [mallory, ada]) browser.cookies.set(name, { value: 'known', path: '/' })
    plant(mallory, ada, INTERACTION)
    await send(ada, await go(ada, asked.url), ADA)

    assert.notEqual(ada.cookies.get(name)?.value, 'known')
    assert.equal((await go(mallory, resumeOf(asked.url))).status, 400)
  })

  it('cannot go on with a consent either, nor before anything was answered', async () => {
    const ada = new Browser()
    const signedIn = await send(ada, await go(ada, party.authorizationUrl()), ADA)
    const asked = await go(ada, signedIn)
    assert.equal((await go(ada, resumeOf(asked.url))).status, 400)
    const thief = new Browser()
    plant(ada, thief, /./)
    await send(ada, asked, { do: 'allow' })

    assert.equal((await go(thief, resumeOf(asked.url))).status, 400)
  })

  it('gets nothing of the session that she put there: who signs in over it has another one', async () => {
    const mallory = new Browser()
    const person = { name: 'mallory', password: PASSWORD }
    await authorize(party.authorizationUrl(), { browser: mallory, person })
    const ada = new Browser()
    plant(mallory, ada, SESSION)
    const next = await send(ada, await go(ada, party.authorizationUrl({ prompt: 'login' })), ADA)

    assert.equal(await who(mallory, running.url), undefined)
    assert.match((await go(ada, next)).text, /name="scope"/)
    assert.equal(await who(ada, running.url), 'ada')
    assert.equal(await who(mallory, running.url), undefined)
  })
})

describe('an answer', () => {
  it('is tied to its browser over https by a cookie that no other host can set, and that goes when it has gone on', async () => {
    const running = await startIssuer({ issuer: 'https://gate.example' })
    const browser = new Browser()
    const asked = await go(browser, (await givenPublic(running)).authorizationUrl())
    const answer = await browser.send(asked, ADA)
    const [cookie = ''] = answer.headers.getSetCookie().filter((each) => each.includes('answer'))

    assert.match(
      cookie,
      /^__Host-portcullis-answer-[\w-]{43}=[\w-]{43}; path=\/; httponly; samesite=lax; secure; max-age=600$/,
    )
    const resumed = await browser.get(asked.url.replace('/interaction/', '/authorize/'))
    assert.equal(resumed.status, 303)
    assert.ok(![...browser.cookies.keys()].some((name) => name.includes('answer')))
    await running.close()
  })

  it('is final: another one goes on with the first, and makes no grant', async () => {
    const running = await startIssuer()
    const party = await givenPublic(running)
    const browser = new Browser()
    const asked = await go(browser, await send(browser, await go(browser, party.authorizationUrl()), ADA))
    const first = await send(browser, asked, { do: 'allow', scope: 'mcp:read' })
    for (let time = 0; time < 3; time++) {
      assert.equal(await send(browser, asked, { do: 'allow', scope: ['mcp:read', 'mcp:write'] }), first)
    }
    assert.equal(await send(browser, asked, { do: 'deny' }), first)

    const back = new URL((await go(browser, first)).url)
    assert.equal(typeof back.searchParams.get('code'), 'string', back.href)
    const grants = await Array.fromAsync(running.issuer.grants.list({}))
    assert.deepEqual(
      grants.map(({ resources }) => resources.map(({ scopes }) => scopes)),
      [[['mcp:read']]],
    )
    await running.close()
  })
})
