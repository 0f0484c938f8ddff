import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { BusyError, faultOfName, faultOfPassword, type People } from '../../src/people/index.ts'
import { SignIns } from '../../src/signin/index.ts'
import { cookieKind, type Visit } from '../../src/web/index.ts'
import { keysOf } from './kept.ts'

/** U+FDFA is one character that NFKC makes 18 of. */
const LONG = '\ufdfa'.repeat(7000)

const visitFrom = (peer: string): Visit => ({
  ...{ method: 'POST', path: '/account', query: new URLSearchParams(), search: '', headers: {} },
  ...{ form: new URLSearchParams(), body: Buffer.alloc(0), peer },
})

/** Checks nothing: what matters is what is remembered of those who try. */
function givenSignIns(recognize: () => Promise<undefined>) {
  const asked: string[] = []
  const people = {
    recognize: (name: string) => {
      asked.push(name)
      return recognize()
    },
    findByName: async () => undefined,
  }
  const signIns = new SignIns({
    people: people as unknown as People,
    key: randomBytes(32),
    deviceCookie: cookieKind('device', false),
    now: () => 1_000_000,
    onEvent: () => {},
  })
  return { signIns, asked }
}

describe('what is typed where a name belongs', () => {
  it('is not kept, however long it is and from however many networks it comes', async () => {
    const { signIns, asked } = givenSignIns(async () => undefined)
    for (let index = 0; index < 500; index++) {
      await signIns.attempt(visitFrom(`2001:db8:${index.toString(16)}::1`), `${index}${LONG}`, 'guess')
      await signIns.attempt(visitFrom(`10.${index >> 8}.${index & 255}.1`), `name${index}`, 'guess')
    }
    const keys = keysOf(signIns)

    assert.ok(keys.length > 1000)
    assert.ok(
      keys.every((key) => /^[\w-]{43}$/.test(key)),
      keys.find((key) => key.length !== 43)?.slice(0, 60),
    )
    // All that can be nobody's name count as one.
    assert.ok(asked.every((name) => name === '' || /^name\d+$/.test(name)))
  })

  it('leaves nothing behind where nothing was checked', async () => {
    const { signIns } = givenSignIns(async () => {
      throw new BusyError()
    })
    for (let index = 0; index < 100; index++) {
      const attempt = await signIns.attempt(visitFrom(`2001:db8:${index}::1`), `name${index}`, 'guess')
      assert.equal(attempt.kind, 'busy')
    }
    assert.deepEqual(keysOf(signIns), [])
  })

  it('leaves nothing behind but the failure of the store either', async () => {
    const { signIns } = givenSignIns(async () => {
      throw new Error('disk I/O error')
    })
    await assert.rejects(signIns.attempt(visitFrom('10.0.0.1'), 'ada', 'guess'), /disk/)
    assert.deepEqual(keysOf(signIns), [])
  })

  it('is measured before anything is made of it', () => {
    const begun = performance.now()
    assert.equal(faultOfName('\ufdfa'.repeat(1_000_000)), 'too_long')
    assert.equal(faultOfPassword('\ufdfa'.repeat(1_000_000)), 'too_long')
    assert.ok(performance.now() - begun < 20)
    // 100 Hangul syllables, each typed as three letters.
    assert.equal(faultOfName('각'.normalize('NFD').repeat(100)), undefined)
  })
})
