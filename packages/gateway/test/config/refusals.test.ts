import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CERTIFICATE, KEY, OTHER_KEY } from './certificate.ts'
import { directory, givenFile, load, problemOf, problemsOf, SERVER, serverProblem } from './given.ts'

/** Each setting by itself: what is refused, and the words for it. */
const REFUSED: readonly [setting: string, message: RegExp][] = [
  ['publicUrl: mcp.example.com', /^publicUrl: must be a URL such as/],
  ['publicUrl: "https:mcp.example.com"', /must be a URL such as/],
  ['publicUrl: ftp://mcp.example.com', /must be a URL such as/],
  ['publicUrl: http://mcp.example.com', /must use https/],
  ['publicUrl: https://mcp.example.com/gate', /must not have a path/],
  ['publicUrl: https://mcp.example.com?a=1', /must not have a query or a fragment/],
  ['publicUrl: "https://mcp.example.com#a"', /must not have a query or a fragment/],
  ['publicUrl: https://me:word@mcp.example.com', /must not hold a user name or password/],
  ['publicUrl: 5', /^publicUrl: must be a URL$/],
  ['listen: 8000', /^listen: must be a map of settings, such as \{ host: 127\.0\.0\.1, port: 8000 \}$/],
  ['listen: { port: 65536 }', /^listen\.port: must be a whole number between 0 and 65535$/],
  ['listen: { port: -1 }', /whole number/],
  ['oauth: { accessToken: 30s }', /^oauth\.accessToken: must be/],
  ['oauth: { refreshToken: 30d, grant: 7d }', /^oauth\.refreshToken: must not be longer than `oauth\.grant`$/],
  ['oauth: { registration: closed }', /^oauth\.registration: must be one of `open`, `gated`, `off`$/],
  ['oauth: { documents: { allow: ["https://claude.ai"] } }', /^oauth\.documents\.allow\[0\]: must be a host name/],
  ['oauth: { redirectUris: ["javascript:alert(1)"] }', /must have the scheme of an application/],
  ['oauth: { redirectUris: ["https://app.example/cb"] }', /https and loopback need no permission/],
  ['oauth: { redirectUris: [myapp] }', /must be a whole URI/],
  ['listen: { port: 80.5 }', /whole number/],
  ['listen: { port: "80 " }', /whole number/],
  ['listen: { host: "[::1]" }', /^listen\.host: must be a host name or an IP address, without brackets or port$/],
  ['listen: { host: "127.0.0.1:80" }', /without brackets or port/],
  ['listen: { host: 127.1 }', /must be a host name or an IP address/],
  ['listen: { host: "127.0.1" }', /must be a host name or an IP address/],
  ['listen: { prot: 80 }', /^listen\.prot: unknown key `prot`; did you mean `port`\?$/],
  ['allowedHosts: mcp.internal', /^allowedHosts: must be a list, such as/],
  ['allowedHosts: ["*"]', /^allowedHosts\[0\]: must be a host or host:port/],
  ['allowedHosts: ["https://mcp.internal"]', /must be a host or host:port/],
  ['allowedHosts: ["mcp.internal:0"]', /must be a host or host:port/],
  ['allowedHosts: ["::1"]', /must be a host or host:port/],
  ['allowedHosts: [a.test, A.test]', /^allowedHosts\[1\]: stands in this list twice$/],
  ['cors: { origins: ["*"] }', /wildcards are not accepted/],
  ['cors: { origins: ["https://*.example.com"] }', /wildcards are not accepted/],
  ['cors: { origins: ["null"] }', /must not be `null`/],
  ['cors: { origins: ["https://example.com/app"] }', /must be an origin such as/],
  ['cors: { origins: ["https://u@example.com"] }', /must be an origin such as/],
  ['cors: { origins: ["http://example.com"] }', /must use https/],
  ['trustedProxies: [proxy.internal]', /^trustedProxies\[0\]: must be an IP address or a range/],
  ['trustedProxies: ["10.1"]', /must be an IP address or a range/],
  ['trustedProxies: [0x7f.0.0.1]', /must be an IP address or a range/],
  ['trustedProxies: [10.0.0.0/33]', /must be an IP address or a range/],
  ['trustedProxies: [10.0.0.0/8/8]', /must be an IP address or a range/],
  ['trustedProxies: ["fe80::1%eth0"]', /must be an IP address or a range/],
  ['trustedProxies: [0.0.0.0/0]', /must not be every address there is/],
  ['trustedProxies: ["::/0"]', /must not be every address there is/],
  ['dangerouslyServePlainHttp: yes', /^dangerouslyServePlainHttp: must be true or false$/],
  ['dangerouslyServeUnrecorded: 1', /^dangerouslyServeUnrecorded: must be true or false$/],
  ['store: postgres://db/portcullis', /^store: Postgres is not available yet; use sqlite:PATH$/],
  ['store: mysql://db', /^store: must be sqlite:PATH, or memory: for a trial$/],
  ['store: "sqlite:"', /must name a file/],
  ['store: sqlite:state/', /must name a file/],
  ['store: sqlite://state/gate.db', /without `\/\/`/],
  ['store: "sqlite::memory:"', /must be memory:/],
  ['shared: redis://cache', /^shared: is not available yet$/],
  ['sealingKey: { file: a, env: B }', /^sealingKey/],
  ['sealingKey: {}', /^sealingKey: must hold either `file` or `env`$/],
  ['sealingKey: a', /^sealingKey: must hold either `file` or `env`$/],
  ['sealingKey: { env: NOT_THERE }', /^sealingKey\.env: names an environment variable that is not set$/],
  ['sealingKey: { env: "A B" }', /^sealingKey\.env: must be the name of an environment variable/],
  ['limits: { bodyBytes: 4096 }', /^limits\.bodyBytes: must be a size such as "4MiB" \(units: B, KiB, MiB, GiB\)$/],
  ['limits: { bodyBytes: 4MB }', /must be a size/],
  ['limits: { bodyBytes: 1GiB }', /^limits\.bodyBytes: must be between 1KiB and 256MiB$/],
  ['limits: { headersTimeout: 10 }', /must be a duration such as "30s" \(units: ms, s, m, h, d\)$/],
  ['limits: { headersTimeout: 10sec }', /must be a duration/],
  ['limits: { headersTimeout: 1.5s }', /must be a duration/],
  ['limits: { headersTimeout: 0s }', /^limits\.headersTimeout: must be between 100ms and 10m$/],
  ['limits: { sessionIdle: 25d }', /must be between 1s and 24d/],
  ['limits: { sessions: 0 }', /whole number between 1 and 1000000/],
  ['stdio: { maxTotal: many }', /^stdio\.maxTotal: must be a whole number/],
  ['keys: { maxAge: 7d, rotateBefore: 7d }', /^keys\.rotateBefore: must be shorter than `keys\.maxAge`$/],
  ['keys: { maxAge: 7d, remindBefore: [1d, 8d] }', /^keys\.remindBefore\[1\]: must be shorter than `keys\.maxAge`$/],
  ['keys: { remindBefore: 1d }', /^keys\.remindBefore: must be a list/],
  ['keys: { remindBefore: [24h, 1d] }', /twice/],
  ['keys: { deliveries: { "a b": { file: x } } }', /^keys\.deliveries\.a b: is not a name/],
  ['keys: { deliveries: { a: {} } }', /^keys\.deliveries\.a: must hold either `file` or `command`$/],
  ['keys: { deliveries: { a: { file: "" } } }', /^keys\.deliveries\.a\.file: must not be empty$/],
  ['keys: { deliveries: { a: { comand: x, file: y } } }', /unknown key `comand`; did you mean `command`\?$/],
  ['record: { directory: "" }', /^record\.directory: must not be empty$/],
  ['record: { stderr: "yes" }', /^record\.stderr: must be true or false$/],
  ['log: { level: inof }', /^log\.level: must be one of .*; did you mean `info`\?$/],
  ['serves: {}', /^serves: unknown key `serves`; did you mean `servers`\?$/],
  ['entirelyUnknown: {}', /^entirelyUnknown: unknown key `entirelyUnknown`$/],
]

