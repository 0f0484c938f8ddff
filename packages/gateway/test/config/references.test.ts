// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadConfig } from '../../src/config/index.ts'
import { directory, givenFile, load, problemOf, problemsOf, SERVER, settingsOf } from './given.ts'

describe('references to the environment', () => {
  it('are replaced inside any text, as often as they stand there', () => {
    const { servers } = settingsOf(
      'servers: { a: { upstream: { command: "${env:A}", args: ["${env:A}-${env:B}", "$B ${B}"] }, access: [api-key] } }',
      { A: 'one', B: 'two' },
    )
    assert.deepEqual(servers.get('a')?.upstream, {
      kind: 'stdio',
      command: 'one',
      args: ['one-two', '$B ${B}'],
      env: {},
      cwd: directory,
    })
  })

  it('stand for numbers, durations and choices too', () => {
    const env = { PORT: '9000', IDLE: '1h', LEVEL: 'debug' }
    const yaml = 'listen:\n  port: ${env:PORT}\nlimits:\n  sessionIdle: ${env:IDLE}\nlog:\n  level: ${env:LEVEL}\n'
    const { listen, limits, log } = settingsOf(yaml + SERVER, env)

    assert.deepEqual([listen.port, limits.sessionIdleMs, log.level], [9000, 3_600_000, 'debug'])
  })

  it('put in a value as it is: it is no YAML and refers to nothing further', () => {
    const value = '${env:B}: [x, "y'
    const { servers } = settingsOf(
      'servers: { a: { upstream: { command: a, env: { V: "${env:A}" } }, access: [api-key] } }',
      { A: value, B: 'two' },
    )
    assert.deepEqual(servers.get('a')?.upstream, {
      kind: 'stdio',
      command: 'a',
      args: [],
      env: { V: value },
      cwd: directory,
    })
  })

  it('cannot open the gate wider', () => {
    assert.equal(
      problemOf(`dangerouslyServePlainHttp: "\${env:YES}"\n${SERVER}`, { YES: 'true' }),
      'dangerouslyServePlainHttp: must be true or false',
    )
  })

  it('to a variable that is not set are named, once', () => {
    const problems = problemsOf(`limits:\n  sessions: \${env:NOPE}\n${SERVER}`)
    assert.deepEqual(problems, [
      { line: 2, column: 13, path: 'limits.sessions', message: 'the environment variable NOPE is not set' },
    ])
  })

  it('to a variable that is empty are named', () => {
    assert.equal(
      problemOf(`store: \${env:STORE}\n${SERVER}`, { STORE: '' }),
      'store: the environment variable STORE is empty',
    )
  })

  it('do not find what every object inherits', () => {
    assert.match(problemOf(`store: \${env:constructor}\n${SERVER}`), /constructor is not set$/)
  })

  for (const written of ['${env:}', '${env:A', '${env:A B}', '${env:A-B}']) {
    it(`that are unfinished are named: ${written}`, () => {
      assert.match(problemOf(`store: "${written}"\n${SERVER}`, { A: 'a' }), /^store: has an unfinished reference/)
    })
  }

  it('that only an upstream needs may lead nowhere for a command that starts none; others may not', () => {
    const upstream = 'upstream: { url: "${env:NOPE}", headers: { a: "${env:BAD" } }'
    const file = givenFile('state.yaml', `publicUrl: "\${env:NOPE}"\nservers: { a: { ${upstream}, access: [loud] } }\n`)

    const { problems } = loadConfig(file, {}, 'state')

    assert.deepEqual(
      problems?.map(({ path }) => path),
      ['publicUrl', 'servers.a.upstream.headers.a', 'servers.a.access[0]'],
    )
    const good = givenFile('state.yaml', 'servers: { a: { upstream: { url: "${env:NOPE}" }, access: [api-key] } }\n')
    assert.deepEqual([...(loadConfig(good, {}, 'state').settings?.servers.keys() ?? [])], ['a'])
    assert.match(loadConfig(good, {}).problems?.[0]?.message ?? '', /NOPE is not set/)
  })

  it('that only a gate needs may lead nowhere for a command that starts none', () => {
    const whole = `
listen: { host: 0.0.0.0, port: 9000, tls: { cert: "\${env:NOPE}", key: key.pem } }
allowedHosts: ["\${env:NOPE}"]
cors: { origins: ["\${env:NOPE}"] }
trustedProxies: ["\${env:NOPE}"]
sealingKey: { file: "\${env:NOPE}" }
limits: { sessions: "\${env:NOPE}" }
stdio: { idle: "\${env:NOPE}" }
log: { level: "\${env:NOPE}" }
keys: { overlap: 1h, deliveries: { vault: { command: put, args: ["\${env:NOPE}"] }, ci: { file: ci.key } } }
${SERVER}`
    const file = givenFile('state.yaml', whole)

    const { settings, problems } = loadConfig(file, {}, 'state')

    assert.deepEqual(problems, undefined)
    assert.deepEqual([settings?.listen.port, settings?.keys.overlapSeconds], [9000, 3600])
    assert.deepEqual([...(settings?.keys.deliveries.keys() ?? [])], ['vault', 'ci'])
    assert.equal(loadConfig(file, {}).problems?.length, 9)
  })

  it('that only a gate needs hides no other fault of the file', () => {
    const file = givenFile(
      'state.yaml',
      'servers: [{ upstream: { url: "${env:NOPE}" } }]\nkeys: { deliveries: ["${env:NOPE}"] }\n',
    )

    const { problems } = loadConfig(file, {}, 'state')

    assert.ok(problems?.some(({ message }) => message.startsWith('must be a map of at least one server')))
  })

  it('that leads nowhere is no reason to say that plain HTTP would be served', () => {
    const beyond = `listen: { host: 0.0.0.0 }\ntrustedProxies: ["\${env:NOPE}"]\n${SERVER}`

    assert.equal(loadConfig(givenFile('state.yaml', beyond), {}, 'state').problems, undefined)
  })

  it('that a command needs may not: where keys are kept, how long they live, what URLs begin with', () => {
    const needed = `store: "\${env:NOPE}"\nkeys: { maxAge: "\${env:NOPE}" }\npublicUrl: "\${env:NOPE}"\n`
    const file = givenFile('state.yaml', `${needed}record: { directory: "\${env:NOPE}" }\n${SERVER}`)

    assert.deepEqual(
      loadConfig(file, {}, 'state').problems?.map(({ path }) => path),
      ['store', 'keys.maxAge', 'publicUrl', 'record.directory'],
    )
  })

  it('must be quoted where braces mean a map, and the message says so', () => {
    const message = 'must be quoted inside { } and [ ]: "${env:NAME}"'
    assert.equal(problemOf(`log: { level: \${env:LEVEL} }\n${SERVER}`), message)

    // And what else is wrong in the file is told beside it.
    const headers = '{ a: ${env:A}, b: Bearer ${env:B} }'
    const yaml = `lisen: {}\nservers: { a: { upstream: { url: "https://x", headers: ${headers} }, access: [key] } }`
    assert.deepEqual(
      problemsOf(yaml).map(({ line, path }) => [line, path]),
      [[1, 'lisen'], ...Array.from({ length: 2 }, () => [2, '']), [2, 'servers.a.access[0]']],
    )
  })

  it('to secrets have to wait', () => {
    for (const value of ['Bearer secret:token', 'secret:token']) {
      const yaml = `servers: { a: { upstream: { command: a, env: { T: "${value}" } }, access: [api-key] } }`
      assert.equal(problemOf(yaml), 'servers.a.upstream.env.T: secrets are not available yet; use ${env:NAME}')
    }
    // A value from outside is no reference, whatever it looks like.
    assert.ok(
      load(`servers: { a: { upstream: { command: "\${env:A}" }, access: [api-key] } }`, { A: 'secret:x' }).settings,
    )
  })

  it('never show their value when it is wrong', () => {
    const env = { WRONG: 'hunter2hunter2' }
    const ref = '"${env:WRONG} "'
    const yaml = `
publicUrl: ${ref}
listen: { host: ${ref}, port: ${ref}, tls: { cert: ${ref}, key: ${ref} } }
allowedHosts: [${ref}]
cors: { origins: [${ref}] }
trustedProxies: [${ref}]
store: ${ref}
sealingKey: { env: ${ref} }
limits: { bodyBytes: ${ref}, sessions: ${ref}, sessionIdle: ${ref} }
log: { level: ${ref} }
record: { stderr: ${ref} }
servers:
  a:
    upstream: { url: ${ref}, headers: { x: ${ref} }, forwardHeaders: [${ref}] }
    access: [${ref}]
    scopes: { s: [${ref}] }
    methods: [${ref}]
    tenant: ${ref}
  b: { upstream: { command: x, cwd: ${ref} }, access: ${ref} }
`
    const problems = problemsOf(yaml, env)

    assert.ok(problems.length >= 20, JSON.stringify(problems, null, 1))
    assert.ok(!JSON.stringify(problems).includes('hunter2'))
  })
})
