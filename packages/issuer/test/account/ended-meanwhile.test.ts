import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Browser } from '../given.ts'
import { go, send } from '../interaction/steps.ts'
import { ADA, act, givenSlowDocuments, isLed, justBefore, type SlowDocuments, WEB } from '../outbound/slow-documents.ts'
import { Party } from '../party.ts'

let given: SlowDocuments
let browser: Browser
let party: Party
beforeEach(async () => {
  given = await givenSlowDocuments()
  browser = await given.signedIn()
  const made = await given.running.issuer.clients.create({
    name: 'A program',
    redirectUris: [WEB],
    confidential: false,
  })
  assert.equal(made.kind, 'created')
  party = new Party(given.running, 'clientId' in made ? made.clientId : '')
})
afterEach(() => given.close())

const endAll = () => act(browser, given.account, { do: 'end-all' })
const verifier = randomBytes(32).toString('base64url')
const asked = () =>
  party.authorizationUrl({ redirect_uri: WEB }, createHash('sha256').update(verifier).digest('base64url'))
const allow = async () => send(browser, await go(browser, asked()), { do: 'allow' })

async function redeemed(url: string): Promise<number> {
  const code = new URL(url).searchParams.get('code')
  assert.ok(code, url)
  return (await party.redeem({ code, verifier }, { redirect_uri: WEB })).status
}

describe('whoever ends all access', () => {
  it('ends what a remembered consent is just bringing', async () => {
    await go(browser, await allow(), isLed)
    justBefore(given.running.stores.artifacts, 'put', 'Grant', endAll)

    const { url } = await go(browser, asked(), isLed)

    assert.equal(url.includes('code='), false)
    assert.deepEqual(await given.running.stores.artifacts.list({ model: 'Grant' }, 0), [])
  })

  it('is asked again, though they said yes at that very moment', async () => {
    justBefore(given.running.stores.artifacts, 'put', 'Consent', endAll)
    await allow()

    assert.equal(isLed((await go(browser, asked(), isLed)).url), false)
  })

  it('ends a consent of some time ago whose code nobody has come for yet', async () => {
    const { url } = await go(browser, await allow(), (at) => at.includes('asked=consent'))
    given.pass(1200)
    const step = await go(browser, url, isLed)
    await endAll()

    assert.notEqual(await redeemed(step.url), 200)
  })

  it('ends nothing that comes after', async () => {
    await endAll()
    assert.equal(await redeemed((await go(browser, await allow(), isLed)).url), 200)
  })
})

describe('two answers to one question', () => {
  it('are no fault of the server: the first counts', async () => {
    const stranger = new Browser()
    const page = await go(stranger, given.client().authorizationUrl())
    // A password takes its time.
    const slow = stranger.send(page, ADA)
    await go(stranger, await send(stranger, page, { do: 'cancel' }), isLed)

    assert.equal((await slow).status < 500, true)
    assert.deepEqual(given.faults, [])
  })
})

it('a fault of the store behind a page is told to the operator', async () => {
  const fault = new Error('the disk is full')
  justBefore(given.running.stores.artifacts, 'putUnclaimed', 'Interaction', () => Promise.reject(fault))

  const response = await new Browser().get(asked())

  assert.equal(response.status, 500)
  assert.deepEqual(given.faults, [fault])
  assert.equal((await response.text()).includes('disk'), false)
})