describe('settings', () => {
  for (const [setting, message] of REFUSED) {
    it(`refuse ${setting}`, () => assert.match(problemOf(`${setting}\n${SERVER}`).replaceAll('\n', ' '), message))
  }
})

const OK_UPSTREAM = 'upstream: { command: a }'
const REFUSED_SERVERS: readonly [server: string, message: RegExp][] = [
  [OK_UPSTREAM, /^servers\.s\.access: is required$/],
  ['access: [api-key]', /^servers\.s\.upstream: is required$/],
  [`${OK_UPSTREAM}, access: []`, /^servers\.s\.access: must not be empty$/],
  [`${OK_UPSTREAM}, access: api-key`, /^servers\.s\.access: must be a list, such as \[api-key\]$/],
  [`${OK_UPSTREAM}, access: [api-keys]`, /^servers\.s\.access\[0\]: must be one of .*did you mean `api-key`\?$/],
  [`${OK_UPSTREAM}, access: [api-key, api-key]`, /^servers\.s\.access\[1\]: stands in this list twice$/],
  [
    `${OK_UPSTREAM}, access: [mtls]`,
    /^servers\.s\.access\[0\]: the access mode `mtls` is not available yet; now there are `public`, `unlisted`, `api-key`, `oauth`, `jwt`$/,
  ],
  [`${OK_UPSTREAM}, access: [oauth], scopes: { openid: [a] }`, /has a meaning of its own in OAuth/],
  [`${OK_UPSTREAM}, access: [api-key], baseScopes: [mcp:read]`, /says what to ask for when signing in/],
  [`${OK_UPSTREAM}, access: [oauth], baseScopes: [files:read]`, /is no scope of this server/],
  [
    `${OK_UPSTREAM}, access: [oauth], scopeTexts: { files:read: Read }`,
    /^servers\.s\.scopeTexts.*is no scope of this server/,
  ],
  [
    `${OK_UPSTREAM}, access: [public, unlisted]`,
    /^servers\.s\.access: `public` cannot be combined: .* come in without/,
  ],
  [`${OK_UPSTREAM}, access: [api-key], acess: []`, /unknown key `acess`; did you mean `access`\?$/],
  [`${OK_UPSTREAM}, access: [api-key], scopes: { "a b": [x] }`, /^servers\.s\.scopes\.a b: is not a scope name/],
  [`${OK_UPSTREAM}, access: [api-key], scopes: { a: [] }`, /^servers\.s\.scopes\.a: must not be empty$/],
  [`${OK_UPSTREAM}, access: [api-key], scopes: { a: ["read_?"] }`, /must be a tool name, in which `\*`/],
  [`${OK_UPSTREAM}, access: [api-key], scopes: { a: ["{x,y}"] }`, /must be a tool name/],
  [`${OK_UPSTREAM}, access: [api-key], scopes: { a: ["^x$"] }`, /must be a tool name/],
  [`${OK_UPSTREAM}, access: [api-key], rules: { tools: [a] }`, /^servers\.s\.rules: must be a list/],
  [`${OK_UPSTREAM}, access: [api-key], rules: [{ tools: [a] }]`, /^servers\.s\.rules\[0\]: must ask for something/],
  [`${OK_UPSTREAM}, access: [api-key], rules: [{ roles: [x] }]`, /^servers\.s\.rules\[0\]\.tools: /],
  [`${OK_UPSTREAM}, access: [api-key], rules: [{ tools: [], roles: [x] }]`, /rules\[0\]\.tools: must not be empty$/],
  [`${OK_UPSTREAM}, access: [api-key], rules: [{ tools: [a], roles: [] }]`, /rules\[0\]\.roles: must not be empty$/],
  [`${OK_UPSTREAM}, access: [api-key], rules: [{ tools: [a], tenant: "a b" }]`, /rules\[0\]\.tenant: must be letters/],
  [
    `${OK_UPSTREAM}, access: [api-key], rules: [{ tools: [a], scopes: [b] }]`,
    /rules\[0\]\.scopes\[0\]: is no scope of this/,
  ],
  [
    `${OK_UPSTREAM}, access: [api-key], rules: [{ tools: [a], roles: [x], when: "true" }]`,
    /^servers\.s\.rules\[0\](\.when)?: /,
  ],
  [`${OK_UPSTREAM}, access: [api-key], clients: { c1: [] }`, /^servers\.s\.clients\.c1: must not be empty$/],
  [`${OK_UPSTREAM}, access: [api-key], methods: ["vendor/*"]`, /^servers\.s\.methods\[0\]: must be a method name/],
  [`${OK_UPSTREAM}, access: [api-key], tenant: "a b"`, /^servers\.s\.tenant: must be letters, digits/],
  ['upstream: {}, access: [api-key]', /^servers\.s\.upstream: must hold either `url` .* or `command`/],
  ['upstream: files, access: [api-key]', /^servers\.s\.upstream: must hold either `url` .* or `command`/],
  ['upstream: { url: "https://x", command: a }, access: [api-key]', /^servers\.s\.upstream/],
  ['upstream: { url: "ws://x" }, access: [api-key]', /^servers\.s\.upstream\.url: must be an http or https URL$/],
  ['upstream: { url: "https://x/a b" }, access: [api-key]', /must be an http or https URL/],
  ['upstream: { url: "https://u:p@x" }, access: [api-key]', /must not hold a user name or password/],
  ['upstream: { url: "https://x#a" }, access: [api-key]', /must not have a fragment/],
  ['upstream: { url: "https://x", header: {} }, access: [api-key]', /unknown key `header`; did you mean `headers`\?/],
  ['upstream: { url: "https://x", args: [] }, access: [api-key]', /args: does not go with the other keys here/],
  [
    'upstream: { url: "https://x", headers: { "a b": c } }, access: [api-key]',
    /headers\.a b: is not a valid header name/,
  ],
  [
    'upstream: { url: "https://x", headers: { a: "b\\nc: d" } }, access: [api-key]',
    /headers\.a: is not a header value/,
  ],
  ['upstream: { url: "https://x", headers: { a: "b\\u0000" } }, access: [api-key]', /is not a header value/],
  ['upstream: { url: "https://x", headers: { a: "b " } }, access: [api-key]', /is not a header value/],
  ['upstream: { url: "https://x", headers: { a: "" } }, access: [api-key]', /is not a header value/],
  [
    'upstream: { url: "https://x", headers: { a: 5 } }, access: [api-key]',
    /headers\.a: must be text; put it in quotes$/,
  ],
  [
    'upstream: { url: "https://x", headers: { a: b, A: c } }, access: [api-key]',
    /headers\.A: this header stands here twice/,
  ],
  ...['Host', 'content-length', 'mcp-session-id', 'Mcp-Method', 'accept'].map((name): [string, RegExp] => [
    `upstream: { url: "https://x", headers: { ${name}: a } }, access: [api-key]`,
    /is set by the gate and cannot be set here$/,
  ]),
  ...['connection', 'Transfer-Encoding', 'upgrade', 'te', 'keep-alive'].map((name): [string, RegExp] => [
    `upstream: { url: "https://x", headers: { ${name}: a } }, access: [api-key]`,
    /belongs to the connection and cannot be set$/,
  ]),
  ...['Authorization', 'x-api-key', 'Cookie'].map((name): [string, RegExp] => [
    `upstream: { url: "https://x", forwardHeaders: [${name}] }, access: [api-key]`,
    /forwardHeaders\[0\]: carries a credential for the gate/,
  ]),
  ['upstream: { url: "https://x", forwardHeaders: [X-Forwarded-For] }, access: [api-key]', /a caller can forge it$/],
  ['upstream: { url: "https://x", forwardHeaders: [host] }, access: [api-key]', /is set by the gate/],
  [
    'upstream: { url: "https://x", headers: { X-A: b }, forwardHeaders: [x-a] }, access: [api-key]',
    /headers\.X-A: is both set here and named in `forwardHeaders`/,
  ],
  ['upstream: { command: "" }, access: [api-key]', /command: must not be empty/],
  ['upstream: { command: a, args: b }, access: [api-key]', /args: must be a list, such as \[--port, "8080"\]$/],
  ['upstream: { command: a, args: [8080] }, access: [api-key]', /args\[0\]: must be text; put it in quotes/],
  ['upstream: { command: a, env: { "A=B": c } }, access: [api-key]', /is not a name for an environment variable/],
  ['upstream: { command: a, env: { A: true } }, access: [api-key]', /env\.A: must be text; put it in quotes/],
  ['upstream: { command: a, cwd: nowhere }, access: [api-key]', /cwd: names a directory that does not exist/],
]

