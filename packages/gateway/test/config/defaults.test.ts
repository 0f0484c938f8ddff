import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { publicUrlOf } from '../../src/config/index.ts'
import { directory, SERVER, settingsOf } from './given.ts'

const DAY = 86_400

describe('defaults', () => {
  it('need nothing but a server', () => {
    const { limits, servers, warnings, ...settings } = settingsOf(SERVER)
    const { connections, ...otherLimits } = limits

    assert.deepEqual(settings, {
      file: join(directory, 'portcullis.yaml'),
      directory,
      listen: { host: '127.0.0.1', port: 8000 },
      allowedHosts: [],
      cors: { origins: [] },
      trustedProxies: [],
      dangerouslyServePlainHttp: false,
      dangerouslyServeUnrecorded: false,
      store: { kind: 'sqlite', file: join(directory, 'portcullis.db') },
      sealingKey: { kind: 'file', file: join(directory, 'sealing.key') },
      stdio: { maxPerPrincipal: 4, maxTotal: 16, idleMs: 600_000, answerTimeoutMs: 300_000 },
      keys: {
        maxAgeSeconds: 90 * DAY,
        remindBeforeSeconds: [14 * DAY, 7 * DAY, DAY],
        overlapSeconds: DAY,
        rotateBeforeSeconds: 7 * DAY,
        deliveries: new Map(),
      },
      oauth: {
        accessTokenSeconds: 900,
        refreshTokenSeconds: 7 * DAY,
        grantSeconds: 90 * DAY,
        registration: 'open',
        documents: { block: [] },
        redirectUris: [],
        signingAlgorithm: 'ES256',
      },
      issuers: new Map(),
      record: {
        directory: join(directory, 'spool'),
        segmentBytes: 32 * 1024 ** 2,
        retainSeconds: 90 * DAY,
        stderr: false,
      },
      log: { level: 'info' },
    })
    assert.deepEqual(otherLimits, {
      bodyBytes: 4 * 1024 ** 2,
      headerBytes: 16 * 1024,
      headersTimeoutMs: 10_000,
      bodyTimeoutMs: 30_000,
      upstreamHeadersTimeoutMs: 300_000,
      eventBytes: 16 * 1024 ** 2,
      sessions: 10_000,
      sessionIdleMs: 86_400_000,
    })
    assert.ok(connections >= 16 && connections <= 10_000)
    assert.deepEqual(servers.get('files'), {
      name: 'files',
      upstream: { kind: 'stdio', command: 'files', args: [], env: {}, cwd: directory },
      access: new Set(['api-key']),
      issuers: [],
      scopes: {},
      rules: [],
      clients: {},
      scopeTexts: {},
      baseScopes: ['mcp:read', 'mcp:write'],
      methods: new Set(),
    })
    assert.deepEqual(warnings, [])
  })

  it('take the public URL from where the gate listens, once the port is known', () => {
    assert.equal(publicUrlOf(settingsOf(`listen: { port: 0 }\n${SERVER}`), 4321), 'http://127.0.0.1:4321')
    assert.equal(publicUrlOf(settingsOf(`listen: { host: "::1", port: 80 }\n${SERVER}`)), 'http://[::1]')
    assert.equal(
      publicUrlOf(settingsOf(`publicUrl: https://mcp.example.com/\n${SERVER}`), 1),
      'https://mcp.example.com',
    )
  })

  it('put the sealing key and the record beside the database', () => {
    const { sealingKey, record } = settingsOf(`store: sqlite:state/gate.db\n${SERVER}`)

    assert.deepEqual(sealingKey, { kind: 'file', file: join(directory, 'state', 'sealing.key') })
    assert.equal(record.directory, join(directory, 'state', 'spool'))
  })

  it('keep reminders and rotation within a shorter age limit', () => {
    const { keys } = settingsOf(`keys: { maxAge: 2d }\n${SERVER}`)

    assert.deepEqual(keys.remindBeforeSeconds, [DAY])
    assert.equal(keys.rotateBeforeSeconds, DAY)
  })

  it('never allow one caller more programs than there may be at all', () => {
    assert.equal(settingsOf(`stdio: { maxTotal: 2 }\n${SERVER}`).stdio.maxPerPrincipal, 2)
  })
})

