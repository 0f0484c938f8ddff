import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { IssuerEvent } from '../../src/events.ts'
import { Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { claimsOf, givenPublic, Party, REDIRECT } from '../party.ts'
import { givenTabs, go, plant, type Step, send, who } from './steps.ts'

const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const WEB = 'https://app.example/callback'
/** Who goes on first, and who after them in the other tab. */
const ORDERS = [
  ['ada', 'bob'],
  ['bob', 'ada'],
] as const

describe('two people who sign in in two tabs of one browser', () => {
  let running: RunningIssuer
  let party: Party
  let events: IssuerEvent[]
  let ids: Map<string, string>
  beforeEach(async () => {
    events = []
    running = await startIssuer({ onEvent: (event) => events.push(event) })
    const { people } = running.issuer
    const bob = await people.create('bob', PASSWORD)
    ids = new Map([
      ['ada', (await people.findByName('ada'))?.id ?? ''],
      ['bob', bob?.id ?? ''],
    ])
    party = await givenPublic(running)
  })
  afterEach(() => running.close())

  /** Two tabs that both ask who is there: nobody has signed in yet. */
  const givenBoth = async (by = party, redirectUri = REDIRECT) => {
    const [one, two] = givenTabs()
    const url = by.authorizationUrl({ redirect_uri: redirectUri }, CHALLENGE)
    return { one, two, url, first: await go(one, url), second: await go(two, url) }
  }
  /** Sends name and password. @returns where to go on, which is not done yet. */
  const answer = (tab: Browser, step: Step, name: string) =>
    send(tab, step, { name, password: PASSWORD, do: 'sign-in' })
  const signIn = async (tab: Browser, step: Step, name: string) => go(tab, await answer(tab, step, name))
  const allow = async (tab: Browser, step: Step) => go(tab, await send(tab, step, { do: 'allow' }))
  /** Whose code it is that the browser takes to the client. */
  const codeOf = async ({ url }: Step, by = party, redirectUri = REDIRECT) => {
    const code = new URL(url).searchParams.get('code') ?? assert.fail(url)
    const { body } = await by.redeem({ code, verifier: VERIFIER }, { redirect_uri: redirectUri })
    const { sub } = claimsOf(String(body.access_token))
    return [...ids].find(([, id]) => id === sub)?.[0]
  }
  const isConsentOf = (name: string, { text }: Step) =>
    text.includes(`<dt>Signed in as</dt><dd class="beside"><bdi>${name}</bdi>`) && text.includes('value="allow"')
  const startsAgain = ({ status, text }: Step) => status === 400 && text.includes('<h1>Start again')
  const grantsOf = async (name: string) =>
    (await Array.fromAsync(running.issuer.grants.list({ accountId: ids.get(name) ?? '' }))).length
  const signedOut = () => events.filter(({ type }) => type === 'account.signed_out').map(({ accountId }) => accountId)

  /** Requests under way together have all read before one of them writes. @returns what ends that. */
  const delayReading = () => {
    const { artifacts } = running.stores
    const find = artifacts.find
    artifacts.find = async (...args) => setTimeout(50, await find.apply(artifacts, args))
    return () => {
      artifacts.find = find
    }
  }

  for (const [former, latter] of ORDERS) {
    it(`are asked each for themselves; what ${former} has not answered ends when ${latter} goes on`, async () => {
      const { one, two, first, second } = await givenBoth()
      const before = await signIn(one, first, former)
      assert.ok(isConsentOf(former, before))

      const after = await signIn(two, second, latter)
      assert.ok(isConsentOf(latter, after), after.text)
      assert.equal(await who(one, running.url), latter)
      assert.deepEqual(signedOut(), [ids.get(former)])
      assert.equal((await one.send(before, { do: 'allow' })).status, 400)
      assert.ok(startsAgain(await go(one, before.url)))

      assert.equal(await codeOf(await allow(two, after)), latter)
      assert.deepEqual([await grantsOf(former), await grantsOf(latter)], [0, 1])
    })

    it(`may both have sent their passwords, in either order, before ${former} goes on and then ${latter}`, async () => {
      for (const isFormerFirst of [true, false]) {
        const { one, two, first, second } = await givenBoth()
        const early = isFormerFirst ? await answer(one, first, former) : undefined
        const later = await answer(two, second, latter)
        const before = await go(one, early ?? (await answer(one, first, former)))
        const after = await go(two, later)

        assert.ok(isConsentOf(former, before) && isConsentOf(latter, after), after.text)
        assert.ok(startsAgain(await go(one, before.url)))
        assert.equal(await codeOf(await allow(two, after)), latter)
        assert.equal(await grantsOf(former), 0)
      }
    })

    it(`get no code for what ${former} has allowed and not gone on with when ${latter} does`, async () => {
      const { one, two, first, second } = await givenBoth()
      const next = await send(one, await signIn(one, first, former), { do: 'allow' })
      const after = await signIn(two, second, latter)

      const left = await go(one, next)
      assert.ok(isConsentOf(latter, after) && startsAgain(left), left.text)
      assert.equal(await who(one, running.url), latter)
      assert.equal(await codeOf(await allow(two, after)), latter)
    })

    it(`keep what they have: ${former}, who is through, has a code, and ${latter} gets another one`, async () => {
      const { one, two, first, second } = await givenBoth()
      const back = await allow(one, await signIn(one, first, former))
      const after = await signIn(two, second, latter)

      assert.ok(isConsentOf(latter, after) && !after.text.includes('class="tag"'), after.text)
      assert.deepEqual([await codeOf(back), await codeOf(await allow(two, after))], [former, latter])
    })

    it(`go on without being asked where that is remembered of ${former}, and ${latter} is asked`, async () => {
      const wanted = { name: 'Ours', redirectUris: [WEB], confidential: false }
      const created = await running.issuer.clients.create(wanted)
      const ours = new Party(running, created.kind === 'created' ? created.clientId : '')
      const elsewhere = await givenBoth(ours, WEB)
      await allow(elsewhere.one, await signIn(elsewhere.one, elsewhere.first, former))
      const asBefore = await givenBoth(ours, WEB)
      const theOtherWay = await givenBoth(ours, WEB)

      assert.equal(await codeOf(await signIn(asBefore.one, asBefore.first, former), ours, WEB), former)
      assert.ok(isConsentOf(latter, await signIn(asBefore.two, asBefore.second, latter)))
      const asked = await signIn(theOtherWay.one, theOtherWay.first, latter)
      assert.equal(await codeOf(await signIn(theOtherWay.two, theOtherWay.second, former), ours, WEB), former)
      assert.ok(isConsentOf(latter, asked) && startsAgain(await go(theOtherWay.one, asked.url)))
      assert.equal(await grantsOf(latter), 0)
    })
  }

  it('may go on at once: each ends with a code of their own or is told to start again, and one has a code', async () => {
    // With the cookie of a session that has ended, the engine keeps one of nobody, which both tabs then have.
    for (const hadSession of [false, true]) {
      const { one, two, url } = await givenBoth()
      if (hadSession) {
        await signIn(one, await go(one, url), 'ada')
        await running.issuer.people.endSessions(ids.get('ada') ?? '')
      }
      const [first, second] = [await go(one, url), await go(two, url)]
      const ways = [
        { name: 'ada', tab: one, next: await answer(one, first, 'ada') },
        { name: 'bob', tab: two, next: await answer(two, second, 'bob') },
      ]
      const restore = delayReading()
      const asked = await Promise.all(ways.map(async (way) => ({ ...way, step: await go(way.tab, way.next) })))
      restore()

      const codes: string[] = []
      for (const { name, tab, step } of asked) {
        assert.ok(isConsentOf(name, step) || startsAgain(step), step.text)
        const end = isConsentOf(name, step) ? await allow(tab, step) : step
        if (startsAgain(end)) continue
        assert.equal(await codeOf(end), name)
        codes.push(name)
      }
      assert.equal(codes.length, 1)
      assert.equal(await who(one, running.url), codes[0])
    }
  })

  it('are not mixed up when another request writes the session of the first one again, which has just ended', async () => {
    const { artifacts } = running.stores
    const { one, two, first, second } = await givenBoth()
    const before = await signIn(one, first, 'ada')
    const next = await answer(two, second, 'bob')
    const remove = artifacts.remove
    artifacts.remove = async (model, idHash) => {
      const kept = await artifacts.find(model, idHash, 0)
      const isRemoved = await remove.call(artifacts, model, idHash)
      if (model === 'Session' && kept !== undefined) await artifacts.put(kept)
      return isRemoved
    }
    const after = await go(two, next)

    assert.ok(isConsentOf('bob', after), after.text)
    assert.ok(startsAgain(await allow(one, before)))
    assert.equal(await codeOf(await allow(two, after)), 'bob')
  })

  it('are no two people when it is one: both tabs go on', async () => {
    const { one, two, first, second } = await givenBoth()
    const before = await signIn(one, first, 'ada')
    const after = await signIn(two, second, 'ada')

    assert.deepEqual([await codeOf(await allow(one, before)), await codeOf(await allow(two, after))], ['ada', 'ada'])
    assert.deepEqual(signedOut(), [])
  })

  it('may be one who signed in on the account page', async () => {
    const { one, two, first } = await givenBoth()
    const account = new URL('/account', running.url).href
    await signIn(two, await go(two, account), 'bob')
    const asked = await signIn(one, first, 'ada')

    assert.ok(isConsentOf('ada', asked), asked.text)
    assert.equal(await who(two, running.url), 'ada')
    assert.equal(await codeOf(await allow(one, asked)), 'ada')
  })

  it('are left alone by who cancels in the other tab, mistypes, or goes on with what this browser has not answered', async () => {
    const { one, two, first, second } = await givenBoth()
    const asked = await signIn(one, first, 'ada')
    assert.equal((await two.send(second, { name: 'bob', password: 'not the password', do: 'sign-in' })).status, 422)
    assert.equal(await who(one, running.url), 'ada')
    const next = await answer(two, second, 'bob')
    two.cookies.delete(`portcullis-answer-${new URL(second.url).pathname.split('/').at(-1)}`)
    assert.ok(startsAgain(await go(two, next)))
    assert.equal(await who(one, running.url), 'ada')

    const third = await go(two, party.authorizationUrl({ prompt: 'login' }, CHALLENGE))
    assert.match((await go(two, await send(two, third, { do: 'cancel' }))).text, /<h1>Go back to the client/)
    assert.equal(await codeOf(await allow(one, asked)), 'ada')
    assert.deepEqual(signedOut(), [])
  })

  it('go on with what was looked at, whatever a host beside the issuer has planted', async () => {
    // Given bob's question, which he has answered, and another one that he leads ada to
    const [evil, other, ada] = [new Browser(), new Browser(), new Browser()]
    const url = party.authorizationUrl({}, CHALLENGE)
    await answer(evil, await go(evil, url), 'bob')
    const asked = await go(other, url)
    const { path } = other.cookies.get('portcullis-resume') ?? assert.fail()
    // and in ada's browser his resume cookies first, under names that are none of ours until somebody trims them
    for (const mark of ['\u00a0', '\t']) {
      for (const name of ['portcullis-resume', 'portcullis-resume.sig']) {
        ada.cookies.set(`${mark}${name}`, { value: evil.cookies.get(name)?.value ?? '', path })
      }
    }
    plant(other, ada, /interaction|resume/)

    const next = await answer(ada, asked, 'ada')
    const step = await go(ada, next)

    assert.ok(isConsentOf('ada', step), step.text)
    assert.equal(await who(ada, running.url), 'ada')
  })

  it('need not be two: who signs in first, with no session to end, has nothing removed', async () => {
    const { one, first } = await givenBoth()
    const { artifacts } = running.stores
    const removed: string[] = []
    const remove = artifacts.remove
    artifacts.remove = (model, idHash) => {
      removed.push(model)
      return remove.call(artifacts, model, idHash)
    }
    assert.ok(isConsentOf('ada', await signIn(one, first, 'ada')))
    assert.equal(removed.includes('Session'), false)
    // And it would be seen: who signs in after her ends hers.
    await signIn(one, await go(one, party.authorizationUrl({ prompt: 'login' }, CHALLENGE)), 'bob')
    assert.equal(removed.includes('Session'), true)
  })

  it('come back by GET alone: no other method ends what the browser had', async () => {
    const { one, two, first, second } = await givenBoth()
    const asked = await signIn(one, first, 'ada')
    const next = await answer(two, second, 'bob')
    const back = await go(two, next, (url) => new URL(url).pathname.startsWith('/oauth/authorize/'))

    assert.equal((await two.post(back.url, new URLSearchParams())).status, 405)

    assert.equal(await who(one, running.url), 'ada')
    assert.deepEqual(signedOut(), [])
    assert.equal(await codeOf(await allow(one, asked)), 'ada')
  })
})