describe('servers', () => {
  for (const [server, message] of REFUSED_SERVERS) {
    it(`refuse { ${server} }`, () => assert.match(serverProblem(server), message))
  }

  for (const name of ['oauth', 'account', 'admin', 'healthz', 'readyz', 'metrics', '.well-known']) {
    it(`may not be called ${name}, which is a path of the gate`, () => {
      assert.match(problemOf(SERVER.replace('files', name)), /is reserved for a path of the gate itself/)
    })
  }

  for (const name of ['Files', '-a', 'a_b', 'a.b', 'a/b', '""', `${'a'.repeat(64)}`]) {
    it(`may not be called ${name}`, () => {
      assert.match(problemOf(SERVER.replace('files', name)), /is not a server name/)
    })
  }

  it('are told a name that they may have', () => {
    assert.match(problemOf(SERVER.replace('files', 'My_Files')), /, such as `my-files`$/)
    assert.match(problemOf(SERVER.replace('files', '"-Admin"')), /hyphen$/)
  })

  it('tell of `public` among others even beside a mode that is not known', () => {
    const { problems } = load(`servers: { s: { ${OK_UPSTREAM}, access: [public, mtls] } }`)
    assert.deepEqual(
      problems?.map(({ path }) => path),
      ['servers.s.access', 'servers.s.access[1]'],
    )
  })
})

