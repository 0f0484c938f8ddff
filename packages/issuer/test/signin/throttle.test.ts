import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BOUNDS, Throttle } from '../../src/signin/index.ts'

function givenThrottle() {
  const clock = { now: 1_000_000 }
  const throttle = new Throttle(() => clock.now)
  const fail = (name: string, network: string, times = 1, device?: string): void => {
    for (let time = 0; time < times; time++) {
      throttle.attempted({ name, network, ...(device === undefined ? {} : { device }) })
    }
  }
  return { clock, throttle, fail }
}

const { free, firstWait, longestWait } = BOUNDS.pair

describe('the bounds on sign-ins', () => {
  it('let a person mistype a few times, and then make them wait longer each time', () => {
    const { clock, throttle, fail } = givenThrottle()
    const ada = { name: 'ada', network: 'home' }
    fail('ada', 'home', free - 1)
    assert.equal(throttle.waitOf(ada), 0)

    fail('ada', 'home')
    assert.equal(throttle.waitOf(ada), firstWait)
    clock.now += firstWait
    assert.equal(throttle.waitOf(ada), 0)
    fail('ada', 'home')
    assert.equal(throttle.waitOf(ada), firstWait * 2)
    fail('ada', 'home', 20)
    assert.equal(throttle.waitOf(ada), longestWait)
  })

  it('forget everything once the person gets it right', () => {
    const { throttle, fail } = givenThrottle()
    fail('ada', 'home', free)
    throttle.succeeded({ name: 'ada', network: 'home' })

    assert.equal(throttle.waitOf({ name: 'ada', network: 'home' }), 0)
  })

  it('do not let a stranger shut a person out: from her own network she may try', () => {
    const { throttle, fail } = givenThrottle()
    for (let network = 0; network < 200; network++) fail('ada', `stranger ${network}`, free)

    assert.equal(throttle.waitOf({ name: 'ada', network: 'home' }), 0)
  })

  it('give each further network one try once many have failed at a name', () => {
    const { throttle, fail } = givenThrottle()
    for (let network = 0; network < BOUNDS.networksOfName.most; network++) fail('ada', `stranger ${network}`)
    fail('ada', 'another')

    assert.ok(throttle.waitOf({ name: 'ada', network: 'another' }) > 0)
  })

  it('do not punish those who share an address, until many different names have failed there', () => {
    const { clock, throttle, fail } = givenThrottle()
    const { most, within } = BOUNDS.namesOfNetwork
    for (let name = 0; name < most - 1; name++) fail(`somebody ${name}`, 'office', free)
    assert.equal(throttle.waitOf({ name: 'ada', network: 'office' }), 0)

    fail('somebody else', 'office')
    assert.ok(throttle.waitOf({ name: 'ada', network: 'office' }) > 0)
    clock.now += within
    assert.equal(throttle.waitOf({ name: 'ada', network: 'office' }), 0)
  })

  it('do not hold a browser that its owner has used before to what happens in its network', () => {
    const { throttle, fail } = givenThrottle()
    for (let name = 0; name < 50; name++) fail(`somebody ${name}`, 'office')
    fail('ada', 'office', 50)

    assert.equal(throttle.waitOf({ name: 'ada', network: 'office', device: 'hers' }), 0)
    fail('ada', 'office', BOUNDS.device.free, 'hers')
    assert.ok(throttle.waitOf({ name: 'ada', network: 'office', device: 'hers' }) > 0)
  })

  it('count no try that was turned away before anything was checked, and lose no failure over it', () => {
    const { throttle, fail } = givenThrottle()
    const ada = { name: 'ada', network: 'home' }
    fail('ada', 'home', free)
    throttle.attempted(ada)
    throttle.undo(ada)

    assert.equal(throttle.waitOf(ada), firstWait)
  })

  it('need no more memory, however many names are tried', () => {
    const { throttle, fail } = givenThrottle()
    for (let name = 0; name < BOUNDS.remembered + 500; name++) fail(`n${name}`, `net ${name}`)

    const kept = throttle as unknown as Record<string, ReadonlyMap<string, unknown>>
    assert.equal(kept.pairs?.size, BOUNDS.remembered)
    assert.equal(kept.namesOf?.size, BOUNDS.rememberedGroups)
    assert.equal(kept.networksOf?.size, BOUNDS.rememberedGroups)
  })
})
