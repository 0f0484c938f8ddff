import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { givenPublic } from '../party.ts'
import { go, send, who } from './steps.ts'

const ADA = { name: 'ada', password: PASSWORD, do: 'sign-in' }
const OTHER = 'another horse battery'

/** A browser that has sent the form and not gone on, and one that is signed in. */
async function givenParked() {
  const running = await startIssuer()
  const party = await givenPublic(running)
  const parked = new Browser()
  const next = await send(parked, await go(parked, party.authorizationUrl()), ADA)
  const own = new Browser()
  const account = new URL('/account', running.url).href
  await send(own, await go(own, account), ADA)
  const ada = await running.issuer.people.findByName('ada')
  return { running, parked, next, own, account, id: ada?.id ?? '' }
}

async function isNobody(running: RunningIssuer, parked: Browser, next: string): Promise<void> {
  const step = await go(parked, next)
  assert.match(step.text, /<h1>Start again/)
  assert.equal(await who(parked, running.url), undefined)
  await running.close()
}

describe('a sign-in that was begun and waits', () => {
  it('goes on otherwise', async () => {
    const { running, parked, next } = await givenParked()
    await go(parked, next)
    assert.equal(await who(parked, running.url), 'ada')
    await running.close()
  })

  it('ends when the person changes the password', async () => {
    const { running, parked, next, own, account } = await givenParked()
    await send(own, await go(own, account), { do: 'change-password', old: PASSWORD, password: OTHER })

    assert.equal(await who(own, running.url), 'ada')
    await isNobody(running, parked, next)
  })

  it('ends when the password is reset', async () => {
    const { running, parked, next, id } = await givenParked()
    const { people } = running.issuer
    assert.ok(await people.acceptLink((await people.reset(id)) ?? '', OTHER, 'test'))

    await isNobody(running, parked, next)
  })

  it('ends when the person signs other browsers out', async () => {
    const { running, parked, next, own, account } = await givenParked()
    await send(own, await go(own, account), { do: 'sign-out-others' })

    assert.equal(await who(own, running.url), 'ada')
    await isNobody(running, parked, next)
  })

  it('ends when the account is disabled, and stays ended when it is enabled again', async () => {
    const { running, parked, next, id } = await givenParked()
    await running.issuer.people.disable(id)
    await running.issuer.people.enable(id)

    await isNobody(running, parked, next)
  })

  it('stays in a browser that stays signed in', async () => {
    const { running, own, account } = await givenParked()
    const party = await givenPublic(running)
    const asked = await go(own, party.authorizationUrl())
    await send(own, await go(own, account), { do: 'sign-out-others' })

    assert.match((await go(own, asked.url)).text, /name="scope"/)
    await running.close()
  })

  it('cannot change the password once it was reset', async () => {
    const { running, own, account, id } = await givenParked()
    const { people } = running.issuer
    const noteSignIn = running.stores.accounts.noteSignIn
    running.stores.accounts.noteSignIn = async (...args) => {
      await noteSignIn.apply(running.stores.accounts, args)
      await people.acceptLink((await people.reset(id)) ?? '', OTHER, 'test')
    }
    await own.send(await go(own, account), {
      do: 'change-password',
      old: PASSWORD,
      password: 'the password of a thief',
    })

    assert.equal(await people.recognize('ada', 'the password of a thief', 'test'), undefined)
    assert.equal((await people.recognize('ada', OTHER, 'test'))?.id, id)
    await running.close()
  })

  it('ends when the password changes while it is checked', async () => {
    for (const path of ['/account', undefined]) {
      const running = await startIssuer()
      const { people } = running.issuer
      const id = (await people.findByName('ada'))?.id ?? ''
      const party = await givenPublic(running)
      const browser = new Browser()
      const asked = await go(browser, path === undefined ? party.authorizationUrl() : new URL(path, running.url).href)
      const noteSignIn = running.stores.accounts.noteSignIn
      // After the password was found right, and before anything stands on that.
      running.stores.accounts.noteSignIn = async (...args) => {
        await noteSignIn.apply(running.stores.accounts, args)
        await people.setPassword(id, OTHER, 'test')
      }
      const response = await browser.send(asked, ADA)
      const location = response.headers.get('location')
      if (location !== null) await go(browser, new URL(location, asked.url).href)
      assert.equal(await who(browser, running.url), undefined, path)
      await running.close()
    }
  })
})
