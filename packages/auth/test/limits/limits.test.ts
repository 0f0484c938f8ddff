import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limitReply } from '../../src/guard/index.ts'
import { type Limiter, type LimitRule, limits, memoryLimiter } from '../../src/limits/index.ts'
import { NOON } from './limiter-contract.ts'

const DEFAULT: LimitRule = { name: 'default', per: 'principal', limit: 5, windowSeconds: 60 }
const DEAR: LimitRule = { name: 'dear', per: 'tool', tools: ['drop_*', 'wipe'], limit: 2, windowSeconds: 600 }
const ALL: LimitRule = { name: 'all', per: 'server', limit: 8, windowSeconds: 1 }

function given(...rules: readonly LimitRule[]) {
  const held = limits(rules)
  return async (principal: string, tools: string | readonly string[] = [], now = NOON, server = 'files') =>
    held.take({ principal, server, tools: [tools].flat() }, now)
}

/** How often somebody may. */
async function times(ask: () => Promise<{ readonly allowed: boolean }>): Promise<number> {
  let count = 0
  while ((await ask()).allowed && count < 1000) count++
  return count
}

describe('a limit', () => {
  it('of each caller counts callers and servers apart, and calls with all else', async () => {
    const take = given(DEFAULT)

    assert.equal(await times(() => take('ada')), 5)
    assert.equal((await take('ada', 'read')).allowed, false)
    assert.equal(await times(() => take('bob', 'read')), 5)
    assert.equal(await times(() => take('ada', 'read', NOON, 'mail')), 5)
  })

  it('of each caller and tool counts tools apart, and nothing else', async () => {
    const take = given(DEAR)

    assert.equal(await times(() => take('ada', 'drop_table')), 2)
    assert.equal(await times(() => take('ada', 'wipe')), 2)
    assert.equal(await times(() => take('bob', 'wipe')), 2)
    assert.equal(await times(() => take('ada', 'read')), 1000)
    assert.equal(await times(() => take('ada')), 1000)
  })

  it('of some tools together counts them together', async () => {
    const take = given({ ...DEAR, per: 'principal' })

    assert.equal(await times(() => take('ada', 'drop_table')), 2)
    assert.equal(await times(() => take('ada', 'wipe')), 0)
  })

  it('of a server counts all of its callers', async () => {
    const take = given(ALL)

    assert.equal(await times(() => take('ada')), 8)
    assert.equal(await times(() => take('bob')), 0)
    assert.equal(await times(() => take('bob', [], NOON, 'mail')), 8)
  })

  it('counts each call of a batch, and lets in the whole of it or nothing', async () => {
    const take = given(DEFAULT)

    assert.equal((await take('ada', ['a', 'b', 'c'])).allowed, true)
    assert.equal((await take('ada', ['a', 'b', 'c'])).allowed, false)
    assert.equal((await take('ada', ['a', 'b'])).allowed, true)
  })

  it('counts no caller’s tools with another’s, whatever their names', async () => {
    const take = given({ ...DEAR, tools: ['*'] })

    assert.equal(await times(() => take('a b', 'c')), 2)
    assert.equal(await times(() => take('a', 'b c')), 2)
    assert.equal(await times(() => take('a 1 b', 'c')), 2)
    assert.equal(await times(() => take('a', `${'x'.repeat(129)}1`)), 2)
    assert.equal(await times(() => take('a', `${'x'.repeat(129)}2`)), 0, 'names that are no names share a count')
  })

  it('that is the most restrictive governs, and what it refuses costs nothing elsewhere', async () => {
    const take = given(DEFAULT, DEAR)

    assert.equal(await times(() => take('ada', 'wipe')), 2)
    for (let time = 0; time < 20; time++) assert.deepEqual((await take('ada', 'wipe')).exceeded, ['dear'])
    assert.equal(await times(() => take('ada', 'read')), 3)
    assert.deepEqual((await take('ada', 'wipe')).exceeded, ['default', 'dear'])
  })

  it('waits for a limiter that answers later, and fails with it', async () => {
    const near = memoryLimiter()
    const far: Limiter = { take: async (takes, now) => near.take(takes, now) }
    const silent: Limiter = { take: () => Promise.reject(new Error('gone')) }
    const request = { principal: 'ada', server: 'files', tools: [] }

    assert.equal(await times(async () => limits([DEFAULT], far).take(request, NOON)), 5)
    await assert.rejects(async () => limits([DEFAULT], silent).take(request, NOON), /gone/)
  })

  it('fails where a limiter gives what is no answer: nobody is let in by that', async () => {
    const request = { principal: 'ada', server: 'files', tools: [] }
    const full = { allowed: true, limit: 1, remaining: 1, resetSeconds: 1, retryAfterSeconds: 0 }
    assert.equal((await limits([DEFAULT], { take: () => [full] }).take(request, NOON)).allowed, true)
    for (const answer of [
      [],
      [{}],
      [{ allowed: 0 }],
      [{ allowed: 'false' }],
      undefined,
      true,
      [null],
      new Array(1),
      [{ allowed: true }],
      [{ ...full, remaining: '1\r\nx: y' }],
      [{ ...full, resetSeconds: Number.NaN }],
    ]) {
      const odd = { take: () => answer } as unknown as Limiter
      await assert.rejects(async () => limits([DEFAULT], odd).take(request, NOON), /a limiter must answer/)
    }
  })

  it('keeps to the rules as they were: nobody changes them from outside', async () => {
    const given = [{ ...DEFAULT }]
    const held = limits(given)
    assert.throws(() => Object.assign(held.rules[0] as LimitRule, { limit: 100 }), TypeError)
    assert.throws(() => (held.rules as LimitRule[]).pop(), TypeError)
    Object.assign(given[0] as LimitRule, { limit: 100 })
    const request = { principal: 'ada', server: 'files', tools: [] }

    assert.equal(await times(async () => held.take(request, NOON)), 5)
  })

  const mistakes: Readonly<Record<string, Partial<LimitRule>>> = {
    'no name': { name: '' },
    'a name that would break out of a field': { name: 'a";q=1' },
    'a name that is too long': { name: 'n'.repeat(65) },
    'nobody to count': { per: 'everyone' as never },
    'no tool': { tools: [] },
    'a limit of none': { limit: 0 },
    'half a limit': { limit: 2.5 },
    'a limit beyond counting': { limit: 1_000_000_001 },
    'no window': { windowSeconds: 0 },
    'a window of more than a year': { windowSeconds: 31_536_001 },
    'a cost that nothing meets': { cost: 6 },
    'no cost': { cost: 0 },
  }
  for (const [mistake, facts] of Object.entries(mistakes)) {
    it(`with ${mistake} is a mistake of the start`, () => {
      assert.throws(() => limits([ALL, { ...DEFAULT, ...facts }]), {
        name: 'TypeError',
        message: /^limits: rule 2: "/,
      })
    })
  }

  it('with the name of another is a mistake of the start', () => {
    assert.throws(() => limits([DEFAULT, { ...ALL, name: 'default' }]), TypeError)
  })
})

