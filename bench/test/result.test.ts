import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Sample } from '../measure/rounds.ts'
import { ratiosTo } from '../measure/rounds.ts'
import { conclude, median, type Report, toPage, toTable } from '../report/index.ts'

function givenSample(rate: number): Sample {
  return { kind: 'burst', rate, p50: 1000, p99: 2000, answers: 1, cpuMicroseconds: 1, foreign: 0 }
}

it('compares within each round, so that a slow machine in one round favours nobody', () => {
  // Given a machine that is ten times as slow in the second round, and half as fast in the third
  const gate = [800, 80, 400].map(givenSample)
  const bare = [1000, 100, 500].map(givenSample)

  const ratios = ratiosTo(
    new Map([
      ['gate', gate],
      ['bare', bare],
    ]),
    'gate',
  )

  assert.deepEqual(ratios, { bare: 0.8 })
})

it('judges by what was measured, not by what is printed', () => {
  const goal = { peer: 'bare', min: 0.8 }

  const result = conclude({ id: 'x', unit: 'req/s', runs: [1], ratios: { bare: 0.79996 }, goal })

  assert.equal(result.ratios.bare, 0.8)
  assert.equal(result.met, false)
})

it('misses a goal whose peer was not there', () => {
  assert.equal(conclude({ id: 'x', unit: 'req/s', runs: [1], goal: { peer: 'bare', min: 0.8 } }).met, false)
})

it('says neither met nor missed of a comparison during which others were busy', () => {
  const goal = { peer: 'bare', min: 0.8 }

  const result = conclude({ id: 'x', unit: 'req/s', runs: [1], ratios: { bare: 0.9 }, goal, foreign: 0.6 })

  assert.equal(result.met, null)
  assert.equal(result.disturbed, 0.6)
})

it('holds an upper bound against the median of the runs', () => {
  assert.equal(conclude({ id: 'x', unit: 's', runs: [0.5, 9, 1], goal: { max: 1 } }).met, true)
  assert.equal(median([4, 1, 3, 2]), 2.5)
})

it('holds a lower bound against the median, whatever stands beside it', () => {
  const goal = { min: 1000 }

  assert.equal(conclude({ id: 'x', unit: '/s', runs: [900, 1000, 2000], ratios: { bare: 0.1 }, goal }).met, true)
  assert.equal(conclude({ id: 'x', unit: '/s', runs: [999.9], ratios: { bare: 9 }, goal }).met, false)
})

it('says what each kind of goal asks for, in the table and on the page', () => {
  const finding = { id: 'x', unit: 'checks/s', runs: [1500], ratios: { bare: 2 } }
  const goals = [{ min: 1000 }, { max: 9 }, { peer: 'bare', min: 1 }]
  const results = goals.map((goal) => conclude({ ...finding, goal }))
  const report: Report = { node: 'v24', cpu: 'one', results }

  for (const text of [toTable(results), toPage(report)])
    for (const said of ['at least 1000 checks/s', 'at most 9 checks/s', '2 × bare, at least 1'])
      assert.ok(text.includes(said), said)
})