describe('settled values', () => {
  it('carry their unit in the name and every path from the file on', () => {
    const settings = settingsOf(`
listen: { port: 9000 }
allowedHosts: [MCP.Internal, "[::1]:8443"]
cors: { origins: ["https://App.Example.com:443", "http://localhost:5173"] }
trustedProxies: [10.0.0.5, 10.1.0.0/16, "fd00::/8"]
store: sqlite:/var/lib/portcullis/gate.db
sealingKey: { file: ../keys/sealing.key }
limits: { bodyBytes: 1MiB, headersTimeout: 250ms, sessionIdle: 2h, sessions: 5, connections: 20 }
keys:
  remindBefore: [1d, 30d]
  overlap: 0s
  deliveries: { ci: { file: ci.key }, vault: { command: ./put.sh, args: [a] }, lookup: { command: put } }
record: { directory: record, retain: 30d, stderr: true }
log: { level: warn }
${SERVER}`)

    assert.deepEqual(settings.allowedHosts, ['mcp.internal', '[::1]:8443'])
    assert.deepEqual(settings.cors.origins, ['https://app.example.com', 'http://localhost:5173'])
    assert.deepEqual(settings.trustedProxies, ['10.0.0.5', '10.1.0.0/16', 'fd00::/8'])
    assert.deepEqual(settings.store, { kind: 'sqlite', file: '/var/lib/portcullis/gate.db' })
    assert.deepEqual(settings.sealingKey, { kind: 'file', file: join(directory, '..', 'keys', 'sealing.key') })
    assert.equal(settings.limits.bodyBytes, 1024 ** 2)
    assert.equal(settings.limits.headersTimeoutMs, 250)
    assert.equal(settings.limits.sessionIdleMs, 7_200_000)
    assert.equal(settings.limits.connections, 20)
    assert.deepEqual(settings.keys.remindBeforeSeconds, [30 * DAY, DAY])
    assert.equal(settings.keys.overlapSeconds, 0)
    assert.deepEqual(settings.keys.deliveries.get('ci'), { kind: 'file', file: join(directory, 'ci.key') })
    assert.deepEqual(settings.keys.deliveries.get('vault'), {
      kind: 'command',
      command: join(directory, 'put.sh'),
      args: ['a'],
    })
    assert.deepEqual(settings.keys.deliveries.get('lookup'), { kind: 'command', command: 'put', args: [] })
    assert.equal(settings.record.directory, join(directory, 'record'))
    assert.equal(settings.record.retainSeconds, 30 * DAY)
    assert.equal(settings.record.stderr, true)
    assert.equal(settings.log.level, 'warn')
  })

  it('keep a server apart from what every object inherits', () => {
    const { servers } = settingsOf('servers: { constructor: { upstream: { url: "https://x" }, access: [public] } }')

    assert.equal(servers.get('constructor')?.upstream.kind, 'http')
    assert.equal(servers.get('toString'), undefined)
  })

  it('describe an upstream over HTTP with lower-case header names', () => {
    const { servers } = settingsOf(
      `
servers:
  github:
    upstream:
      url: https://internal:3000/mcp?team=a
      headers: { Authorization: "Bearer \${env:TOKEN}" }
      forwardHeaders: [X-Request-Id]
    access: [api-key, unlisted]
    scopes: { "files:read": ["read_*", list] }
    rules: [{ tools: ["read_*"], roles: [editor], scopes: [mcp:write] }]
    clients: { c1: [list] }
    methods: [vendor/search]
    tenant: acme
`,
      { TOKEN: 't0ken' },
    )

    assert.deepEqual(servers.get('github'), {
      name: 'github',
      upstream: {
        kind: 'http',
        url: 'https://internal:3000/mcp?team=a',
        headers: [['authorization', 'Bearer t0ken']],
        forwardHeaders: ['x-request-id'],
      },
      access: new Set(['api-key', 'unlisted']),
      issuers: [],
      scopes: { 'files:read': ['read_*', 'list'] },
      rules: [{ tools: ['read_*'], roles: ['editor'], scopes: ['mcp:write'] }],
      clients: { c1: ['list'] },
      scopeTexts: {},
      baseScopes: ['mcp:read'],
      methods: new Set(['vendor/search']),
      tenant: 'acme',
    })
  })
})
