import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Meters } from '../../src/limits/index.ts'

it('a rush has room for a minute, and a steady stream for an hour', () => {
  const meters = new Meters({ minute: 2, hour: 3 })
  const takeAt = (now: number) => {
    const wait = meters.wait('a', now)
    if (wait === 0) meters.count('a', now)
    return wait
  }
  assert.deepEqual([takeAt(100), takeAt(101), takeAt(110), takeAt(160)], [0, 0, 50, 0])
  assert.deepEqual([takeAt(220), takeAt(3699), takeAt(3700)], [3480, 1, 0])
  assert.equal(meters.wait('b', 220), 0)
})
