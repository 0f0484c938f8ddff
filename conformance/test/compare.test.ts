import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Compared, compare } from '../compare.ts'
import type { Check, ScenarioResult } from '../official.ts'

function givenRun(...checks: [id: string, status: Check['status']][]): ScenarioResult[] {
  return [{ revision: '2026-07-28', name: 'caching', checks: checks.map(([id, status]) => ({ id, name: id, status })) }]
}

const outcomes = (compared: readonly Compared[]) => compared.map(({ id, outcome }) => [id, outcome])

it('calls a check different when it fails, turns into a remark or is not made at all', () => {
  const direct = givenRun(['kept', 'SUCCESS'], ['broken', 'SUCCESS'], ['weaker', 'SUCCESS'], ['lost', 'SUCCESS'])

  const through = givenRun(['kept', 'SUCCESS'], ['broken', 'FAILURE'], ['weaker', 'INFO'])

  assert.deepEqual(outcomes(compare(direct, 'gate-http', through)), [
    ['kept', 'same'],
    ['broken', 'different'],
    ['weaker', 'different'],
    ['lost', 'different'],
  ])
})

it('counts every time a check was made, because several share an id', () => {
  const direct = givenRun(['reject', 'SUCCESS'], ['reject', 'SUCCESS'])

  const through = givenRun(['reject', 'SUCCESS'])

  assert.deepEqual(outcomes(compare(direct, 'gate-http', through)), [['reject', 'different']])
})

it('tells what was gained from what newly fails, and takes no notice of remarks', () => {
  const direct = givenRun(['events', 'INFO'], ['stream', 'INFO'])

  const through = givenRun(['events', 'INFO'], ['events', 'INFO'], ['stream', 'SUCCESS'], ['extra', 'WARNING'])

  assert.deepEqual(outcomes(compare(direct, 'gate-stdio', through)), [
    ['stream', 'gained'],
    ['extra', 'different'],
  ])
})

it('excuses a check that a target cannot make, but not one that it makes and fails', () => {
  const run = (status: Check['status']): ScenarioResult[] => [
    {
      revision: '2025-11-25',
      name: 'server-sse-polling',
      checks: [{ id: 'server-sse-retry-field', name: 'ServerSendsRetryField', status }],
    },
  ]
  const direct = run('SUCCESS')

  const [notMade] = compare(direct, 'gate-stdio', run('INFO'))
  const [failed] = compare(direct, 'gate-stdio', run('WARNING'))
  const [elsewhere] = compare(direct, 'gate-http', run('INFO'))

  assert.equal(notMade?.outcome, 'skipped')
  assert.equal(failed?.outcome, 'different')
  assert.equal(elsewhere?.outcome, 'different')
})

it('does not let the fixture fail a scenario that counts, but may an unscored one', () => {
  const [run] = givenRun(['check', 'FAILURE'])
  assert.ok(run)

  assert.deepEqual(outcomes(compare([run], 'direct', [run])), [['check', 'failed']])
  const unscored = { ...run, unscored: 'pending' }
  assert.deepEqual(outcomes(compare([unscored], 'direct', [unscored])), [['check', 'skipped']])
})
