import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Recent } from '../../src/recent/index.ts'

it('holds so many at the most, and those that are asked for longest', () => {
  const recent = new Recent<number>(8)
  recent.keep('asked', 0)
  for (let turn = 1; turn <= 100; turn++) {
    recent.keep(`${turn}`, turn)
    assert.equal(recent.find('asked'), 0, `after ${turn}`)
  }
  const held = Array.from({ length: 101 }, (_, turn) => recent.find(`${turn}`)).filter((value) => value !== undefined)
  assert.ok(held.includes(100) && held.length <= 8, `${held}`)
})

it('finds what was kept last under a name, and nothing that was dropped', () => {
  const recent = new Recent<number>(4)
  recent.keep('a', 1)
  recent.keep('b', 1)
  recent.keep('a', 2)
  assert.equal(recent.find('a'), 2)
  recent.drop('a')
  assert.equal(recent.find('a'), undefined)
  assert.equal(recent.find('never'), undefined)
})
