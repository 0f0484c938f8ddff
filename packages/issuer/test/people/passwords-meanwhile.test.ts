import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Browser, PASSWORD, type RunningIssuer, startIssuer } from '../given.ts'
import { who } from '../interaction/steps.ts'
import { justBefore } from '../outbound/slow-documents.ts'

let running: RunningIssuer
beforeEach(async () => {
  running = await startIssuer()
})
afterEach(() => running.close())

const OPERATORS = 'the operators password'

async function ada() {
  const account = await running.issuer.people.findByName('ada')
  assert.ok(account)
  return account
}

/** As another process does it: nobody here hears of it before it is done. */
const operatorSets = async () => running.issuer.people.setPassword((await ada()).id, OPERATORS, 'operator')

describe('a password that the operator sets meanwhile', () => {
  it('is not undone by a change that knows the old one', async () => {
    const { people } = running.issuer
    const recognized = await ada()
    justBefore(running.stores.accounts, 'changePassword', undefined, operatorSets)

    assert.equal(await people.changePassword(recognized, 'the thiefs password', 'thief', 'x'), false)

    assert.equal(await people.recognize('ada', 'the thiefs password', 'x'), undefined)
    assert.ok(await people.recognize('ada', OPERATORS, 'x'))
  })

  it('is not undone by a link that was taken before', async () => {
    const { people } = running.issuer
    const token = String(await people.reset((await ada()).id))
    justBefore(running.stores.accounts, 'changePassword', undefined, operatorSets)

    assert.equal(await people.acceptLink(token, 'the finders password', 'finder'), undefined)

    assert.ok(await people.recognize('ada', OPERATORS, 'x'))
  })

  it('leaves nobody signed in who has just taken a link', async () => {
    const token = String(await running.issuer.people.reset((await ada()).id))
    const browser = new Browser()
    const url = new URL('/account/invitation', running.url).href
    const looked = await browser.send({ url, text: await (await browser.get(url)).text() }, { token })
    justBefore(running.stores.artifacts, 'putOfAccount', 'Session', operatorSets)

    const fields = { token, password: 'the finders password', do: 'save' }
    const saved = await browser.send({ url, text: await looked.text() }, fields)

    assert.notEqual(saved.status, 303)
    assert.equal(await who(browser, running.url), undefined)
  })

  it('is what it says where nobody else sets one: a change is a change', async () => {
    const { people } = running.issuer
    assert.equal(await people.changePassword(await ada(), OPERATORS, 'ada', 'x'), true)
    assert.equal(await people.recognize('ada', PASSWORD, 'x'), undefined)
    assert.ok(await people.recognize('ada', OPERATORS, 'x'))
  })
})
