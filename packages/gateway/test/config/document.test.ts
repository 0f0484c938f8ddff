import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig } from '../../src/config/index.ts'
import { directory, problemOf, problemsOf, SERVER, settingsOf } from './given.ts'

describe('a file with many problems', () => {
  it('is answered once, with all of them, in the order of their lines', () => {
    const problems = problemsOf(`publicUrl: http://mcp.example.com
shared: redis://cache
lisen: {}
limits:
  bodyBytes: 4MB
  sessions: 0
log: { level: loud, level: info }
servers:
  files:
    upstream: { command: files }
    acces: [api-key]
  github:
    upstream:
      url: https://user:pass@internal
      headers: { host: x, authorization: "Bearer \${env:NOPE}" }
    access: [public, api-key]
`)

    assert.deepEqual(
      problems.map(
        ({ line, column, path, message }) => `${line}:${column} ${path}: ${message.split(/[:(]/)[0]?.trim()}`,
      ),
      [
        '1:12 publicUrl: must use https; http is for addresses of this machine only',
        '2:1 shared: is not available yet',
        '3:1 lisen: unknown key `lisen`; did you mean `listen`?',
        '5:14 limits.bodyBytes: must be a size such as "4MiB"',
        '6:13 limits.sessions: must be a whole number between 1 and 1000000',
        '7:15 log.level: must be one of `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`',
        '7:21 log.level: this key stands twice in its map',
        '9:3 servers.files.access: is required',
        '11:5 servers.files.acces: unknown key `acces`; did you mean `access`?',
        '14:12 servers.github.upstream.url: must not hold a user name or password; send them in `headers`',
        '15:18 servers.github.upstream.headers.host: is set by the gate and cannot be set here',
        '15:42 servers.github.upstream.headers.authorization: the environment variable NOPE is not set',
        '16:5 servers.github.access: `public` cannot be combined',
      ],
    )
  })
})

describe('what is no configuration', () => {
  const cases: [what: string, content: string | Uint8Array, message: RegExp][] = [
    ['an empty file', '', /^is empty; it needs at least `servers`$/],
    ['a comment', '# nothing yet\n', /^is empty/],
    ['a list', '- a\n', /^must be a map of settings$/],
    ['no servers', 'log: { level: info }\n', /^servers: is required$/],
    ['servers without one', 'servers: {}\n', /^servers: must be a map of at least one server/],
    ['servers with nothing', 'servers:\n', /^servers: must be a map of at least one server/],
    ['a server with nothing', 'servers:\n  a:\n', /^servers\.a: has no value/],
    ['bytes that are no text', Uint8Array.of(0x61, 0xff, 0xfe), /^is not UTF-8 text$/],
    ['two documents', `${SERVER}---\n${SERVER}`, /^the file must hold one YAML document/],
    ['a tab as indentation', 'servers:\n\ta: 1\n', /^indentation must be spaces, not tabs$/],
    ['an unfinished list', 'allowedHosts: [a\n', /^is not YAML/],
    ['a tag', `log: !!binary aaaa\n${SERVER}`, /^YAML tags .* have no meaning here$/],
    ['YAML 1.1', `%YAML 1.1\n---\n${SERVER}`, /^must be YAML 1\.2$/],
    ['an alias to nothing', `allowedHosts: *hosts\n${SERVER}`, /^allowedHosts: this alias .* has no anchor/],
    ['a map as a key', `? { a: 1 }\n: 2\n${SERVER}`, /^a key must be plain text$/],
    ['a key that is nothing', `~: 2\n${SERVER}`, /^a key must be plain text$/],
    ['a prototype', `__proto__: { a: 1 }\n${SERVER}`, /^__proto__: cannot be used as a key$/],
    [
      'a key without a value',
      `log:\n${SERVER}`,
      /^log: has no value; give it one, indented below it, or remove the key$/,
    ],
    ['the same key twice', `log: {}\nlog: {}\n${SERVER}`, /^log: this key stands twice in its map$/],
    ['the same key as number and text', `1: a\n"1": a\n${SERVER}`, /^1: this key stands twice in its map$/],
  ]
  for (const [what, content, message] of cases) {
    it(`refuses ${what}`, () => {
      const said = problemsOf(content).map(({ path, message: text }) => (path === '' ? text : `${path}: ${text}`))
      assert.ok(
        said.some((text) => message.test(text)),
        said.join('\n'),
      )
      if (typeof content === 'string')
        assert.ok(problemsOf(content).every(({ line, column }) => line >= 1 && column >= 1))
    })
  }

  it('says so when there is no such file', () => {
    const { problems } = loadConfig(join(directory, 'nowhere.yaml'), {})
    const expected = { line: 0, column: 0, path: '', message: 'there is no such file; name one with --config FILE' }
    assert.deepEqual(problems, [expected])
  })

  it('says so when the file is a directory', () => {
    assert.match(loadConfig(directory, {}).problems?.[0]?.message ?? '', /is a directory/)
  })

  it('refuses a file beyond a mebibyte', () => {
    assert.equal(problemOf(`${SERVER}# ${'x'.repeat(1024 ** 2)}`), 'is longer than 1 MiB')
  })
})

describe('aliases', () => {
  it('repeat what they stand for', () => {
    const { servers } = settingsOf(`
servers:
  a: { upstream: &shared { command: tool }, access: [api-key] }
  b: { upstream: *shared, access: [api-key] }
`)
    assert.deepEqual(servers.get('b')?.upstream, servers.get('a')?.upstream)
  })

  it('mean the last anchor of their name that was written before them', () => {
    const { allowedHosts } = settingsOf(`
keys: { deliveries: { one: &one { file: &name first } } }
log: { level: info }
cors: { origins: [] }
record: { directory: &name second }
allowedHosts: [*name]
${SERVER}`)
    assert.deepEqual(allowedHosts, ['second'])
  })

  it('that multiply without end are refused, and quickly', () => {
    const levels = Array.from({ length: 9 }, (_, level) => {
      const refs = Array.from({ length: 9 }, () => `*a${level}`).join(', ')
      return `x${level + 1}: &a${level + 1} [${refs}]`
    })
    const started = performance.now()

    assert.match(problemOf(`x0: &a0 [lol]\n${levels.join('\n')}\n`), /too large or nested too deeply/)
    assert.ok(performance.now() - started < 2000)
  })

  it('that contain themselves are refused', () => {
    assert.match(problemOf(`a: &a { b: *a }\n${SERVER}`), /too large or nested too deeply/)
  })

  it('cannot hide in nesting that exhausts the parser', () => {
    assert.match(problemOf('['.repeat(50_000)), /nested too deeply/)
  })
})