describe('every problem is told in one answer', () => {
  const cases: [what: string, yaml: string, paths: string[]][] = [
    [
      'plain HTTP beyond this machine, beside other faults of `listen`',
      `listen: { host: 0.0.0.0, port: 70000, prot: 1 }\n${SERVER}`,
      ['listen.host', 'listen.port', 'listen.prot'],
    ],
    [
      'files that are not there, beside a key that is not known',
      `listen: { tls: { cert: a, key: b, clientCa: c } }\n${SERVER}`,
      ['listen.tls.cert', 'listen.tls.key', 'listen.tls.clientCa'],
    ],
    [
      'ages that contradict one another, beside a key that is not known',
      `keys: { maxAge: 7d, rotateBefore: 7d, rotate: 1d, deliveries: { a: {} } }\n${SERVER}`,
      ['keys.rotateBefore', 'keys.rotate', 'keys.deliveries.a'],
    ],
    [
      'an upstream of a server whose access is empty',
      'servers: { s: { upstream: { command: a, args: b, cwd: nowhere }, access: [] } }',
      ['servers.s.upstream.args', 'servers.s.upstream.cwd', 'servers.s.access'],
    ],
    [
      'headers that are set twice, in a server with a key that is not known',
      'servers: { s: { upstream: { url: "https://x", headers: { a: b, A: c }, retries: 3 }, access: [api-key] } }',
      ['servers.s.upstream.headers.A', 'servers.s.upstream.retries'],
    ],
    [
      'two things that are wrong with one URL',
      `publicUrl: http://mcp.example.com/gate?a\nlog: 1\n${SERVER}`,
      ['publicUrl', 'log'],
    ],
  ]
  for (const [what, yaml, paths] of cases) {
    it(what, () =>
      assert.deepEqual(
        problemsOf(yaml).map(({ path }) => path),
        paths,
      ),
    )
  }

  it('except what a fault only makes look wrong', () => {
    for (const [yaml, paths] of [
      ['listen: { host: 0.0.0.0, tsl: { cert: a, key: b } }', ['listen.tsl']],
      ['listen: { host: 0.0.0.0, tls: { cert: a } }', ['listen.tls.key']],
      ['listen: { host: 0.0.0.0 }\ntrustedProxies: [10.0.0.0.5]', ['trustedProxies[0]']],
      ['listen: { host: 0.0.0.0 }\ntrustedProxys: [10.0.0.5]', ['trustedProxys']],
      ['listen: { host: 0.0.0.0 }\ntls: { cert: a, key: b }', ['tls']],
      ['keys: { maxAge: forever, rotateBefore: 100d }', ['keys.maxAge']],
    ] as const) {
      assert.deepEqual(
        problemsOf(`${yaml}\n${SERVER}`).map(({ path }) => path),
        paths,
      )
    }
  })
})

