import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AuditEvent } from '@portcullis/auth/events'
import { mintSecret } from '@portcullis/auth/protocol'
import fc from 'fast-check'
import { endingLine, eventLine, intentLine, readLine } from '../../src/record/lines.ts'
import { eventOf, givenIds, intentOf, NOON } from './given.ts'

const id = givenIds()()
const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }))
const maybeWord = fc.option(word, { nil: undefined })
/** Whatever ends a line, rings a bell, moves a cursor, turns the text around or has no shape. */
const UNRULY = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** As it is expected back: cut, absent members dropped. */
function plain(event: object): unknown {
  return JSON.parse(JSON.stringify(event, (_, value) => (typeof value === 'string' ? value.slice(0, 256) : value)))
}

it('whatever callers send as names, an event is one line and comes back as it was, cut at 256 characters', () => {
  fc.assert(
    fc.property(word, maybeWord, maybeWord, maybeWord, word, (server, tenant, method, name, subject) => {
      const principal = { kind: 'jwt', subject, clientId: subject, credentialId: 'k' }
      const event = eventOf(id, { server, tenant, method, name, principal, peer: subject, reason: tenant })

      const line = eventLine(event)

      assert.doesNotMatch(line, UNRULY)
      assert.deepEqual(readLine(line), plain(event))
    }),
  )
})

it('an intent comes back as an event that is open', () => {
  const intent = intentOf(id, { era: 'modern', session: '0123abcd', reason: 'x' })

  assert.deepEqual(readLine(intentLine(intent)), plain({ ...intent, outcome: 'open' }))
})

it('an ending comes back, its duration to a hundredth of a millisecond', () => {
  const line = endingLine(id, { outcome: 'rpc_error', status: 200, durationMs: 1.23456, reason: 'a "b"\n' })

  assert.deepEqual(readLine(line), {
    type: 'ending',
    id,
    outcome: 'rpc_error',
    status: 200,
    durationMs: 1.23,
    reason: 'a "b"\n',
  })
})

it('operations and counted refusals come back too, whatever is in them', () => {
  fc.assert(
    fc.property(word, maybeWord, (text, detail) => {
      const events: AuditEvent[] = [
        { type: 'key.revoked', id, at: NOON, actor: 'command', detail, server: text },
        {
          type: 'refusals',
          id,
          at: NOON,
          network: '192.0.2.0/24',
          fromAt: NOON,
          toAt: NOON,
          counts: { credential_unknown: 7 },
          samples: [{ at: NOON, reason: 'credential_unknown', credentialId: text }],
        },
      ]
      for (const event of events) {
        assert.doesNotMatch(eventLine(event), UNRULY)
        assert.deepEqual(readLine(eventLine(event)), plain(event))
      }
    }),
  )
})

it('a secret that somebody took for a name is recorded by its public id only', () => {
  for (const kind of ['api-key', 'secret-url'] as const) {
    const { id: publicId, secret } = mintSecret(kind)
    const shown = `${secret.slice(0, 5)}${publicId}…`
    const x = 'x'.repeat(250)
    const names: [string, string][] = [
      [secret, shown],
      [`https://gate/mcp/${secret}?a`, `https://gate/mcp/${shown}?a`],
      [`${secret} ${secret}`, `${shown} ${shown}`],
      [`${secret.slice(0, -1)}${secret}`, `${shown}${shown}`],
      [`${secret.slice(0, 45)}${secret}${secret}`, `${shown}${shown}${shown}`],
      [`"${secret}`, `"${shown}`],
      [`${x}${secret}`, `${x}${shown.slice(0, 6)}`],
      [`${secret} ${secret} ${x}${secret}`, `${shown} ${shown} ${x.slice(0, 110)}`],
      [`tools/call ${secret}`.slice(0, 80), `tools/call ${shown}`],
      [secret.slice(0, 22), secret.slice(0, 22)],
      ['pcls_', 'pcls_'],
      ['pcl', 'pcl'],
    ]
    for (const [name, expected] of names) {
      const principal = { kind: 'jwt', subject: name, clientId: name, credentialId: 'k' }
      const reason = readLine(endingLine(id, { outcome: 'gate', reason: name }))
      const request = readLine(intentLine(intentOf(id, { name, principal })))
      const operation = readLine(eventLine({ type: 'key.created', id, at: NOON, actor: 'command', clientId: name }))

      const written = { name: expected, principal: { ...principal, subject: expected, clientId: expected } }
      assert.deepEqual(request, { ...request, ...written })
      assert.deepEqual(operation, { ...operation, clientId: expected })
      assert.deepEqual(reason, { ...reason, reason: expected })
    }
    const batch = intentOf(id, { method: 'batch', name: `${x}, tools/call ${secret}, tools/list` })
    assert.match(intentLine(batch), new RegExp(`${x}, tools/call ${shown}, tools/list`))
  }
})

