import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Meter } from '../../src/limits/index.ts'

describe('a counter per key', () => {
  it('lets so many through in a window, says how long to wait, and begins anew', () => {
    const meter = new Meter(2, 60)
    assert.deepEqual([meter.take('a', 100), meter.take('a', 130), meter.take('a', 140)], [0, 0, 20])
    assert.equal(meter.take('b', 140), 0)
    assert.deepEqual(
      [meter.wait('a', 159), meter.wait('a', 160), meter.take('a', 160), meter.take('a', 161)],
      [1, 0, 0, 0],
    )
  })

  it('remembers no more keys than it may, and forgets the oldest first', () => {
    const meter = new Meter(1, 60, 3)
    for (const key of ['a', 'b', 'c', 'd']) meter.take(key, 100)
    assert.equal(meter.size, 3)
    assert.deepEqual([meter.wait('a', 101), meter.wait('b', 101), meter.wait('d', 101)], [0, 59, 59])
  })

  it('does not forget a key for being young when its window began again', () => {
    const meter = new Meter(1, 10, 2)
    meter.take('a', 100)
    meter.take('b', 101)
    meter.take('a', 120)
    meter.take('c', 121)
    assert.deepEqual([meter.wait('a', 121), meter.wait('b', 121)], [9, 0])
  })
})
