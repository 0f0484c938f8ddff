import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CERTIFICATE, KEY } from './certificate.ts'
import { directory, givenFile, problemOf, problemsOf, SERVER, settingsOf, warningsOf } from './given.ts'

const BEYOND = 'listen: { host: 0.0.0.0 }\npublicUrl: https://mcp.example.com\n'

describe('listening beyond this machine', () => {
  it('over plain HTTP is refused, with the three ways out', () => {
    for (const host of ['0.0.0.0', '"::"', '10.0.0.5', 'gate.internal', '"::ffff:10.0.0.5"']) {
      const message = problemOf(`listen: { host: ${host} }\n${SERVER}`)

      assert.match(message, /^listen\.host: would serve beyond this machine over plain HTTP/)
      for (const way of ['listen.tls', 'trustedProxies', 'dangerouslyServePlainHttp: true']) {
        assert.ok(message.includes(way), message)
      }
    }
  })

  it('is told beside whatever else is wrong', () => {
    const paths = problemsOf(`listen: { host: 0.0.0.0 }\nlog: { level: loud }\n${SERVER}`).map(({ path }) => path)
    assert.deepEqual(paths, ['listen.host', 'log.level'])
  })

  it('is accepted with certificates, behind a proxy, or when told so loudly', () => {
    givenFile('cert.pem', CERTIFICATE)
    givenFile('key.pem', KEY)
    for (const more of [
      'listen: { host: 0.0.0.0, tls: { cert: cert.pem, key: key.pem } }',
      'listen: { host: 0.0.0.0 }\ntrustedProxies: [10.0.0.5]',
      'listen: { host: 0.0.0.0 }\ndangerouslyServePlainHttp: true',
    ]) {
      assert.equal(settingsOf(`${more}\n${SERVER}`).listen.host, '0.0.0.0')
    }
  })

  it('needs the address that clients know where people sign in: it names the issuer', () => {
    const signing = SERVER.replace('[api-key]', '[oauth]')
    const behind = 'listen: { host: 0.0.0.0 }\ntrustedProxies: [10.0.0.5]'

    assert.match(
      problemOf(`${behind}\n${signing}`),
      /^servers\.\w+\.access: `publicUrl` must be set where people sign in/,
    )
    assert.equal(settingsOf(`${behind}\npublicUrl: https://mcp.example.com\n${signing}`).servers.size, 1)
    assert.equal(settingsOf(signing).servers.size, 1, 'on loopback it is known')
  })

  it('is no matter on addresses that only this machine has', () => {
    for (const host of ['127.0.0.1', '127.8.9.10', '"::1"', '"::ffff:127.0.0.1"', 'localhost']) {
      assert.ok(settingsOf(`listen: { host: ${host} }\n${SERVER}`))
    }
  })
})