describe('a caller', () => {
  it('is told of each rule that counted, and how it stands', async () => {
    const take = given(DEFAULT, DEAR, ALL)

    assert.deepEqual((await take('ada')).headers, [
      ...['ratelimit-policy', '"default";q=5;w=60, "all";q=8;w=1'],
      ...['ratelimit', '"default";r=4;t=48, "all";r=7;t=1'],
    ])
    assert.deepEqual((await take('ada', ['wipe', 'drop_table', 'wipe'])).headers, [
      ...['ratelimit-policy', '"default";q=5;w=60, "dear";q=2;w=600, "all";q=8;w=1'],
      ...['ratelimit', '"default";r=1;t=12, "dear";r=0;t=300, "all";r=4;t=1'],
    ])
  })

  it('is told of no rule where none counted', async () => {
    assert.deepEqual(await given(DEAR)('ada', 'read'), {
      allowed: true,
      exceeded: [],
      retryAfterSeconds: 0,
      headers: [],
    })
  })

  it('who keeps to what it is told is never refused', async () => {
    const take = given(DEFAULT)
    let now = NOON
    for (let round = 0; round < 50; round++) {
      const { headers, allowed } = await take('ada', [], now)
      assert.ok(allowed)
      const [, r = 0, t = 0] = /r=(\d+);t=(\d+)/.exec(headers[3] ?? '')?.map(Number) ?? []
      now += r === 0 ? t : round % 3 === 0 ? t / r : 0
    }
  })

  it('who is refused learns which rule it was, and when to come again: not before the window that is shown ends', async () => {
    const take = given({ ...DEFAULT, limit: 1000, windowSeconds: 86_400 }, DEAR)
    await take('ada', ['wipe', 'wipe'])

    const verdict = await take('ada', 'wipe')
    assert.deepEqual(verdict, {
      allowed: false,
      exceeded: ['dear'],
      retryAfterSeconds: 300,
      headers: ['ratelimit-policy', '"dear";q=2;w=600', 'ratelimit', '"dear";r=0;t=300', 'retry-after', '300'],
    })
    assert.equal((await take('ada', 'wipe', NOON + 299)).allowed, false)
    assert.equal((await take('ada', 'wipe', NOON + 300)).allowed, true)
  })

  it('gets a 429 that programs can read, as JSON-RPC where its id is known', async () => {
    const take = given({ ...DEFAULT, limit: 1 })
    await take('ada')
    const verdict = await take('ada')

    const plain = limitReply(verdict)
    assert.equal(plain.status, 429)
    assert.equal(JSON.parse(plain.body).error, 'rate_limited')
    const rpc = limitReply(verdict, '"7"')
    assert.equal(rpc.status, 429)
    assert.deepEqual(JSON.parse(rpc.body), {
      jsonrpc: '2.0',
      id: '7',
      error: {
        code: 429,
        message: 'Too many requests: come again after the time in Retry-After.',
        data: { error: 'rate_limited', retryAfterSeconds: 60, limits: ['default'] },
      },
    })
    for (const { headers } of [plain, rpc]) {
      assert.equal(headers[headers.indexOf('retry-after') + 1], '60')
      assert.equal(headers[headers.indexOf('ratelimit') + 1], '"default";r=0;t=60')
    }
  })
})
