import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memorySessions, type SessionStore } from '@portcullis/auth/store'
import { Conversation, type Session, Sessions } from '../../src/sessions/index.ts'

const DAY = 86_400

function given(maxSessions: number, store: SessionStore = memorySessions()) {
  const clock = { now: 1000 * DAY }
  const dropped: string[] = []
  const start = () =>
    new Sessions({
      store,
      sealingKey: new Uint8Array(32),
      maxSessions,
      now: () => clock.now,
      onDropped: ({ principalKey }) => dropped.push(principalKey),
    })
  const sessions = start()
  const open = (who: string) => sessions.mint('tools', who, 'theirs', false)
  /** One that the upstream will know after a restart of the gate. */
  const openLasting = (who: string) => sessions.mint('tools', who, 'theirs', true) as Session
  return { clock, dropped, sessions, store, open, openLasting, restart: start }
}

/** Microtasks that are under way come to their end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it('who holds the most sessions makes room for the others, however lately it used them', () => {
  const { dropped, open } = given(6)
  open('modest')
  for (let count = 0; count < 10; count++) open('greedy')

  assert.ok(open('modest'))
  assert.ok(open('newcomer'))
  assert.deepEqual(new Set(dropped), new Set(['greedy']))
})

it('where all hold alike, the caller pays with its own', () => {
  const { dropped, open } = given(2)
  open('a')
  open('b')
  open('b')

  assert.deepEqual(dropped, ['b'])
})

it('a session that has a stream open is never given up, and one used a moment ago not for an equal', () => {
  const { clock, open } = given(2)
  const busy = open('a')
  if (busy !== undefined) busy.open = 1
  open('b')
  assert.equal(open('c'), undefined)

  clock.now += 61
  assert.ok(open('c'))
})

it('sessions that have ended count no more', () => {
  const { sessions, dropped, open } = given(4)
  for (let count = 0; count < 3; count++) {
    const session = open('a')
    assert.ok(session)
    sessions.end(session)
    sessions.end(session)
  }
  open('a')
  for (let count = 0; count < 3; count++) open('b')
  open('a')

  assert.deepEqual(dropped, ['b'])
})

it('a session from before a restart gets room as a new one does', async () => {
  // Given a gate that has started anew and is full, with sessions that nobody has used for a while
  const { clock, dropped, openLasting, restart } = given(2)
  const before = openLasting('a')
  const sessions = restart()
  sessions.mint('tools', 'b', 'theirs', false)
  sessions.mint('tools', 'c', 'theirs', false)
  clock.now += 61

  // When the caller from before comes back
  const found = await sessions.find(before.id, 'tools', 'a')

  // Then one of them makes room
  assert.equal(found?.upstreamSession, 'theirs')
  assert.equal(sessions.size, 2)
  assert.deepEqual(dropped, ['b'])
})

it('where nothing is idle, a session from before a restart is not found, and is kept for later', async () => {
  const { clock, dropped, openLasting, restart } = given(1)
  const before = openLasting('a')
  const sessions = restart()
  sessions.mint('tools', 'b', 'theirs', false)

  assert.equal(await sessions.find(before.id, 'tools', 'a'), undefined)
  assert.deepEqual(dropped, [])
  clock.now += 61
  assert.ok(await sessions.find(before.id, 'tools', 'a'))
})

it('who asks for somebody else’s session from before a restart costs nobody theirs', async () => {
  const { clock, dropped, openLasting, restart } = given(1)
  const before = openLasting('a')
  const sessions = restart()
  sessions.mint('tools', 'b', 'theirs', false)
  clock.now += 61

  assert.equal(await sessions.find(before.id, 'tools', 'thief'), undefined)
  assert.equal(await sessions.find(before.id, 'elsewhere', 'a'), undefined)

  assert.deepEqual(dropped, [])
  assert.equal(sessions.size, 1)
})

it('what is idle for too long ends, here and in the store; what is used or in use stays', async () => {
  // Given three sessions, one of which has a stream open
  const { clock, dropped, sessions, store, openLasting, restart } = given(9)
  const [idle, used, open] = [openLasting('idle'), openLasting('used'), openLasting('open')]
  open.open = 1

  // When two hours go by, with a limit of one, and one of the others is used now and then
  for (let minute = 1; minute <= 120; minute++) {
    clock.now += 60
    if (minute % 50 === 0) assert.ok(await sessions.find(used.id, 'tools', 'used'))
    await sessions.sweep(3600)
  }

  // Then the idle one is gone, and the other two survive a restart as well
  assert.deepEqual(dropped, ['idle'])
  assert.equal(await sessions.find(idle.id, 'tools', 'idle'), undefined)
  assert.equal(await store.count(), 2)
  const later = restart()
  assert.equal(await later.find(idle.id, 'tools', 'idle'), undefined)
  assert.ok(await later.find(used.id, 'tools', 'used'))
  assert.ok(await later.find(open.id, 'tools', 'open'))
})

it('a stream that ends leaves its session, which ends when it has been idle in its turn', async () => {
  const { clock, dropped, sessions, openLasting } = given(9)
  const session = openLasting('a')
  session.open = 1
  clock.now += 7200
  await sessions.sweep(3600)
  session.open = 0

  clock.now += 1800
  await sessions.sweep(3600)
  assert.deepEqual(dropped, [])

  clock.now += 1801
  await sessions.sweep(3600)
  assert.deepEqual(dropped, ['a'])
})

it('a session that lasts exactly as long as the limit stays, and one second later it is gone', async () => {
  const { clock, sessions, openLasting } = given(9)
  openLasting('a')
  clock.now += 3600
  await sessions.sweep(3600)
  assert.equal(sessions.size, 1)

  clock.now += 1
  await sessions.sweep(3600)
  assert.equal(sessions.size, 0)
})

it('a clock that was a day ahead and is set back keeps no session longer than it should', async () => {
  // Given a session that was used while the clock was a day ahead, and one that was used since
  const { clock, dropped, sessions, store, openLasting } = given(9)
  const [ahead, since] = [openLasting('ahead'), openLasting('since')]
  clock.now += DAY
  assert.ok(await sessions.find(ahead.id, 'tools', 'ahead'))
  clock.now -= DAY
  assert.ok(await sessions.find(since.id, 'tools', 'since'))
  await sessions.sweep(3600)
  assert.deepEqual(dropped, [])

  // When nobody uses either
  clock.now += 3601
  await sessions.sweep(3600)

  // Then both end, and nothing of them is kept
  assert.deepEqual(dropped.toSorted(), ['ahead', 'since'])
  assert.equal(await store.count(), 0)
})

it('a clock that jumps a day ahead ends what seems idle, not what is in use, and new sessions begin', async () => {
  const { clock, dropped, sessions, openLasting } = given(9)
  openLasting('idle')
  const busy = openLasting('busy')
  busy.open = 1

  clock.now += DAY
  await sessions.sweep(3600)
  const fresh = openLasting('fresh')
  clock.now -= DAY
  await sessions.sweep(3600)

  assert.deepEqual(dropped, ['idle'])
  assert.ok(await sessions.find(busy.id, 'tools', 'busy'))
  assert.ok(await sessions.find(fresh.id, 'tools', 'fresh'))
})

/** A store that takes nothing while `isShut`. */
function givenShutter() {
  const store = memorySessions()
  const shutter = { isShut: false }
  const unlessShut =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      if (shutter.isShut) throw new Error('database is locked')
      return work(...args)
    }
  const { put, remove, touch, prune } = store
  const shutting: SessionStore = {
    ...store,
    put: unlessShut(put),
    remove: unlessShut(remove),
    touch: unlessShut(touch),
    prune: unlessShut(prune),
  }
  return { shutter, ...given(9, shutting) }
}

