import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { faultOfAddress, trustOf } from '../../src/documents/index.ts'

describe('the URL that names a client (draft-01 §3)', () => {
  const good = [
    'https://client.example/client.json',
    'https://client.example:8443/a/b/',
    'https://client.example/oauth/client?version=2',
    'https://client.example/.well-known/client',
    'https://client.example/a..b/...',
    'https://client.example/%41',
  ]
  for (const url of good) it(`may be ${url}`, () => assert.equal(faultOfAddress(url), undefined))

  const bad = {
    'has no path': ['https://client.example', 'https://client.example/', 'https://client.example?a=b'],
    'is not https, as it is written': ['http://client.example/c', 'HTTPS://client.example/c', 'ftp://client.example/c'],
    'has dot segments, however they are written': [
      'https://client.example/../c',
      'https://client.example/a/./c',
      'https://client.example/a/..',
      'https://client.example/%2e%2e/c',
      'https://client.example/a/.%2E/c',
      'https://client.example/%2E',
    ],
    'has a fragment': ['https://client.example/c#', 'https://client.example/c#x'],
    'holds a user': ['https://user@client.example/c', 'https://user:pw@client.example/c', 'https://@client.example/c'],
    'holds what URLs do not': [
      'https://client.example/c d',
      'https://client.example/c\n',
      'https://client.example\\c/d',
      'https://client.example/\u202Ec',
      'https://clïent.example/c',
      'https://client.example/%zz',
      'https://client.example/"c"',
    ],
    'names no host': ['https:///c', 'https://:443/c', 'https:client.example/c'],
    'is endless': [`https://client.example/${'c'.repeat(1000)}`],
  }
  for (const [why, urls] of Object.entries(bad)) {
    it(`may not be one that ${why}`, () => {
      assert.deepEqual(
        urls.filter((url) => faultOfAddress(url) === undefined),
        [],
      )
    })
  }
})

describe('whose documents count', () => {
  it('all, unless somebody says otherwise', () => {
    assert.ok(trustOf({}).isAllowed('anyone.example'))
    assert.ok(!trustOf({ allow: [] }).isAllowed('anyone.example'))
  })

  it('a host by its name, and what is below a domain by a pattern', () => {
    const { isAllowed } = trustOf({ allow: ['Claude.AI', '*.example.com'] })
    assert.deepEqual(['claude.ai', 'a.example.com', 'a.b.example.com'].filter(isAllowed).length, 3)
    const others = ['evil-claude.ai', 'x.claude.ai', 'example.com', 'evilexample.com', 'a.example.com.evil.example']
    assert.deepEqual(others.filter(isAllowed), [])
  })

  for (const pattern of ['*', 'https://claude.ai', 'a.*.example', '*example.com', '', 'claude.ai/', 'claude.ai.']) {
    it(`is not said by "${pattern}"`, () => assert.throws(() => trustOf({ block: [pattern] }), TypeError))
  }
})