describe('a key that is not known here', () => {
  const cases: [yaml: string, message: RegExp][] = [
    [
      'servers: { s: { upstream: { command: a, environment: {} }, access: [api-key] } }',
      /unknown key `environment`; known here are .*`command`, `args`, `env`, `cwd`$/,
    ],
    [`port: 8000\n${SERVER}`, /^port: unknown key `port`; it belongs under `listen`$/],
    [`tls: { cert: a, key: b }\n${SERVER}`, /it belongs under `listen`$/],
    [`bodyBytes: 1MiB\n${SERVER}`, /it belongs under `limits`$/],
    [`access: [api-key]\n${SERVER}`, /it belongs under `servers\.NAME`$/],
    [`listen: { level: info }\n${SERVER}`, /it belongs under `log`$/],
    [`file: x\n${SERVER}`, /unknown key `file`$/], // more than one place knows it
    [`constructor: x\n${SERVER}`, /unknown key `constructor`$/],
    [
      'servers: { s: { upstream: { command: a }, env: {}, access: [api-key] } }',
      /^servers\.s\.env: unknown key `env`; it belongs under `upstream`$/,
    ],
    [
      'servers: { s: { upstream: { comand: a }, access: [api-key] } }',
      /^servers\.s\.upstream\.comand: unknown key `comand`; did you mean `command`\?$/,
    ],
    [`mcpServers: {}\n${SERVER}`, /; here it is `servers: \{ NAME: \{ upstream: .* access: \[api-key\] \} \}`$/],
  ]
  for (const [yaml, message] of cases) {
    it(yaml.split('\n')[0] ?? '', () => assert.match(problemOf(yaml), message))
  }
})