it('a session that the store did not take is good at once, and is kept for a restart when the store takes it', async () => {
  const { shutter, sessions, store, openLasting, restart } = givenShutter()
  shutter.isShut = true
  const session = openLasting('a')
  await settle()
  assert.ok(await sessions.find(session.id, 'tools', 'a'))
  assert.equal(await store.count(), 0)

  shutter.isShut = false
  await sessions.sweep(3600)

  assert.ok(await restart().find(session.id, 'tools', 'a'))
})

it('a session that has ended does not come back because the store has not heard of it', async () => {
  const { shutter, sessions, store, openLasting } = givenShutter()
  const session = openLasting('a')
  await settle()
  shutter.isShut = true
  sessions.end(session)
  await settle()

  assert.equal(await store.count(), 1)
  assert.equal(await sessions.find(session.id, 'tools', 'a'), undefined)

  shutter.isShut = false
  await sessions.sweep(3600)
  assert.equal(await store.count(), 0)
  assert.equal(await sessions.find(session.id, 'tools', 'a'), undefined)
})

it('when sessions were last seen is written after all when the store did not take it at first', async () => {
  const { shutter, clock, sessions, openLasting, restart } = givenShutter()
  const session = openLasting('a')
  await settle()
  clock.now += 3000
  assert.ok(await sessions.find(session.id, 'tools', 'a'))
  shutter.isShut = true
  await assert.rejects(sessions.sweep(3600), /locked/)

  shutter.isShut = false
  clock.now += 3000
  await sessions.sweep(3600)

  assert.ok(await restart().find(session.id, 'tools', 'a'))
})

/** Bytes, of what is still reachable. */
function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it('a question whose id is long is answered once, and costs no more than others', () => {
  const before = memoryInUse()
  const conversation = new Conversation()
  const long = (question: number) => `"${'q'.repeat(100_000)}${question}"`

  for (let question = 0; question < 200; question++) conversation.ask(long(question))
  // A number of many digits is cut out of the message that it came in.
  for (let question = 0; question < 200; question++) {
    conversation.ask(`[${9_007_199_254_740_993n + BigInt(question)},"${'x'.repeat(100_000)}"]`.slice(1, 17))
  }

  assert.ok(memoryInUse() - before < 10_000_000)
  assert.equal(conversation.answer(long(200)), false)
  assert.equal(conversation.answer(long(7)), true)
  assert.equal(conversation.answer(long(7)), false)
  assert.equal(conversation.answer('9007199254740993'), true)
})
