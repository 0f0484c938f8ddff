import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryLimiter } from '../../src/limits/index.ts'
import { limiterContract, NOON, of, one, room } from './limiter-contract.ts'

limiterContract('memory', () => memoryLimiter())
limiterContract('memory, with room for few', () => memoryLimiter({ keys: 3, keysOfOwner: 2 }))

/** Bytes, of what is still reachable. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

it('who uses many keys does not get a spent one back', async () => {
  const limiter = memoryLimiter({ keys: 100, keysOfOwner: 10 })
  const mine = (key: string) => of(key, { owner: 'mallory' })
  await room(limiter, mine('delete'), NOON)

  for (let tool = 0; tool < 1000; tool++) await limiter.take([mine(`tool ${tool}`)], NOON)

  assert.equal(await room(limiter, mine('delete'), NOON), 0)
})

it('nor by the keys of others, when there are too many of all', async () => {
  const limiter = memoryLimiter({ keys: 100, keysOfOwner: 10 })
  await room(limiter, of('delete', { owner: 'mallory' }), NOON)

  for (let other = 0; other < 1000; other++) await limiter.take([of(`key ${other}`)], NOON)

  assert.equal(await room(limiter, of('delete', { owner: 'mallory' }), NOON), 0)
})

it('further keys of an owner with too many share one count, and nobody else’s', async () => {
  const limiter = memoryLimiter({ keys: 100, keysOfOwner: 10 })
  const mine = (key: string) => of(key, { owner: 'mallory' })
  for (let tool = 0; tool < 10; tool++) await limiter.take([mine(`tool ${tool}`)], NOON)

  assert.equal(await room(limiter, mine('one more'), NOON), 10)
  assert.equal(await room(limiter, mine('and another'), NOON), 0)
  assert.equal(await room(limiter, of('ada'), NOON), 10)
})

it('a key that comes out of a shared count goes on from it', async () => {
  const limiter = memoryLimiter({ keys: 100, keysOfOwner: 2 })
  const mine = (key: string, limit = 10) => of(key, { owner: 'mallory', limit })
  // Given two keys, of which one is free again a little later, and a shared count that is spent
  await limiter.take([mine('soon free', 60)], NOON)
  await limiter.take([mine('kept', 10)], NOON)
  assert.equal(await room(limiter, mine('delete'), NOON), 10)

  // When its key can have a count of its own
  assert.ok((await one(limiter, mine('delete'), NOON + 6)).allowed)

  // Then it has what came back meanwhile and no more
  assert.equal(await room(limiter, mine('delete'), NOON + 6), 0)
})

it('keys that count no more make room for others', async () => {
  const limiter = memoryLimiter({ keys: 100, keysOfOwner: 10 })
  for (let day = 0; day < 20; day++) {
    for (let key = 0; key < 100; key++) {
      const { remaining } = await one(limiter, of(`key ${day} ${key}`), NOON + day * 86_400 + key)
      assert.equal(remaining, 9, 'each has its own count')
    }
  }
})

it('what is kept stays within its bounds, whatever comes', async () => {
  const limiter = memoryLimiter({ keys: 20_000 })
  const before = memoryInUse()

  for (let key = 0; key < 200_000; key++) {
    await limiter.take([of(`${'k'.repeat(100)} ${key}`, { windowSeconds: 86_400 })], NOON)
  }

  assert.ok(memoryInUse() - before < 20_000 * 1000)
  assert.equal((await limiter.take([of('k')], NOON)).length, 1)
})

it('bounds that would keep nothing are mistakes', () => {
  for (const bound of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => memoryLimiter({ keys: bound }), { name: 'TypeError', message: /^"keys"/ })
    assert.throws(() => memoryLimiter({ keysOfOwner: bound }), { name: 'TypeError', message: /^"keysOfOwner"/ })
  }
})
