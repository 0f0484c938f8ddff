import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'

const DAY = 86_400

async function givenNew() {
  const clock = { now: Math.floor(Date.now() / 1000) }
  const running = await startIssuer({ withoutAccounts: true, now: () => clock.now })
  return { running, clock, people: running.issuer.people }
}

async function send(running: RunningIssuer, kind: string, fields: Record<string, string>, browser = new Browser()) {
  const url = new URL(`/account/${kind}`, running.url).href
  const text = await (await browser.get(url)).text()
  return browser.send({ url, text }, { name: 'ada', password: PASSWORD, do: 'save', ...fields })
}

describe('the first account', () => {
  it('is made with the token, once; the link holds it where no request does', async () => {
    const { running, people } = await givenNew()
    const token = (await people.startSetup()) ?? ''
    assert.equal(Buffer.from(token, 'base64url').length, 32)
    assert.equal(running.issuer.linkOf('setup', token), `${running.url}/account/setup#${token}`)

    const browser = new Browser()
    const answer = await send(running, 'setup', { token }, browser)
    assert.equal(answer.headers.get('location'), '/account?done=made')
    const text = await (await browser.get(`${running.url}/account?done=made`)).text()
    assert.match(text, /Your account is made/)
    assert.ok(text.replaceAll('<wbr>', '').includes(`<code>${running.resource}</code>`), 'what to connect to')
    assert.equal((await people.list())[0]?.isAdmin, true)
    assert.equal((await send(running, 'setup', { token, name: 'eve' })).status, 410)
    assert.equal(await people.startSetup(), undefined)
    await running.close()
  })

  it('is made by one of many who send the token at the same time', async () => {
    const { running, people } = await givenNew()
    const token = (await people.startSetup()) ?? ''
    const names = ['a', 'b', 'c', 'd']
    const answers = await Promise.all(names.map((name) => send(running, 'setup', { token, name })))

    assert.equal(answers.filter(({ status }) => status === 303).length, 1)
    assert.equal((await people.list()).length, 1)
    await running.close()
  })

  it('is not made with a wrong token, one of an hour ago, one that was replaced, or one in the address', async () => {
    const { running, people, clock } = await givenNew()
    const old = (await people.startSetup()) ?? ''
    const token = (await people.startSetup()) ?? ''
    assert.equal((await send(running, 'setup', { token: old })).status, 422)
    assert.equal((await send(running, 'setup', { token: '' })).status, 422)
    assert.equal((await send(running, 'setup', { token: 'x'.repeat(43) })).status, 422)
    const inAddress = await new Browser().get(`${running.url}/account/setup?token=${token}`)
    assert.ok(!(await inAddress.text()).includes(token))
    clock.now += 3600
    assert.equal((await send(running, 'setup', { token })).status, 422)
    assert.equal((await people.list()).length, 0)
    await running.close()
  })

  it('makes the token void when it comes about in another way', async () => {
    const { running, people } = await givenNew()
    const token = (await people.startSetup()) ?? ''
    await people.create('ada', PASSWORD)

    assert.equal((await send(running, 'setup', { token, name: 'eve' })).status, 410)
    assert.equal(await people.createFirst(token, 'eve', PASSWORD, 'test'), undefined)
    await running.close()
  })

  it('tells the rules only to who has the token, and keeps it for another try', async () => {
    const { running, people } = await givenNew()
    const token = (await people.startSetup()) ?? ''
    assert.match(await (await send(running, 'setup', { token: 'wrong', password: 'short' })).text(), /not valid/)
    assert.match(await (await send(running, 'setup', { token, password: 'short' })).text(), /too short/)
    assert.match(await (await send(running, 'setup', { token, name: 'a b' })).text(), /may hold/)

    assert.equal((await send(running, 'setup', { token })).status, 303)
    await running.close()
  })
})

describe('an invitation, or a way back in', () => {
  it('lets a person choose a password once, ends her other sessions and signs her in', async () => {
    const { running, people } = await givenNew()
    const bob = await people.create('bob', undefined)
    const token = (await people.invite(bob?.id ?? '')) ?? ''
    const [first, second] = [new Browser(), new Browser()]
    assert.equal((await send(running, 'invitation', { token }, first)).status, 303)
    assert.equal((await send(running, 'invitation', { token })).status, 422)

    const reset = (await people.reset(bob?.id ?? '')) ?? ''
    const link = running.issuer.linkOf('reset', reset)
    assert.equal((await send(running, 'invitation', { token: link, password: 'something else' }, second)).status, 303)
    assert.match(await (await first.get(`${running.url}/account`)).text(), /<h1>Sign in/)
    assert.match(await (await second.get(`${running.url}/account`)).text(), /Your account/)
    await running.close()
  })

  it('says whose account it is to who has the token, before anything is chosen', async () => {
    const { running, people } = await givenNew()
    const id = (await people.create('bob', undefined))?.id ?? ''
    const token = (await people.invite(id)) ?? ''
    const unseen = await send(running, 'invitation', { token, do: '' })
    assert.equal(unseen.status, 200)
    assert.match(await unseen.text(), /For the account <strong><bdi>bob<\/bdi>/)
    const short = await send(running, 'invitation', { token, password: 'short' })
    assert.match(await short.text(), /bob[\s\S]*too short/)
    const wrong = await send(running, 'invitation', { token: 'x'.repeat(43), do: '' })
    assert.equal(wrong.status, 422)
    assert.ok(!(await wrong.text()).includes('bob'))

    assert.equal((await people.store.find(id))?.password, undefined)
    const answer = await send(running, 'invitation', { token })
    assert.equal(answer.headers.get('location'), '/account?done=chosen')
    await running.close()
  })

  it('ends: an invitation after a week, a reset after an hour, both with the account', async () => {
    const { running, people, clock } = await givenNew()
    const id = (await people.create('bob', undefined))?.id ?? ''
    const reset = (await people.reset(id)) ?? ''
    clock.now += 3600
    assert.equal(await people.findLink(reset), undefined)
    const invitation = (await people.invite(id)) ?? ''
    clock.now += 3600
    assert.equal(await people.findLink(invitation), 'invitation')
    clock.now += 7 * DAY
    assert.equal(await people.findLink(invitation), undefined)
    const last = (await people.invite(id)) ?? ''
    await people.disable(id)
    await people.enable(id)
    assert.equal(await people.findLink(last), undefined)
    await running.close()
  })

  it('makes no first account, and a set-up token chooses no password', async () => {
    const { running, people } = await givenNew()
    const setup = (await people.startSetup()) ?? ''
    assert.equal((await send(running, 'invitation', { token: setup })).status, 422)
    await running.close()
  })
})
