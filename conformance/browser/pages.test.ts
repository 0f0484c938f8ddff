import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { PASSWORD, type RunningIssuer, startIssuer } from '../../packages/issuer/test/given.ts'
import { givenPerson, LOOKS, launch, overflow, type Person, skip } from './chromium.ts'
import { givenLocalClient, type LocalClient } from './client.ts'

/** Screenshots for people to look at; kept where `SCREENSHOTS` names a folder. */
const shots = process.env.SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'pages-'))

const OPENS = { 'mcp:read': ['echo', 'get-*', 'list_*'], 'mcp:write': ['*'] }
const DESCRIBES = { 'mcp:read': 'Look things up', 'mcp:write': 'Change things, and delete them' }

async function signIn({ page }: Person, password = PASSWORD, name = 'ada'): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

describe('a person with a browser', { skip }, () => {
  let browser: Browser
  let running: RunningIssuer
  let client: LocalClient
  before(async () => {
    browser = await launch()
    running = await startIssuer()
    // Its address is known only now.
    const { resource } = running
    await running.close()
    const scopes = ['mcp:read', 'mcp:write']
    const described = { name: 'everything', scopes, defaultScopes: ['mcp:read'], opens: OPENS, describes: DESCRIBES }
    running = await startIssuer({ resources: [{ uri: resource, ...described }] })
    running = { ...running, resource }
    client = await givenLocalClient(running, 'Mail sorter')
  })
  after(async () => {
    await client?.close()
    await running?.close()
    await browser?.close()
  })

  for (const look of LOOKS) {
    const name = `${look.theme}-${look.width}`
    it(`signs in, consents, and ends the access again (${name})`, async () => {
      const person = await givenPerson(browser, look)
      const { page, complaints } = person
      const shoot = async (what: string): Promise<void> => {
        await page.screenshot({ path: join(shots, `${what}-${name}.png`), fullPage: true })
        assert.equal(await overflow(page), 0, `${what} is wider than its window`)
      }

      await page.goto(client.authorizationUrl({ scope: 'mcp:read mcp:write' }))
      await shoot('sign-in')
      await signIn(person, 'not the password')
      await page.getByRole('alert').waitFor()
      await shoot('sign-in-wrong')
      await signIn(person)
      await page.getByRole('button', { name: 'Allow' }).waitFor()
      await shoot('consent')
      await page.getByRole('button', { name: 'Allow' }).click()
      await page.getByRole('heading', { name: 'Back at the client' }).waitFor()
      const tokens = await client.redeem()
      assert.equal((await client.refresh(tokens)).status, 200)

      await page.goto(new URL('/account', running.url).href)
      await shoot('account')
      await page.getByRole('button', { name: 'End the access of Mail sorter' }).first().click()
      await page.getByRole('status').waitFor()
      await shoot('account-ended')
      assert.deepEqual(complaints, [])
      assert.equal((await client.refresh(tokens)).status, 400)
      await person.context.close()
    })
  }

  for (const look of LOOKS) {
    it(`is somebody else for a client, without a script (${look.theme}-${look.width})`, async () => {
      const name = `bob.${look.theme}.${look.width}`
      const bob = await running.issuer.people.create(name, PASSWORD)
      const person = await givenPerson(browser, look, { javaScriptEnabled: false })
      const { page, complaints } = person
      await page.goto(client.authorizationUrl())
      await signIn(person)
      await page.getByText('Signed in as').waitFor()
      const asked = page.url()
      await page.getByRole('button', { name: 'Use another account' }).click()
      await page.getByLabel('Password').waitFor()
      assert.equal(page.url(), asked)
      await signIn(person, PASSWORD, name)
      await page.getByText(name).waitFor()
      await page.screenshot({ path: join(shots, `another-${look.theme}-${look.width}.png`), fullPage: true })
      await page.getByRole('button', { name: 'Allow' }).click()
      await page.getByRole('heading', { name: 'Back at the client' }).waitFor()

      const [, claims = ''] = (await client.redeem()).access_token.split('.')
      assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).sub, bob?.id)
      await page.goto(new URL('/account', running.url).href)
      assert.match(await page.locator('main').innerText(), new RegExp(`Signed in as ${name}`))
      assert.deepEqual(complaints, [])
      await person.context.close()
    })
  }

  it('denies, and the client hears so', async () => {
    const person = await givenPerson(browser)
    await person.page.goto(client.authorizationUrl())
    await signIn(person)
    await person.page.getByRole('button', { name: 'Deny' }).click()
    await person.page.getByRole('heading', { name: 'Back at the client' }).waitFor()

    assert.equal(client.brought().get('error'), 'access_denied')
    assert.equal(client.brought().get('state'), 'there')
    assert.deepEqual(person.complaints, [])
    await person.context.close()
  })

  it('steps up: is asked for what is more, and may leave some of it out', async () => {
    const person = await givenPerson(browser)
    const { page } = person
    await page.goto(client.authorizationUrl())
    await signIn(person)
    await page.getByRole('checkbox').first().waitFor()
    assert.equal(await page.getByRole('checkbox').count(), 1)
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'Back at the client' }).waitFor()

    await client.redeem()
    await page.goto(client.authorizationUrl({ scope: 'mcp:read mcp:write' }))
    await page.screenshot({ path: join(shots, 'consent-more.png'), fullPage: true })
    assert.match(await page.locator('.scope').first().innerText(), /has this already/)
    assert.match(await page.locator('.scope').last().innerText(), /new$/m)
    await page.getByRole('checkbox').first().uncheck()
    await page.getByRole('checkbox').last().uncheck()
    await page.getByRole('button', { name: 'Allow' }).click()
    assert.match(await page.getByRole('alert').innerText(), /at least one/)
    await page.screenshot({ path: join(shots, 'consent-none.png') })
    await page.getByLabel('Change things').check()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByRole('heading', { name: 'Back at the client' }).waitFor()

    assert.equal((await client.redeem()).scope, 'mcp:write')
    assert.deepEqual(person.complaints, [])
    await person.context.close()
  })

  it('gets along with the keyboard alone', async () => {
    const { page, complaints, context } = await givenPerson(browser)
    await page.goto(client.authorizationUrl())
    await page.locator('#name:focus').waitFor()
    await page.keyboard.type('ada')
    await page.keyboard.press('Tab')
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('checkbox').waitFor()
    // Use another account, the box, the link to the account, Allow, Deny.
    for (let step = 0; step < 5; step++) await page.keyboard.press('Tab')
    assert.equal(await page.evaluate('document.activeElement.textContent'), 'Deny')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Back at the client' }).waitFor()

    assert.equal(typeof client.brought().get('code'), 'string')
    assert.deepEqual(complaints, [])
    await context.close()
  })

  it('comes back to a client that sends the browser on to its own site', async () => {
    const onwards = await givenLocalClient(running, 'Elsewhere')
    const sender = await givenLocalClient(running, 'Sends on', onwards.redirectUri.replace('/callback', '/done'))
    const person = await givenPerson(browser)
    await person.page.goto(sender.authorizationUrl())
    await signIn(person)
    await person.page.getByRole('button', { name: 'Allow' }).click()
    await person.page.getByRole('heading', { name: 'Back at the client' }).waitFor()

    assert.equal(new URL(person.page.url()).pathname, '/done')
    assert.deepEqual(person.complaints, [])
    await person.context.close()
    await sender.close()
    await onwards.close()
  })

  it('is asked before a failed request leads to an address that anybody may have registered', async () => {
    const { page, complaints, context } = await givenPerson(browser, { theme: 'dark', width: 390 })
    await page.goto(client.authorizationUrl({ code_challenge_method: 'plain' }))
    await page.screenshot({ path: join(shots, 'leave.png') })
    const link = page.getByRole('link', { name: /Go on to 127\.0\.0\.1/ })
    await link.click()
    await page.getByRole('heading', { name: 'Back at the client' }).waitFor()

    assert.equal(client.brought().get('error'), 'invalid_request')
    await page.goto(client.authorizationUrl({ client_id: 'nobody' }))
    await page.screenshot({ path: join(shots, 'fault.png') })
    assert.match(await page.locator('main').innerText(), /invalid_client/)
    assert.deepEqual(complaints, [])
    await context.close()
  })

  it('changes the password and is signed out elsewhere', async () => {
    const [here, there] = [await givenPerson(browser), await givenPerson(browser)]
    const account = new URL('/account', running.url).href
    for (const person of [here, there]) {
      await person.page.goto(account)
      await signIn(person)
      await person.page.getByRole('heading', { name: 'Your account' }).waitFor()
    }
    const change = async (old: string, wanted: string): Promise<void> => {
      await here.page.getByLabel('Current password').fill(old)
      await here.page.getByLabel('New password').fill(wanted)
      await here.page.getByRole('button', { name: 'Change password' }).click()
      await here.page.getByRole('status').waitFor()
    }
    await change(PASSWORD, 'another long password')
    await change('another long password', PASSWORD)
    await there.page.reload()
    await there.page.getByRole('heading', { name: 'Sign in' }).waitFor()

    assert.deepEqual([...here.complaints, ...there.complaints], [])
    await here.context.close()
    await there.context.close()
  })
})

