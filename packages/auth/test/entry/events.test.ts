import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { RefusalsEvent, RequestEvent } from '../../src/events/index.ts'
import { policy } from '../../src/index.ts'
import { bearer, call, given, passageOf } from './given.ts'

it('one event for each request that was authenticated, when it has ended: by public ids, without arguments', async () => {
  const { key, knock, events } = given({ tenant: 'acme' })
  const { secret, record } = await key({ tenant: 'acme' })
  const passage = passageOf(await knock({ headers: bearer(secret), message: call('read_note', { id: 'private' }) }))
  assert.equal(events.length, 0)

  passage.end(200)
  passage.end(500, true)

  const [event] = events as [RequestEvent]
  assert.equal(events.length, 1)
  assert.deepEqual(
    { ...event, id: undefined, at: undefined, durationMs: undefined },
    {
      type: 'request',
      id: undefined,
      at: undefined,
      durationMs: undefined,
      server: 'notes',
      tenant: 'acme',
      principal: { kind: 'api-key', subject: record.clientId, clientId: record.clientId, credentialId: record.id },
      peer: '192.0.2.1',
      verb: 'POST',
      era: 'legacy',
      method: 'tools/call',
      name: 'read_note',
      decision: 'allowed',
      outcome: 'answered',
      status: 200,
    },
  )
  assert.match(event.id, /^[0-9a-z]{19}$/)
  assert.equal(JSON.stringify(event).includes('private') || JSON.stringify(event).includes(secret), false)
})

it('how it ended: with an error, by the caller, by the guard', async () => {
  const { key, knock, events } = given({ policy: policy({ scopes: { a: ['read_*'] } }) })
  const headers = bearer((await key({ scopes: ['a'] })).secret)
  const failed = passageOf(await knock({ headers }))
  failed.note('tool_error')
  failed.end(200)
  passageOf(await knock({ headers })).end(undefined, true)
  passageOf(await knock({ headers })).end(500)
  await knock({ headers, message: call('drop') })

  assert.deepEqual(
    (events as RequestEvent[]).map(({ decision, reason, outcome }) => [decision, reason, outcome]),
    [
      ['allowed', undefined, 'tool_error'],
      ['allowed', undefined, 'left'],
      ['allowed', undefined, 'upstream_failed'],
      ['denied', 'tool_not_listed', 'gate'],
    ],
  )
})

it('refusals of strangers are counted per network and told together', async () => {
  const { knock, events, gate, key } = given()
  const { secret } = await key()
  for (let at = 0; at < 5; at++) await knock({ peer: `192.0.2.${at}` })
  await knock({ peer: '198.51.100.7', headers: bearer(`${secret.slice(0, -1)}${secret.endsWith('x') ? 'y' : 'x'}`) })
  assert.equal(events.length, 0)

  await gate.close()

  const told = events as RefusalsEvent[]
  assert.deepEqual(
    told.map(({ type, network, counts, server }) => ({ type, network, counts, server })),
    [
      { type: 'refusals', network: '192.0.2.0/24', counts: { key_missing: 5 }, server: 'notes' },
      { type: 'refusals', network: '198.51.100.0/24', counts: { key_malformed: 1 }, server: 'notes' },
    ],
  )
})

it('refusals are told within ten seconds, though nobody comes any more', async (test) => {
  test.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 })
  const { knock, events } = given()
  await knock({ peer: '192.0.2.1' })
  test.mock.timers.tick(300)
  await knock({ peer: '192.0.2.2' })

  test.mock.timers.tick(4600)
  assert.equal(events.length, 0)
  test.mock.timers.tick(5100)

  assert.deepEqual(
    (events as RefusalsEvent[]).map(({ counts }) => counts),
    [{ key_missing: 2 }],
  )
  // And then nothing waits any more.
  test.mock.timers.tick(60_000)
  assert.equal(events.length, 1)
})

it('a sample of them says why, to the operator alone', async () => {
  const { knock, events, gate, key } = given()
  const { secret } = await key({ server: 'other' })
  const admission = await knock({ headers: bearer(secret) })

  await gate.close()

  assert.doesNotMatch(JSON.stringify(admission), /other_server/)
  const [refusals] = events as RefusalsEvent[]
  assert.deepEqual(
    refusals?.samples.map(({ reason, because }) => [reason, because]),
    [['key_invalid', 'other_server']],
  )
})

it('a secret that somebody took for a name is cut, and a long name, too', async () => {
  const { key, knock, events } = given()
  const { secret } = await key()
  await passageOf(await knock({ headers: bearer(secret), message: call(secret) })).end(200)
  await passageOf(await knock({ headers: bearer(secret), message: call('x'.repeat(5000)) })).end(200)

  const [one, other] = events as RequestEvent[]
  assert.equal(one?.name?.includes(secret.slice(22, 60)), false)
  assert.equal(other?.name?.length, 256)
})

it('the caller’s address is the nearest that is no trusted proxy’s, and nobody else’s claim counts', async () => {
  const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.2:443, 10.0.0.2' }
  const peerOf = async (trustedProxies: readonly string[] | ((address: string) => boolean)) => {
    const { key, knock, events } = given({ trustedProxies })
    const { secret } = await key()
    passageOf(await knock({ peer: '::ffff:10.0.0.1', headers: { ...bearer(secret), ...forwarded } })).end(200)
    return (events[0] as RequestEvent).peer
  }

  assert.equal(await peerOf([]), '10.0.0.1')
  assert.equal(await peerOf(['10.0.0.1']), '10.0.0.2')
  assert.equal(await peerOf(['10.0.0.1', '10.0.0.2']), '198.51.100.2')
  assert.equal(await peerOf((address) => address.startsWith('10.')), '198.51.100.2')
  assert.equal(await peerOf(['203.0.113.9']), '10.0.0.1')
})

it('a test of proxies that fails, or gives a promise, trusts nobody and ends nothing', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.9' }
  const fails = () => {
    throw new Error('no such range')
  }
  for (const trustedProxies of [fails, async () => false, () => 1] as never[]) {
    const { key, knock, events } = given({ trustedProxies })
    passageOf(await knock({ peer: '10.0.0.1', headers: { ...bearer((await key()).secret), ...headers } })).end(200)
    assert.equal((events[0] as RequestEvent).peer, '10.0.0.1')
  }
})

it('an address of IPv6 that is no IPv4 one stays what it is', async () => {
  const { key, knock, events } = given({ trustedProxies: ['10.0.0.1'] })
  const headers = { ...bearer((await key()).secret), 'x-forwarded-for': '::ffff:cb00:7109' }
  passageOf(await knock({ peer: '10.0.0.1', headers })).end(200)

  assert.equal((events[0] as RequestEvent).peer, '::ffff:cb00:7109')
})

it('a listener that throws changes nothing for the caller', async () => {
  const { key, knock, warnings } = given({
    onEvent: () => {
      throw new Error('the disk is full')
    },
  })
  passageOf(await knock({ headers: bearer((await key()).secret) })).end(200)

  assert.deepEqual(warnings, ['onEvent has thrown: the disk is full'])
})
