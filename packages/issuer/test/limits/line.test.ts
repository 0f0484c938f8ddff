import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Caller, Line, type LineBounds } from '../../src/limits/index.ts'

const MANY = { all: 100, ofOne: 100 }
const BOUNDS: LineBounds = { waiting: { stranger: MANY, known: MANY, program: MANY }, turnMs: 4 }

/** A line, what has begun in which turn of the event loop, and a clock that stands unless somebody turns it. */
function givenLine(bounds: LineBounds = BOUNDS) {
  const clock = { ms: 0 }
  const begun: { readonly caller: Caller; readonly turn: number }[] = []
  let turn = 0
  const line = new Line(bounds, () => clock.ms)
  const ask = (caller: Caller, { network = 'somewhere', takes = 0 } = {}) =>
    line.run(caller, network, async () => {
      begun.push({ caller, turn })
      clock.ms += takes
      // As the engine's work does: it goes on when what it has asked for is there.
      for (let step = 0; step < 20; step++) await undefined
      return caller
    })
  /** To be called before anything is asked, so that turns are counted first. @param others How long others take in each. */
  const pass = async (turns: number, others = 0) => {
    for (let passed = 0; passed < turns; passed++) {
      await nextTurn()
      turn += 1
      clock.ms += others
    }
  }
  const perTurn = () => [...Map.groupBy(begun, (each) => each.turn).values()].map((each) => each.length)
  return { line, ask, pass, begun, perTurn, clock }
}

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

describe('the line before dear work', () => {
  it('begins at once what nobody else waits before', async () => {
    const { ask, begun } = givenLine()
    assert.equal(await ask('stranger'), 'stranger')
    assert.equal(begun.length, 1)
  })

  it('begins what one stranger wants in a turn of the event loop, so that others have theirs in between', async () => {
    const { ask, pass, begun, perTurn } = givenLine()
    const passing = pass(20)
    const all = times(10, () => ask('stranger'))
    await passing

    assert.deepEqual(
      perTurn(),
      times(10, () => 1),
    )
    assert.equal(begun.length, 10)
    await Promise.all(all)
  })

  for (const caller of ['program', 'known'] as const) {
    it(`begins what others want (${caller}) for as long as a turn may take, and one at least`, async () => {
      for (const [takes, fit] of [
        [1, 4],
        [2, 2],
        [3, 2],
        [50, 1],
      ] as const) {
        const { ask, pass, perTurn } = givenLine()
        const passing = pass(30)
        times(13, () => ask(caller, { takes }))
        await passing
        assert.equal(Math.max(...perTurn()), fit, `${takes} ms`)
        assert.equal(
          perTurn().reduce((sum, each) => sum + each),
          13,
        )
      }
    })
  }

  it('has one time for all of them: people who are known and programs do not make a turn twice as long', async () => {
    const { ask, pass, perTurn } = givenLine()
    const passing = pass(30)
    times(20, (n) => ask(n % 2 ? 'known' : 'program', { takes: 1 }))
    await passing
    assert.ok(Math.max(...perTurn()) <= 5, `${perTurn()}`)
  })

  it('keeps no program waiting for people who are known, however many there are', async () => {
    const { ask, pass } = givenLine()
    times(90, () => ask('known', { takes: 6 }))
    const program = ask('program')
    await pass(2)

    assert.equal(await Promise.race([program, Promise.resolve('waits')]), 'program')
  })

  it('begins one stranger in each turn, however many are known', async () => {
    const { ask, pass, begun } = givenLine()
    const passing = pass(8)
    times(60, () => ask('known', { takes: 1 }))
    times(6, () => ask('stranger', { takes: 1 }))
    await passing
    const strangers = begun.filter(({ caller }) => caller === 'stranger')
    assert.ok(strangers.length >= 5)
    assert.equal(new Set(strangers.map(({ turn }) => turn)).size, strangers.length)
  })

  it('lets nobody wait for people who ask for more than can be done', async () => {
    const { ask, pass, begun } = givenLine()
    times(60, () => ask('stranger', { takes: 6 }))
    const others = [ask('program'), ask('known')]
    await pass(3)

    assert.deepEqual(await Promise.all(others), ['program', 'known'])
    assert.ok(begun.length < 8)
  })

  it('gives people who are known every other turn, and not all of them', async () => {
    const { ask, pass, begun } = givenLine()
    times(6, () => ask('stranger', { takes: 4 }))
    times(6, () => ask('known', { takes: 4 }))
    await pass(7)

    assert.deepEqual(
      begun.slice(1, 6).map(({ caller }) => caller),
      ['known', 'stranger', 'known', 'stranger', 'known'],
    )
  })

  it('turns away who finds it full, of each kind by itself, and lets the next one in when there is room', async () => {
    const few = { all: 3, ofOne: 3 }
    const { ask, pass, begun } = givenLine({ waiting: { stranger: few, known: few, program: few }, turnMs: 0 })
    const asked = times(6, () => ask('stranger'))
    // The first begins, three wait.
    assert.deepEqual(
      asked.map((each) => each === undefined),
      [false, false, false, false, true, true],
    )
    assert.deepEqual(
      times(5, () => ask('program')).map((each) => each === undefined),
      [false, false, false, true, true],
    )
    await pass(10)

    assert.equal(begun.length, 7)
    assert.equal(await ask('stranger'), 'stranger')
  })

  it('has places that one network cannot take from others', async () => {
    const some = { all: 10, ofOne: 2 }
    const { ask, pass } = givenLine({ waiting: { stranger: some, known: some, program: some }, turnMs: 4 })
    const greedy = times(6, () => ask('stranger', { network: 'greedy' }))
    assert.equal(greedy.filter((each) => each === undefined).length, 3)
    assert.notEqual(ask('stranger', { network: 'another' }), undefined)
    await pass(10)

    assert.equal(await ask('stranger', { network: 'greedy' }), 'stranger')
  })

  it('does more in a turn where the turns of others are long, so that it does not stand still', async () => {
    const { ask, pass, perTurn } = givenLine()
    const passing = pass(4, 80)
    times(60, () => ask('stranger', { takes: 1 }))
    await passing

    const later = perTurn().slice(2)
    assert.ok(
      later.every((each) => each >= 9 && each <= 12),
      `${perTurn()}`,
    )
  })

  it('takes nothing in advance for the time in which nobody asked', async () => {
    const { ask, pass, perTurn, clock } = givenLine()
    await ask('stranger')
    await pass(1)
    clock.ms += 3_600_000
    const passing = pass(8)
    times(6, () => ask('stranger', { takes: 1 }))
    await passing

    assert.deepEqual(perTurn().slice(1), [1, 1, 1, 1, 1, 1])
  })

  it('goes on whatever becomes of what it has begun: who waits for others keeps nobody out, nor does who fails', async () => {
    const { line, ask, pass, begun } = givenLine()
    const never = times(5, () => line.run('stranger', 'a', () => new Promise(() => {})))
    const failing = line.run('stranger', 'b', () => Promise.reject(new Error('failed')))
    const failed = assert.rejects(failing ?? Promise.resolve(), /failed/)
    const last = ask('stranger')
    await pass(10)

    await failed
    assert.equal(await last, 'stranger')
    assert.equal(begun.length, 1)
    assert.equal(never.length, 5)
  })
})
