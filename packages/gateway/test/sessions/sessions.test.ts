import assert from 'node:assert/strict'
import { it } from 'node:test'
import { memorySessions } from '@portcullis/auth/store'
import { Sessions } from '../../src/sessions/index.ts'

function given(maxSessions: number) {
  const clock = { now: 1000 }
  const dropped: string[] = []
  const sessions = new Sessions({
    store: memorySessions(),
    sealingKey: new Uint8Array(32),
    maxSessions,
    now: () => clock.now,
    onDropped: ({ principalKey }) => dropped.push(principalKey),
  })
  const open = (who: string) => sessions.mint('tools', who, 'theirs', false)
  return { clock, dropped, sessions, open }
}

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
