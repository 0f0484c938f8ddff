import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import { type Admission, memoryBindings } from '../../src/index.ts'
import { bearer, given, type Knock } from './given.ts'

describe('what goes wrong on the way in', () => {
  it('of a caller who leaves in the middle of a body, only that is recorded', async () => {
    const { knock, key, events } = given()
    const headers = bearer((await key()).secret)

    const { kind } = await knock({ headers, body: { kind: 'left' } })

    assert.equal(kind, 'refused')
    assert.deepEqual(
      events.map((event) => event.type === 'request' && [event.decision, event.outcome, event.reason, event.status]),
      [['refused', 'left', 'body_incomplete', undefined]],
    )
  })

  it('a body that a parser took and that is nested too deep to be written again is no message', async () => {
    const { knock, key } = given()
    const headers = bearer((await key()).secret)
    const value = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)

    assert.equal(statusOf(await knock({ headers, body: { kind: 'parsed', value } })), 400)
  })

  it('a listener that fails, at once or by a promise, is warned of and changes nothing', async () => {
    for (const onEvent of [
      () => {
        throw new Error('the log is full')
      },
      async () => {
        throw new Error('the log is full')
      },
      () => Promise.reject(undefined),
    ]) {
      const { knock, key, warnings } = given({ onEvent })

      const admission = await knock({ headers: bearer((await key()).secret) })
      assert.equal(admission.kind, 'admitted')
      admission.passage.end(200)
      await pass(1)

      assert.match(warnings.join(), /onEvent has thrown: (the log is full|undefined)/)
    }
  })

  it('where nobody can say whose a session is, nobody gets it', async () => {
    const sessions = { ...memoryBindings(), ownerOf: () => Promise.reject(new Error('the disk is gone')) }
    const { knock, key, warnings } = given({ sessions })
    const headers = { ...bearer((await key()).secret), 'mcp-session-id': 's1' }

    const admission = await knock({ headers })

    assert.equal(statusOf(admission), 503)
    assert.doesNotMatch(JSON.stringify(admission), /disk/)
    assert.match(warnings.join(), /sessions cannot be checked: the disk is gone/)
  })

  it('whoever is quicker than the store of sessions waits for it', async () => {
    // Given a store that takes its time, and a session that was just opened
    const kept = memoryBindings()
    const { knock, key } = given({
      sessions: { ...kept, bind: (id, owner) => pass(20).then(() => kept.bind(id, owner)) },
    })
    const headers = bearer((await key()).secret)
    const first = await knock({ headers })
    assert.equal(first.kind, 'admitted')
    first.passage.opened('s1')

    // When its owner comes at once
    const own: Knock = { headers: { ...headers, 'mcp-session-id': 's1' } }

    // Then the session is known
    assert.equal((await knock(own)).kind, 'admitted')
  })

  it('a session that could not be kept is nobody’s, and that is warned of', async () => {
    const sessions = { ...memoryBindings(), bind: () => Promise.reject(new Error('the disk is full')) }
    const { knock, key, warnings } = given({ sessions })
    const headers = bearer((await key()).secret)
    const first = await knock({ headers })
    assert.equal(first.kind, 'admitted')

    first.passage.opened('s1')

    assert.equal(statusOf(await knock({ headers: { ...headers, 'mcp-session-id': 's1' } })), 404)
    assert.match(warnings.join(), /sessions are not kept: the disk is full/)
  })
})

function statusOf(admission: Admission): number | undefined {
  return admission.kind === 'refused' ? admission.reply.status : undefined
}