it('a tool name cannot forge a second event', () => {
  const forged = eventLine(eventOf(id, { name: 'admin' }))
  for (const name of [
    `x\n${forged}`,
    `x"}\r\n${forged}`,
    'x","outcome":"answered","decision":"allowed',
    'x\\',
    '\u001b[2J\u001b[1;1H',
    '\u009b31m',
    'safe\u202egnp.exe',
    'ad\u200bmin\ufeff\u{e0041}',
    '\ud800',
    'x\u2028y\u2029z\u0000',
  ]) {
    const line = intentLine(intentOf(id, { name, decision: 'denied' }))

    assert.doesNotMatch(line, UNRULY)
    const read = readLine(line)
    assert.ok(read?.type === 'request')
    assert.deepEqual([read.name, read.decision, read.outcome], [name.slice(0, 256), 'denied', 'open'])
  }
})

it('what is not a line of ours is told apart, whatever it is', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.equal(readLine(text), undefined)))
})

it('a damaged line is never half believed', () => {
  const lines = [
    intentLine(intentOf(id)),
    endingLine(id, { outcome: 'left' }),
    eventLine({ type: 'key.created', id, at: NOON, actor: 'gate' }),
  ]
  for (const line of lines) {
    for (let end = 0; end < line.length; end++) assert.equal(readLine(line.slice(0, end)), undefined)
    assert.equal(readLine(`\0\0${line}`), undefined)
    assert.equal(readLine(line + line), undefined)
  }
})

it('members of a wrong kind make a line damaged, not a store fail', () => {
  const fields = ['id', 'at', 'type', 'server', 'tenant', 'principal', 'method', 'name', 'decision', 'outcome']
  for (const field of fields) {
    for (const value of [null, 7, {}, [], true, '\u0000'].filter((each) => field !== 'at' || each !== 7)) {
      const isText = typeof value === 'string' && ['server', 'tenant', 'method', 'name'].includes(field)
      const line = JSON.stringify({ ...eventOf(id), [field]: value })
      assert.equal(readLine(line) === undefined, !isText, line)
    }
  }
  for (const samples of [undefined, null, {}, 'x', [null], ['x']]) {
    const line = JSON.stringify({ type: 'refusals', id, at: NOON, network: 'other', counts: {}, samples })
    assert.equal(readLine(line), undefined, line)
  }
})

it('a long name in a batch pushes no other off the line', () => {
  const names = Array.from(
    { length: 50 },
    (_, index) => `tools/call ${'x'.repeat(136)}${String(index).padStart(3, '0')}`,
  )
  const name = names.join(', ')
  const read = readLine(intentLine(intentOf(id, { method: 'batch', name })))

  assert.equal((read as { name?: string }).name, name)
})

it('a time that is none writes a line all the same: one that is no JSON would be lost', () => {
  for (const durationMs of [
    -0.5,
    -1e-9,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e300,
    0,
    0.004,
    1.005,
    59,
    123456.789,
  ]) {
    const read = readLine(endingLine('0mi9ect4wabcdef7ps2', { outcome: 'answered', durationMs })) as {
      durationMs?: number
    }
    const expected = durationMs > 0 && durationMs < 1e12 ? Math.round(durationMs * 100) / 100 : 0
    assert.equal(read.durationMs, expected)
  }
})
