import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { matchAny } from '../../src/policy/index.ts'

const matches = (pattern: string, name: string) => matchAny([pattern])(name)

it('a name without a star means that name, with its case and every character', () => {
  assert.equal(matches('read_file', 'read_file'), true)
  for (const name of [
    'Read_File',
    'read_file ',
    ' read_file',
    'read_fil',
    'read_filee',
    'read-file',
    '',
    'read_ﬁle',
    'read_file\u0000',
  ]) {
    assert.equal(matches('read_file', name), false, name)
  }
})

it('a star stands for any characters, none included', () => {
  const cases: [string, string[], string[]][] = [
    ['read_*', ['read_', 'read_file', 'read_*', 'read_a\nb'], ['read', 'Read_file', 'xread_file', '']],
    ['*_file', ['_file', 'read_file'], ['read_files', 'file']],
    ['read_*_file', ['read__file', 'read_a_file', 'read_a_b_file'], ['read_file', 'read_file_', 'read_a_filex']],
    ['a*b*c', ['abc', 'axbxc', 'abbcc', 'a*b*c'], ['ac', 'acb', 'abcd', 'bac']],
    ['*a*', ['a', 'xa', 'ax', 'xax'], ['', 'x', 'A']],
    ['**', ['', 'x'], []],
    ['a**b', ['ab', 'axb'], ['a', 'b']],
    ['a*a', ['aa', 'axa'], ['a', 'ab', '']],
    ['ab*ba', ['abba', 'abxba'], ['aba']],
    ['a*ab*b', ['aabb', 'axabxb'], ['aab', 'abb', 'ab']],
    ['', [''], ['x']],
  ]

  for (const [pattern, yes, no] of cases) {
    for (const name of yes) assert.equal(matches(pattern, name), true, `${pattern} ${name}`)
    for (const name of no) assert.equal(matches(pattern, name), false, `${pattern} ${name}`)
  }
})

it('nothing but the star has a meaning', () => {
  for (const pattern of ['.', '.*', '[a-z]', 'a?', 'a+', '(a|b)', '^a$', '\\*', '%', '_', 'a{1,2}', '$&']) {
    assert.equal(matches(pattern, pattern.replaceAll('*', 'x')), true, pattern)
    if (!pattern.includes('*')) assert.equal(matches(pattern, 'a'), false, pattern)
  }
  assert.equal(matches('.*', 'a'), false)
})

it('any of several suffices, none of none', () => {
  const test = matchAny(['read_*', 'ping', '*_safe'])

  for (const name of ['read_x', 'ping', 'write_safe']) assert.equal(test(name), true)
  for (const name of ['write_x', 'pin', 'pingx', 'safe']) assert.equal(test(name), false)
  assert.equal(matchAny([])(''), false)
  assert.equal(matchAny([])('x'), false)
  assert.equal(matchAny(['x', '*'])('anything'), true)
})

it('names that the language knows are names like others', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    assert.equal(matches('read', name), false)
    assert.equal(matches(name, name), true)
  }
})

it('agrees with the regular expression that says the same', () => {
  const letter = fc.constantFrom('a', 'b', '*')
  fc.assert(
    fc.property(
      fc.string({ unit: letter, maxLength: 8 }),
      fc.string({ unit: letter, maxLength: 12 }),
      (pattern, name) => {
        const expression = new RegExp(`^${pattern.split('*').join('.*')}$`, 's')

        assert.equal(matches(pattern, name), expression.test(name))
      },
    ),
    { numRuns: 5000 },
  )
})

it('patterns that drive backtracking matchers mad are matched at once', () => {
  const start = performance.now()

  assert.equal(matches(`${'a*'.repeat(1000)}b`, 'a'.repeat(10_000)), false)
  assert.equal(matches(`${'*a'.repeat(1000)}*`, 'a'.repeat(10_000)), true)
  assert.equal(matches('*'.repeat(10_000), 'a'.repeat(10_000)), true)
  assert.equal(matches(`*${'a'.repeat(5000)}b*`, 'a'.repeat(100_000)), false)

  assert.ok(performance.now() - start < 2000)
})