describe('the first person', { skip }, () => {
  let browser: Browser
  before(async () => {
    browser = await launch()
  })
  after(() => browser?.close())

  for (const look of LOOKS) {
    it(`sets up the first account by a link (${look.theme}-${look.width})`, async () => {
      const running = await startIssuer({ withoutAccounts: true })
      const token = (await running.issuer.people.startSetup()) ?? ''
      const { page, complaints, context } = await givenPerson(browser, look)
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      await page.goto(running.issuer.linkOf('setup', token))

      assert.equal(new URL(page.url()).hash, '')
      assert.equal(await page.getByLabel('Set-up token').inputValue(), token)
      assert.equal(await page.evaluate('document.activeElement.id'), 'name')
      await page.getByLabel('Name').fill('ada')
      await page.getByLabel('New password').fill('short')
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByRole('alert').waitFor()
      await page.screenshot({ path: join(shots, `setup-${look.theme}-${look.width}.png`), fullPage: true })
      assert.equal(await overflow(page), 0)
      await page.getByLabel('New password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Create account' }).click()
      await page.getByRole('heading', { name: 'Your account' }).waitFor()
      await page.screenshot({ path: join(shots, `made-${look.theme}-${look.width}.png`), fullPage: true })
      assert.match(await page.getByRole('status').innerText(), /Your account is made/)
      assert.equal(await overflow(page), 0)

      await page.goto(running.issuer.linkOf('setup', token))
      assert.match(await page.locator('main').innerText(), /an account already/)
      assert.ok(asked.every((url) => !url.replace(/#.*/, '').includes(token)))
      assert.deepEqual(complaints, [])
      await context.close()
      await running.close()
    })
  }

  it('does so without scripts, by pasting the token', async () => {
    const running = await startIssuer({ withoutAccounts: true })
    const link = running.issuer.linkOf('setup', (await running.issuer.people.startSetup()) ?? '')
    const { page, context } = await givenPerson(browser, {}, { javaScriptEnabled: false })
    await page.goto(link.replace(/#.*/, ''))
    await page.getByLabel('Set-up token').fill(link)
    await page.getByLabel('Name').fill('ada')
    await page.getByLabel('New password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()

    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    await context.close()
    await running.close()
  })

  it('has the token of the last link that was opened in the tab, after a reload, too', async () => {
    const running = await startIssuer({ withoutAccounts: true })
    const { people, linkOf } = running.issuer
    const [first, second] = [(await people.startSetup()) ?? '', (await people.startSetup()) ?? '']
    const { page, complaints, context } = await givenPerson(browser)
    const token = page.getByLabel('Set-up token')
    await page.goto(linkOf('setup', first))
    await page.getByLabel('Name').fill('ada')
    await page.goto(linkOf('setup', second))
    assert.equal(await token.inputValue(), second)
    assert.equal(await page.getByLabel('Name').inputValue(), 'ada')
    assert.equal(new URL(page.url()).hash, '')
    await page.reload()
    assert.equal(await token.inputValue(), second)

    assert.deepEqual(complaints, [])
    await context.close()
    await running.close()
  })
})

describe('a person with an invitation', { skip }, () => {
  let browser: Browser
  let running: RunningIssuer
  before(async () => {
    browser = await launch()
    running = await startIssuer()
  })
  after(async () => {
    await running?.close()
    await browser?.close()
  })

  async function givenInvited(name: string): Promise<{ readonly id: string; readonly link: string }> {
    const { people, linkOf } = running.issuer
    const id = (await people.create(name, undefined))?.id ?? ''
    return { id, link: linkOf('invitation', (await people.invite(id)) ?? '') }
  }

  for (const look of LOOKS) {
    it(`sees whose account it is and chooses a password (${look.theme}-${look.width})`, async () => {
      const { link } = await givenInvited(`bob-${look.theme}-${look.width}`)
      const { page, complaints, context } = await givenPerson(browser, look)
      await page.goto(link)
      await page.getByText(`bob-${look.theme}-${look.width}`).waitFor()
      await page.locator('#password:focus').waitFor()
      await page.screenshot({ path: join(shots, `invitation-${look.theme}-${look.width}.png`), fullPage: true })
      assert.equal(await overflow(page), 0)
      await page.getByLabel('New password').fill(PASSWORD)
      await page.getByRole('button', { name: 'Save password' }).click()
      await page.getByRole('heading', { name: 'Your account' }).waitFor()

      assert.deepEqual(complaints, [])
      await context.close()
    })
  }

  it('sees the other account when a second link is opened in the tab, and nothing typed for the first is used', async () => {
    const [carol, dave] = [await givenInvited('carol'), await givenInvited('dave')]
    const { page, complaints, context } = await givenPerson(browser)
    await page.goto(carol.link)
    await page.getByText('carol').waitFor()
    await page.getByLabel('New password').fill(PASSWORD)
    await page.goto(dave.link)
    await page.getByText('dave').waitFor()
    assert.equal(await page.getByLabel('New password').inputValue(), '')
    assert.equal(new URL(page.url()).hash, '')

    for (const { id } of [carol, dave]) {
      assert.equal((await running.issuer.people.store.find(id))?.password, undefined)
    }
    assert.deepEqual(complaints, [])
    await context.close()
  })

  it('does so without scripts, by pasting the link', async () => {
    const { link } = await givenInvited('erin')
    const { page, context } = await givenPerson(browser, {}, { javaScriptEnabled: false })
    await page.goto(link.replace(/#.*/, ''))
    await page.screenshot({ path: join(shots, 'invitation-token.png'), fullPage: true })
    await page.getByLabel('Token').fill(link)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('erin').waitFor()
    await page.getByLabel('New password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Save password' }).click()
    await page.getByRole('heading', { name: 'Your account' }).waitFor()
    await context.close()
  })
})
