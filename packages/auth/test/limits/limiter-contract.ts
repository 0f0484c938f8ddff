import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Limiter, Take, Taken } from '../../src/limits/index.ts'

/** Seconds since the epoch. */
export const NOON = 1_800_000_000

/** Ten a minute, unless said otherwise. */
export function of(key: string, facts: Partial<Take> = {}): Take {
  return { key, owner: key, rule: 'default', cost: 1, limit: 10, windowSeconds: 60, ...facts }
}

/** How often one could be taken at that time. */
export async function room(limiter: Limiter, take: Take, now: number): Promise<number> {
  let count = 0
  while ((await one(limiter, take, now)).allowed) count++
  return count
}

export async function one(limiter: Limiter, take: Take, now: number): Promise<Taken> {
  const [taken] = await limiter.take([take], now)
  assert.ok(taken !== undefined)
  return taken
}

/** What every limiter promises; none keeps a private copy. */
export function limiterContract(name: string, open: () => Limiter | Promise<Limiter>): void {
  it(`${name}: lets in a whole limit at once, and then says when there is room again`, async () => {
    const limiter = await open()

    assert.deepEqual(await one(limiter, of('ada'), NOON), {
      allowed: true,
      limit: 10,
      remaining: 9,
      resetSeconds: 6,
      retryAfterSeconds: 0,
    })
    assert.equal(await room(limiter, of('ada'), NOON), 9)
    assert.deepEqual(await one(limiter, of('ada'), NOON), {
      allowed: false,
      limit: 10,
      remaining: 0,
      resetSeconds: 60,
      retryAfterSeconds: 6,
    })
  })

  it(`${name}: gives back evenly, to the second that it said and not before`, async () => {
    const limiter = await open()
    await room(limiter, of('ada'), NOON)

    assert.equal((await one(limiter, of('ada'), NOON + 5.9)).allowed, false)
    assert.equal(await room(limiter, of('ada'), NOON + 6), 1)
    assert.equal(await room(limiter, of('ada'), NOON + 36), 5)
    assert.equal(await room(limiter, of('ada'), NOON + 10_000), 10, 'and never more than the limit')
  })

  it(`${name}: holds the limit in the long run, however requests come`, async () => {
    const limiter = await open()
    let allowed = 0
    for (let tenth = 0; tenth < 6000; tenth++) {
      if ((await one(limiter, of('ada'), NOON + tenth / 10)).allowed) allowed++
    }

    assert.equal(allowed, 10 + 99)
  })

  it(`${name}: counts keys apart, and rules`, async () => {
    const limiter = await open()
    await room(limiter, of('ada'), NOON)

    assert.equal(await room(limiter, of('bob'), NOON), 10)
    assert.equal(await room(limiter, of('ada', { rule: 'other' }), NOON), 10)
    assert.equal(await room(limiter, of('ada'), NOON), 0)
  })

  it(`${name}: takes what a request costs, and lets in cheaper ones while a dear one has to wait`, async () => {
    const limiter = await open()
    const dear = of('ada', { cost: 4 })
    assert.equal(await room(limiter, dear, NOON), 2)

    assert.deepEqual(await one(limiter, dear, NOON), {
      allowed: false,
      limit: 10,
      remaining: 2,
      resetSeconds: 48,
      retryAfterSeconds: 12,
    })
    assert.equal(await room(limiter, of('ada'), NOON), 2)
  })

  it(`${name}: takes from all or from none`, async () => {
    const limiter = await open()
    const tight = of('ada', { rule: 'tight', limit: 2 })

    const answers = []
    for (let time = 0; time < 5; time++) answers.push(await limiter.take([of('ada'), tight], NOON))

    assert.deepEqual(
      answers.map((taken) => taken.map(({ allowed }) => allowed)),
      [
        [true, true],
        [true, true],
        [true, false],
        [true, false],
        [true, false],
      ],
    )
    assert.equal(answers[4]?.[0]?.remaining, 8, 'what was refused has cost nothing elsewhere')
    assert.equal(await room(limiter, of('ada'), NOON), 8)
  })

  it(`${name}: asks for takes of one key together`, async () => {
    const limiter = await open()
    const four = of('ada', { cost: 4 })

    assert.ok((await limiter.take([four, four], NOON)).every(({ allowed, remaining }) => allowed && remaining === 2))
    assert.ok((await limiter.take([of('ada'), of('ada', { cost: 2 })], NOON)).every(({ allowed }) => !allowed))
    assert.equal(await room(limiter, of('ada'), NOON), 2)
  })

  it(`${name}: of many at once, no more are let in than there is room for`, async () => {
    const limiter = await open()

    const answers = await Promise.all(Array.from({ length: 40 }, async () => limiter.take([of('ada')], NOON)))

    assert.equal(answers.filter(([taken]) => taken?.allowed).length, 10)
  })

  it(`${name}: gives nothing back to a clock that goes back, and goes on from there`, async () => {
    const limiter = await open()
    await room(limiter, of('ada'), NOON)

    assert.equal(await room(limiter, of('ada'), NOON - 3600), 0)
    assert.equal(await room(limiter, of('ada'), NOON - 3600 + 6), 1)
  })

  it(`${name}: counts large limits to the unit`, async () => {
    const limiter = await open()
    const large = of('ada', { limit: 1_000_000_000, cost: 333_333_333, windowSeconds: 31_536_000 })
    for (let time = 0; time < 3; time++) assert.ok((await one(limiter, large, NOON)).allowed)

    assert.equal((await one(limiter, { ...large, cost: 2 }, NOON)).allowed, false)
    assert.equal((await one(limiter, { ...large, cost: 1 }, NOON)).remaining, 0)
  })
}