describe('certificates', () => {
  const tls = (cert: string, key: string) => `listen: { tls: { cert: ${cert}, key: ${key} } }\n${SERVER}`

  it('are looked for when the configuration is read', () => {
    const { problems } = load(tls('nowhere.pem', directory))
    assert.deepEqual(
      problems?.map(({ path, message }) => `${path}: ${message}`),
      [
        'listen.tls.cert: names a file that cannot be read: it does not exist',
        'listen.tls.key: names a file that cannot be read: it is a directory',
      ],
    )
  })

  it('must be certificates', () => {
    givenFile('no.pem', 'nothing')
    assert.deepEqual(
      load(tls('no.pem', 'no.pem')).problems?.map(({ message }) => message),
      [
        'names a file that holds no certificate in PEM',
        'names a file that holds no private key without a passphrase in PEM',
      ],
    )
  })

  it('must belong to their key', () => {
    givenFile('cert.pem', CERTIFICATE)
    givenFile('key.pem', KEY)
    givenFile('other.pem', OTHER_KEY)

    assert.deepEqual(load(tls('cert.pem', 'key.pem')).settings?.listen.tls, {
      certFile: join(directory, 'cert.pem'),
      keyFile: join(directory, 'key.pem'),
    })
    assert.equal(
      problemOf(tls('cert.pem', 'other.pem')),
      'listen.tls.key: names a key that does not belong to the certificate',
    )
  })

  it('make http the wrong scheme for the public URL', () => {
    givenFile('cert.pem', CERTIFICATE)
    givenFile('key.pem', KEY)
    assert.equal(
      problemOf(`publicUrl: http://localhost:8000\n${tls('cert.pem', 'key.pem')}`),
      'publicUrl: must use https, since `listen.tls` is set',
    )
  })
})
