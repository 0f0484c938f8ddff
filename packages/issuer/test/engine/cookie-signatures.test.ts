import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { CookieSignatures } from '../../src/engine/cookie-signatures.ts'
import { Browser, PASSWORD, startIssuer } from '../given.ts'
import { go, send, who } from '../interaction/steps.ts'

describe('the signature of a cookie', () => {
  const signatures = new CookieSignatures(randomBytes(32))
  const data = 'portcullis-session=abc'
  const good = signatures.sign(data)

  it('is known again, and stands in a cookie as it is', () => {
    assert.equal(signatures.index(data, good), 0)
    assert.equal(signatures.verify(data, good), true)
    assert.match(good, /^[\w-]{43}$/)
  })

  const others: Record<string, readonly [data: string, signature: string]> = {
    'of another cookie': ['portcullis-session=abd', good],
    'of another name': ['portcullis-resume=abc', good],
    'by another key': [data, new CookieSignatures(randomBytes(32)).sign(data)],
    'that is cut': [data, good.slice(0, -1)],
    'that goes on': [data, `${good}A`],
    'that is padded': [data, `${good}=`],
    'that is empty': [data, ''],
    'of as many other letters': [data, 'é'.repeat(43)],
    'of as many bytes': [data, `${'é'.repeat(21)}A`],
    // The last letter of 43 stands for four bits: a lenient reader would take its neighbours for it.
    'that means the same': [data, good.slice(0, -1) + String.fromCharCode(good.charCodeAt(42) + 1)],
  }
  for (const [what, [of, signature]] of Object.entries(others)) {
    it(`is not one ${what}`, () => assert.equal(signatures.index(of, signature), -1))
  }
})

it('a session whose cookie somebody made or changed is nobody', async () => {
  const running = await startIssuer()
  const browser = new Browser()
  const account = new URL('/account', running.url).href
  await send(browser, await go(browser, account), { name: 'ada', password: PASSWORD, do: 'sign-in' })
  const [session, signature] = ['portcullis-session', 'portcullis-session.sig'].map((name) => browser.cookies.get(name))
  assert.ok(session && signature)
  const seenWith = (value: string, sig: string | undefined) => {
    const other = new Browser()
    other.cookies.set('portcullis-session', { ...session, value })
    if (sig !== undefined) other.cookies.set('portcullis-session.sig', { ...signature, value: sig })
    return who(other, running.url)
  }

  assert.equal(await seenWith(session.value, signature.value), 'ada')
  assert.equal(await seenWith(session.value, undefined), undefined)
  assert.equal(await seenWith(session.value, new CookieSignatures(randomBytes(32)).sign('x')), undefined)
  assert.equal(await seenWith(`${session.value}x`, signature.value), undefined)
  await running.close()
})
