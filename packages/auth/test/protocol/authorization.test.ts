import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readAuthorization } from '../../src/protocol/index.ts'

const MALFORMED = { kind: 'malformed' }

it('reads the token of any spelling of Bearer, and keeps it as it stands', () => {
  for (const value of [
    'Bearer abc',
    'bearer abc',
    'BEARER abc',
    'bEaReR abc',
    'Bearer   abc',
    'Bearer abc ',
    'Bearer abc  ',
  ]) {
    assert.deepEqual(readAuthorization(value), { kind: 'bearer', token: 'abc' }, value)
  }
})

it('takes every form of token68, and nothing else (RFC 9110 §11.2)', () => {
  for (const token of ['a', 'AZaz09-._~+/', 'abc=', 'abc==', 'a.b.c', '~', 'pcls_x-y_z', 'a===']) {
    assert.deepEqual(readAuthorization(`Bearer ${token}`), { kind: 'bearer', token }, token)
  }
  for (const token of [
    '',
    '=',
    '=abc',
    'a=b',
    'a b',
    'a,b',
    'a"b',
    '"a"',
    'a;b',
    'a:b',
    'a\\b',
    'é',
    'a\u0000',
    'a\nb',
    'a\u007f',
    'abc\u00a0',
  ]) {
    assert.deepEqual(readAuthorization(`Bearer ${token}`), MALFORMED, JSON.stringify(token))
  }
})

it('only spaces stand between scheme and token', () => {
  for (const value of [
    'Bearer',
    'Bearer ',
    'Bearer    ',
    'Bearer\tabc',
    'Bearer\u00a0abc',
    'Bearer:abc',
    'Bearer=abc',
    'Bearer abc\t',
    'Bearer abc\r\n',
    ' Bearer abc',
    '\tBearer abc',
    'Bearer\r\n abc',
  ]) {
    assert.notEqual(readAuthorization(value).kind, 'bearer', JSON.stringify(value))
  }
})

it('two tokens, or two fields that were joined, are nobody’s', () => {
  for (const value of ['Bearer abc, Bearer def', 'Bearer abc Bearer def', 'Bearer abc,def', 'Bearer abc, Basic eHg=']) {
    assert.deepEqual(readAuthorization(value), MALFORMED, value)
  }
})

it('names another scheme by its name', () => {
  for (const [value, scheme] of [
    ['Basic dXNlcjpwYXNz', 'Basic'],
    ['DPoP abc', 'DPoP'],
    ['Negotiate', 'Negotiate'],
    ['BearerX abc', 'BearerX'],
    ['Bear er', 'Bear'],
  ] as const) {
    assert.deepEqual(readAuthorization(value), { kind: 'other', scheme })
  }
})

it('what names no scheme is malformed', () => {
  for (const value of ['', ' ', 'pcls_abc,', '"Bearer" abc', '(x) y', 'é abc', '\u0000', 'ﬀ abc']) {
    assert.deepEqual(readAuthorization(value), MALFORMED, JSON.stringify(value))
  }
})

it('a key that was sent without its scheme is not taken for a bearer token', () => {
  assert.notEqual(readAuthorization('pcls_0123456789abcdef_secret').kind, 'bearer')
})

it('long and hostile values are read at once', () => {
  const start = performance.now()

  for (const value of [
    `Bearer ${'a'.repeat(1e6)}!`,
    `Bearer${' '.repeat(1e6)}!`,
    `Bearer a${'='.repeat(1e6)}!`,
    `Bearer a${' '.repeat(1e6)}!`,
    'x'.repeat(1e6),
  ]) {
    assert.notEqual(readAuthorization(value).kind, 'bearer')
  }

  assert.ok(performance.now() - start < 3000)
})
