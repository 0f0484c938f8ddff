import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { StepUps } from '../../src/token/index.ts'
import { type RunningIssuer, startIssuer } from '../given.ts'
import { claimsOf, givenPublic } from '../party.ts'

describe('a client that refreshes where it should ask for more scope', () => {
  let running: RunningIssuer
  before(async () => {
    running = await startIssuer()
  })
  after(() => running.close())

  it('is told once that the person has to be asked, and keeps what it has', async () => {
    const party = await givenPublic(running)
    const tokens = await party.tokens()
    running.issuer.noteScopeDenied(String(claimsOf(tokens.access_token).grant_id))

    const first = await party.refresh(tokens.refresh_token)
    const second = await party.refresh(tokens.refresh_token)

    assert.deepEqual([first.status, first.body.error], [400, 'interaction_required'])
    assert.equal(second.status, 200, JSON.stringify(second.body))
  })

  it('is nobody else: another client and another grant notice nothing', async () => {
    const [denied, other] = [await givenPublic(running), await givenPublic(running)]
    const [tokens, others] = [await denied.tokens(), await other.tokens()]
    running.issuer.noteScopeDenied(String(claimsOf(tokens.access_token).grant_id))

    const stolen = await other.refresh(tokens.refresh_token)
    const own = await other.refresh(others.refresh_token)
    const asked = await denied.refresh(tokens.refresh_token)

    assert.equal(stolen.body.error, 'invalid_grant')
    assert.equal(own.status, 200)
    assert.equal(asked.body.error, 'interaction_required', 'the stranger has not used the denial up')
  })
})

describe('denials', () => {
  it('count once, for ten seconds', () => {
    let now = 1000
    const stepUps = new StepUps(() => now)
    stepUps.note('a')
    stepUps.note('b')
    assert.equal(stepUps.take('a'), true)
    assert.equal(stepUps.take('a'), false)
    now += 10
    assert.equal(stepUps.take('b'), false)
    assert.equal(stepUps.isIdle, true)
  })

  it('are remembered up to a bound, the newest ones', () => {
    const stepUps = new StepUps(() => 0)
    for (let index = 0; index <= 10_000; index++) stepUps.note(String(index))
    assert.equal(stepUps.take('0'), false)
    assert.equal(stepUps.take('1'), true)
    assert.equal(stepUps.take('10000'), true)
  })
})
