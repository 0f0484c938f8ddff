import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { EVENT_ID, eventIds, firstIdAt, processOfId, timeOfId } from '../../src/events/index.ts'

const moment = fc.integer({ min: 0, max: 36 ** 9 - 1 })

it('an id tells when it was made and by which process', () => {
  fc.assert(
    fc.property(moment, (at) => {
      const id = eventIds('abc123')(at)

      assert.match(id, EVENT_ID)
      assert.equal(timeOfId(id), at)
      assert.equal(processOfId(id), 'abc123')
    }),
  )
})

it('ids sort by time, whichever process made them', () => {
  fc.assert(
    fc.property(moment, moment, (one, other) => {
      fc.pre(one < other)
      assert.ok(eventIds('zzzzzz')(one) < eventIds('000000')(other))
      assert.ok(firstIdAt(one) < eventIds('000000')(one))
      assert.ok(firstIdAt(other) > eventIds('zzzzzz')(one))
    }),
  )
})

it('a process makes no id twice, even when its clock is set back', () => {
  const newId = eventIds('abc123')
  const ids = new Set<string>()
  for (let round = 0; round < 1000; round++) for (const at of [5, 6, 5]) ids.add(newId(at))
  assert.equal(ids.size, 3000)
})

it('refuses a process part that would break the order', () => {
  for (const process of ['', 'short', 'UPPER1', 'toolong1']) assert.throws(() => eventIds(process), TypeError)
})
