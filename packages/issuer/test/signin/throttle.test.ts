import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BOUNDS, Throttle } from '../../src/signin/index.ts'
import type { Attempted } from '../../src/signin/throttle.ts'
import { networksOf } from '../../src/web/index.ts'
import { keysOf } from './kept.ts'

const given = (name: string, networks: readonly string[], device?: string): Attempted => ({
  ...{ name, networks },
  ...(device === undefined ? {} : { device }),
})

function givenThrottle() {
  const clock = { now: 1_000_000 }
  const throttle = new Throttle(() => clock.now)
  const fail = (name: string, network: string, times = 1, device?: string): void => {
    for (let time = 0; time < times; time++) {
      throttle.begin(given(name, [network], device)).failed()
    }
  }
  return { clock, throttle, fail }
}

const { free, firstWait, longestWait } = BOUNDS.pair

describe('the bounds on sign-ins', () => {
  it('let a person mistype a few times, and then make them wait longer each time', () => {
    const { clock, throttle, fail } = givenThrottle()
    const ada = given('ada', ['home'])
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
    throttle.begin(given('ada', ['home'])).succeeded()

    assert.equal(throttle.waitOf(given('ada', ['home'])), 0)
  })

  it('do not let a stranger shut a person out: she waits half a minute, or not at all where she signed in before', () => {
    const { clock, throttle, fail } = givenThrottle()
    for (let network = 0; network < 200; network++) fail('ada', `stranger ${network}`, free)

    assert.equal(throttle.waitOf(given('ada', ['home'])), 30)
    assert.equal(throttle.waitOf(given('ada', ['home'], 'hers')), 0)
    assert.equal(throttle.waitOf(given('bob', ['home'])), 0)
    clock.now += 30
    assert.equal(throttle.waitOf(given('ada', ['home'])), 0)
  })

  it('slow guesses at one name down, from however many networks they come', () => {
    const { clock, throttle } = givenThrottle()
    let guesses = 0
    for (const end = clock.now + 86_400; clock.now < end; clock.now += 10) {
      const attempted = given('ada', [`net ${clock.now}`])
      if (throttle.waitOf(attempted) > 0) continue
      throttle.begin(attempted).failed()
      guesses += 1
    }
    assert.ok(guesses > 2000 && guesses < 3000, `${guesses}`)
  })

  it('count a /64 for each guess as the one customer that has them', () => {
    const { throttle } = givenThrottle()
    let guesses = 0
    for (let net = 0; net < 500; net++) {
      const attempted = given('ada', networksOf(`2001:db8:1:${net.toString(16)}::1`))
      if (throttle.waitOf(attempted) > 0) continue
      throttle.begin(attempted).failed()
      guesses += 1
    }
    assert.equal(guesses, free * 4)
    for (let name = 0; name < 500; name++) {
      const attempted = given(`n${name}`, networksOf(`2001:db8:2:${name.toString(16)}::1`))
      if (throttle.waitOf(attempted) === 0) throttle.begin(attempted).failed()
    }
    assert.ok(throttle.waitOf(given('another', networksOf('2001:db8:2:ffff::1'))) > 0)
    assert.equal(throttle.waitOf(given('another', networksOf('2001:db8:3:ffff::1'))), 0)
  })

  it('leave a browser that was known once no more tries than a stranger has', () => {
    const { throttle } = givenThrottle()
    let guesses = 0
    for (let time = 0; time < 100; time++) {
      const attempted = given('ada', ['cafe'], 'stolen')
      if (throttle.waitOf(attempted) > 0) continue
      throttle.begin(attempted).failed()
      guesses += 1
    }
    assert.equal(guesses, BOUNDS.device.free + free)
  })

  it('leave those who have kept many known browsers little more', () => {
    const { throttle } = givenThrottle()
    let guesses = 0
    for (let time = 0; time < 500; time++) {
      const attempted = given('ada', ['cafe'], `kept ${time}`)
      if (throttle.waitOf(attempted) > 0) continue
      throttle.begin(attempted).failed()
      guesses += 1
    }
    assert.equal(guesses, BOUNDS.devices.free + free)
  })

  it('count what is being tried, so that trying at once is no way around them', () => {
    const { throttle } = givenThrottle()
    for (let time = 0; time < free; time++) throttle.begin(given('ada', ['home']))

    assert.equal(throttle.waitOf(given('ada', ['home'])), firstWait)
  })

  it('give each further network one try once many have failed at a name', () => {
    const { throttle, fail } = givenThrottle()
    for (let network = 0; network < BOUNDS.networksOfName.most; network++) fail('ada', `stranger ${network}`)
    fail('ada', 'another')

    assert.ok(throttle.waitOf(given('ada', ['another'])) > 0)
  })

  it('do not punish those who share an address, until many different names have failed there', () => {
    const { clock, throttle, fail } = givenThrottle()
    const { most, within } = BOUNDS.namesOfNetwork
    for (let name = 0; name < most - 1; name++) fail(`somebody ${name}`, 'office', free)
    assert.equal(throttle.waitOf(given('ada', ['office'])), 0)

    fail('somebody else', 'office')
    assert.ok(throttle.waitOf(given('ada', ['office'])) > 0)
    clock.now += within
    assert.equal(throttle.waitOf(given('ada', ['office'])), 0)
  })

  it('do not hold a browser that its owner has used before to what happens in its network', () => {
    const { throttle, fail } = givenThrottle()
    for (let name = 0; name < 50; name++) fail(`somebody ${name}`, 'office')
    fail('ada', 'office', 50)

    assert.equal(throttle.waitOf(given('ada', ['office'], 'hers')), 0)
    fail('ada', 'office', BOUNDS.device.free, 'hers')
    assert.ok(throttle.waitOf(given('ada', ['office'], 'hers')) > 0)
  })

  it('count no try that was turned away before anything was checked, and lose no failure over it', () => {
    const { throttle, fail } = givenThrottle()
    const ada = given('ada', ['home'])
    fail('ada', 'home', free)
    const other = givenThrottle()
    for (let time = 0; time < 50; time++) {
      throttle.begin(ada).undo()
      other.throttle.begin(ada).undo()
    }

    assert.equal(throttle.waitOf(ada), firstWait)
    assert.equal(other.throttle.waitOf(ada), 0)
    assert.deepEqual(keysOf(other.throttle), [])
  })

  it('need no more memory, however many names are tried', () => {
    const { throttle, fail } = givenThrottle()
    for (let name = 0; name < BOUNDS.remembered + 500; name++) fail(`n${name}`, `net ${name}`)

    assert.ok(keysOf(throttle).length <= BOUNDS.remembered + 4 * BOUNDS.rememberedGroups)
    assert.ok(keysOf(throttle).length >= BOUNDS.remembered)
  })
})