describe('warnings', () => {
  const cases: [what: string, yaml: string, warning: RegExp][] = [
    ['plain HTTP', `dangerouslyServePlainHttp: true\n${SERVER}`, /^dangerouslyServePlainHttp: plain HTTP is served/],
    ['an incomplete record', `dangerouslyServeUnrecorded: true\n${SERVER}`, /^dangerouslyServeUnrecorded: calls are/],
    ['a store in memory', `store: "memory:"\n${SERVER}`, /^store: everything is kept in memory/],
    [
      'an upstream on another machine over plain HTTP',
      'servers: { a: { upstream: { url: "http://10.0.0.9/mcp" }, access: [api-key] } }',
      /^servers\.a\.upstream\.url: requests go to another machine over plain HTTP/,
    ],
    [
      'scopes that nobody can hold',
      'servers: { a: { upstream: { command: a }, access: [public], scopes: { s: [x] } } }',
      /^servers\.a\.scopes: callers of a public server/,
    ],
    [
      'a sealing key beside the database of a public gate',
      `${BEYOND}trustedProxies: [10.0.0.5]\n${SERVER}`,
      /^sealingKey: the sealing key lies beside the database/,
    ],
    [
      'a sealing key put there by name, behind a proxy on the same machine',
      `publicUrl: https://mcp.example.com\nsealingKey: { file: ./my.key }\n${SERVER}`,
      /^sealingKey: the sealing key lies beside/,
    ],
    [
      'an address that no caller could be told',
      `listen: { host: 0.0.0.0 }\ntrustedProxies: [10.0.0.5]\nsealingKey: { file: keys/k }\n${SERVER}`,
      /^listen\.host: listens on every address.*set `publicUrl`$/,
    ],
    [
      'roles that nobody can have',
      'servers: { a: { upstream: { command: a }, access: [oauth, api-key], rules: [{ tools: [x], roles: [r] }] } }',
      /^servers\.a\.rules\[0\]\.roles: nobody has a role here/,
    ],
    [
      'a tenant that nobody can have',
      'servers: { a: { upstream: { command: a }, access: [oauth], rules: [{ tools: [x], tenant: t }] } }',
      /^servers\.a\.rules\[0\]\.tenant: nobody has a tenant here/,
    ],
    [
      'more connections than files may be open',
      `limits: { connections: 1000000 }\n${SERVER}`,
      /^limits\.connections: /,
    ],
  ]
  for (const [what, yaml, warning] of cases) {
    it(`tell of ${what}`, () => {
      const warnings = warningsOf(yaml)
      assert.ok(
        warnings.some((text) => warning.test(text)),
        warnings.join('\n'),
      )
    })
  }

  it('say nothing of roles and tenants that callers can have', () => {
    const rule = 'rules: [{ tools: [x], roles: [r], tenant: t }]'
    const issuers = 'issuers: { i: { issuer: "https://i.example", claims: { tenant: org } } }\n'
    const server = (more: string) => `servers: { a: { upstream: { command: a }, ${more} } }`
    for (const yaml of [
      `${issuers}${server(`access: [oauth], issuers: [i], ${rule}`)}`,
      server('access: [api-key], rules: [{ tools: [x], tenant: t }]'),
      server('access: [oauth], tenant: t, rules: [{ tools: [x], tenant: t }]'),
    ]) {
      const warnings = warningsOf(yaml)
      assert.deepEqual(
        warnings.filter((text) => text.includes('nobody has')),
        [],
        yaml,
      )
    }
  })

  const program = (command: string, more = '') =>
    `servers: { a: { upstream: { command: ${command}${more} }, access: [api-key] } }`
  const missing: [what: string, yaml: string, warning: RegExp | undefined][] = [
    ['that is not there', program('./nowhere'), /^servers\.a\.upstream\.command: names a program that does not exist$/],
    ['whose arguments stand beside it', program('./run.sh --port 1'), /does not exist; arguments belong in `args`$/],
    ['that is no program', program('./plain.txt'), /command: names what cannot be executed$/],
    ['that is a directory', program('./'), /command: names what cannot be executed$/],
    ['that is there', program('./run.sh'), undefined],
    ['that is looked for in vain', program('run-elsewhere.sh'), /command: names a program that is not in the search/],
    ['with arguments that is looked for in vain', program('npx -y x'), /\(PATH\); arguments belong in `args`$/],
    ['that is in the search path', program('run.sh'), undefined],
    ['that is in a search path of its own', program('run.sh', ', env: { PATH: /nowhere }'), /search path/],
    [
      'that is to take new keys',
      `keys: { deliveries: { a: { command: ./nowhere } } }\n${program('run.sh')}`,
      /^keys\.deliveries\.a\.command: names a program that does not exist$/,
    ],
  ]
  for (const [what, yaml, warning] of missing) {
    it(`${warning === undefined ? 'say nothing of' : 'tell of'} a program ${what}`, () => {
      givenFile('plain.txt', '')
      chmodSync(givenFile('run.sh', '#!/bin/sh\n'), 0o700)

      const warnings = warningsOf(yaml, { PATH: directory })

      assert.equal(warnings.length, warning === undefined ? 0 : 1, warnings.join('\n'))
      if (warning !== undefined) assert.match(warnings[0] ?? '', warning)
    })
  }

  it('tell of a program that only npm finds, when it starts the gate in a clone', () => {
    const bin = fileURLToPath(new URL('../../../../node_modules/.bin', import.meta.url))
    const yaml = `keys: { deliveries: { a: { command: tsc } } }\n${program('tsc')}`

    const warnings = warningsOf(yaml, { PATH: `${bin}:${directory}` })

    assert.equal(warnings.filter((text) => text.includes('not in the search path')).length, 2, warnings.join('\n'))
  })

  it('point at their line', () => {
    const [warning] = settingsOf(`${SERVER}\nstore: "memory:"\n`).warnings
    assert.deepEqual([warning?.line, warning?.column], [3, 8])
  })

  it('are silent about a careful configuration', () => {
    const yaml = `${BEYOND}trustedProxies: [10.0.0.5]\nsealingKey: { env: SEALING_KEY }
servers:
  a: { upstream: { url: "https://internal/mcp" }, access: [unlisted] }
  b: { upstream: { url: "http://localhost:3000/mcp" }, access: [api-key], scopes: { s: [x] } }
`
    assert.deepEqual(warningsOf(yaml, { SEALING_KEY: 'k' }), [])
    assert.deepEqual(settingsOf(yaml, { SEALING_KEY: 'k' }).sealingKey, { kind: 'env', name: 'SEALING_KEY' })
  })
})
