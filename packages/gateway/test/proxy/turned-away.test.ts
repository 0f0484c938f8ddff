import assert from 'node:assert/strict'
import { it } from 'node:test'
import { IssuerFault } from '@portcullis/auth/issuers'
import { pino } from 'pino'
import { TurnedAway } from '../../src/proxy/turned-away.ts'
import { Unchecked } from '../../src/proxy/unchecked.ts'

function givenLog() {
  const lines: Record<string, unknown>[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) }
  return { log: pino({ base: null, timestamp: false }, stream), lines }
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const bearer = (payload: object) => `Bearer ${encode({ alg: 'ES256', kid: 'k' })}.${encode(payload)}.c2lnbmF0dXJl`

it('says why a token does not count, once in ten seconds for each reason at each server, and never the token', () => {
  const { log, lines } = givenLog()
  let now = 0
  const away = new TurnedAway(log, () => now)
  const token = bearer({ iss: 'https://login.example.com/', sub: 'a-person' })
  const type = { reason: 'token_invalid', because: 'type' } as const

  for (let n = 0; n < 4; n++) away.tell('notes', type, token)
  away.tell('notes', { reason: 'token_elsewhere', credentialId: 'id', audience: ['api://other'] }, token)
  away.tell('files', type, token)
  now = 10_000
  away.tell('notes', type, token)

  const said = lines.map(({ level: _, msg: __, ...facts }) => facts)
  const issuer = 'https://login.example.com/'
  assert.deepEqual(said, [
    { server: 'notes', because: 'type', issuer },
    { server: 'notes', because: 'audience', issuer, audience: ['api://other'] },
    { server: 'files', because: 'type', issuer },
    { server: 'notes', because: 'type', issuer, untold: 3 },
  ])
  const text = JSON.stringify(lines)
  for (const part of token.split(/[ .]/).slice(1)) assert.ok(!text.includes(part))
  assert.ok(!text.includes('a-person'))
})

it('repeats nothing that strangers wrote but an address, and is silent about what every client sees', () => {
  const { log, lines } = givenLog()
  const away = new TurnedAway(log, () => 0)
  for (const [index, iss] of ['a secret', 'https://x.example/?token=a', `https://${'x'.repeat(300)}`, 1].entries())
    away.tell(`s${index}`, { reason: 'token_invalid', because: 'issuer' }, bearer({ iss }))
  away.tell('opaque', { reason: 'token_invalid', because: 'inactive' }, 'Bearer opaque')
  assert.equal(lines.length, 5)
  assert.ok(lines.every((line) => !('issuer' in line)))

  away.tell('day', { reason: 'token_missing' }, undefined)
  away.tell('day', { reason: 'token_expired', credentialId: 'id', expiredAt: 1 }, undefined)
  away.tell('day', { reason: 'key_invalid', because: 'unknown' }, 'Bearer key')
  assert.equal(lines.length, 5)
})

it('tells an issuer that is silent from a database that is, and each issuer by itself', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const { log, lines } = givenLog()
  const unchecked = new Unchecked(log)
  const down = (host: string) => new IssuerFault('unreachable', `https://${host}/jwks does not answer`)

  assert.equal(unchecked.tell('notes', down('one.example')), 'issuer_silent')
  assert.equal(unchecked.tell('notes', down('one.example')), 'issuer_silent')
  assert.equal(unchecked.tell('notes', down('two.example')), 'issuer_silent')
  assert.equal(unchecked.tell('notes', new Error('the disk is gone')), 'store_silent')
  assert.equal(lines.length, 3)
  assert.match(String(lines[0]?.msg), /tokens of an issuer/)
  assert.equal(lines[2]?.msg, 'credentials cannot be checked')

  t.mock.timers.tick(10_000)
  assert.equal(lines.length, 4)
  assert.deepEqual([lines[3]?.count, lines[3]?.because], [1, 'https://one.example/jwks does not answer'])
})
