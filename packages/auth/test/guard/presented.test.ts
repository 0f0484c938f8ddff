import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bringsCredential, readPresented } from '../../src/guard/presented.ts'
import { view } from './given.ts'

const reason = (fields: Parameters<typeof view>[0]) => {
  const presented = readPresented(view(fields))
  return presented.kind === 'refused' ? presented.refusal.reason : presented.kind
}

it('reads the key from either header', () => {
  assert.deepEqual(readPresented(view({ authorization: 'Bearer abc' })), {
    kind: 'secret',
    secret: 'abc',
    isBearer: true,
  })
  assert.deepEqual(readPresented(view({ 'x-api-key': 'abc' })), { kind: 'secret', secret: 'abc', isBearer: false })
})

it('presents nothing when neither is there', () => {
  assert.deepEqual(readPresented(view()), { kind: 'none' })
  assert.deepEqual(readPresented(view({ cookie: 'Bearer abc', 'proxy-authorization': 'Bearer abc' })), { kind: 'none' })
})

it('both may come when they say the same', () => {
  const same = { authorization: 'bearer abc', 'x-api-key': 'abc' }

  assert.deepEqual(readPresented(view(same)), { kind: 'secret', secret: 'abc', isBearer: false })
})

it('both together are refused when they differ in anything', () => {
  for (const apiKey of ['abd', 'ABC', 'abc ', '', 'Bearer abc']) {
    assert.equal(reason({ authorization: 'Bearer abc', 'x-api-key': apiKey }), 'credentials_conflict')
  }
})

it('a header that comes twice is refused, whatever it says', () => {
  for (const twice of [
    { authorization: ['Bearer abc', 'Bearer abc'] },
    { authorization: ['Bearer abc', 'Bearer def'] },
    { 'x-api-key': ['abc', 'abc'] },
    { authorization: 'Bearer abc', 'x-api-key': ['abc', 'abc'] },
    { authorization: ['', ''], 'x-api-key': 'abc' },
  ]) {
    assert.equal(reason(twice), 'credential_repeated')
  }
})

it('another scheme, or none, is told to be one', () => {
  for (const value of ['Basic dXNlcjpwYXNz', 'DPoP abc', 'abc', '', 'Bearer', 'Bearer a b', 'Bearer abc, Bearer def']) {
    assert.deepEqual(readPresented(view({ authorization: value })), {
      kind: 'refused',
      refusal: { reason: 'key_malformed', fault: 'scheme' },
    })
  }
})

it('a bad Authorization is not passed over for a good X-API-Key', () => {
  assert.equal(reason({ authorization: 'Basic eHg=', 'x-api-key': 'abc' }), 'key_malformed')
  assert.equal(reason({ authorization: '', 'x-api-key': 'abc' }), 'key_malformed')
})

it('an empty header is a credential, and a bad one', () => {
  assert.deepEqual(readPresented(view({ 'x-api-key': '' })), {
    kind: 'refused',
    refusal: { reason: 'key_malformed', fault: 'shape' },
  })
  assert.equal(bringsCredential(view({ 'x-api-key': '' })), true)
  assert.equal(bringsCredential(view({ authorization: '' })), true)
  assert.equal(bringsCredential(view()), false)
})
