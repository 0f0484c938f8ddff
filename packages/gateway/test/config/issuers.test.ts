import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadConfig } from '../../src/config/index.ts'
import { givenFile, problemOf, problemsOf, settingsOf, warningsOf } from './given.ts'

const SECRET = 'q3t6w9z$C&F)J@NcRfUjXn2r5u8x/A?D'

/** A file with identity providers, and one server. Both in flow style without the outer braces. */
const file = (issuers: string, server = 'access: [oauth], issuers: [a]') =>
  `issuers: { ${issuers} }\nservers: { s: { upstream: { command: a }, ${server} } }\n`
const URL_OF_A = 'a: { issuer: "https://login.example.com/a" }'

describe('identity providers', () => {
  it('are settled as the library takes them', () => {
    const { issuers, servers } = settingsOf(
      file(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the gate's own references
        'a: { issuer: "https://login.example.com/a/", audience: [x], claims: { roles: realm_access.roles }, types: [none, JWT], introspection: { clientId: g, clientSecret: "${env:S}", maxAge: 1500ms } }',
        'access: [oauth], issuers: [embedded, a], audience: [notes-api]',
      ),
      { S: 'secret' },
    )

    assert.deepEqual(issuers.get('a'), {
      name: 'a',
      identifier: 'https://login.example.com/a/',
      options: {
        issuer: 'https://login.example.com/a/',
        audience: ['x'],
        claims: { roles: 'realm_access.roles' },
        types: [null, 'JWT'],
        introspection: { clientId: 'g', clientSecret: 'secret', maxAge: 1.5 },
      },
    })
    assert.deepEqual(servers.get('s')?.issuers, ['embedded', 'a'])
    assert.deepEqual(servers.get('s')?.audience, ['notes-api'])
  })

  it('by a preset have the identifier that the vendor gives', () => {
    const guid = '7fe81447-da57-4385-becb-6de57f21477e'
    const cases: [yaml: string, identifier: string][] = [
      ['auth0: { domain: e.eu.auth0.com }, audience: [x]', 'https://e.eu.auth0.com/'],
      ['okta: { domain: e.okta.com }, audience: [x]', 'https://e.okta.com/oauth2/default'],
      ['okta: { domain: e.okta.com, authorizationServer: aus1 }, audience: [x]', 'https://e.okta.com/oauth2/aus1'],
      [`entra: { tenantId: ${guid} }, audience: [x]`, `https://login.microsoftonline.com/${guid}/v2.0`],
      ['keycloak: { url: "https://l.example.com/auth", realm: r }', 'https://l.example.com/auth/realms/r'],
    ]
    for (const [yaml, identifier] of cases) {
      assert.equal(settingsOf(file(`a: { ${yaml} }`)).issuers.get('a')?.identifier, identifier)
    }
  })

  it('need not be named where people sign in inside the gate, and are not then', () => {
    assert.deepEqual(settingsOf(file(URL_OF_A, 'access: [oauth]')).servers.get('s')?.issuers, ['embedded'])
    assert.deepEqual(settingsOf(file(URL_OF_A, 'access: [api-key]')).servers.get('s')?.issuers, [])
    assert.deepEqual(warningsOf(file(URL_OF_A, 'access: [api-key]')), ['issuers.a: no server names it'])
  })

  it('with a shared secret are warned of, and the secret is in no message', () => {
    const yaml = file(`a: { sharedSecret: "${SECRET}", audience: [x] }`, 'access: [jwt], issuers: [a]')
    const [warning = ''] = warningsOf(yaml)
    assert.match(warning, /^issuers\.a\.sharedSecret: whoever checks these tokens can make them/)
    assert.equal(warning.includes(SECRET), false)
  })

  const refused: [yaml: string, message: RegExp][] = [
    [file('A: { issuer: "https://a.example" }', 'access: [api-key]'), /^issuers\.A: is not an issuer name/],
    [
      file('embedded: { issuer: "https://a.example" }', 'access: [api-key]'),
      /^issuers\.embedded: is the name of the issuer inside/,
    ],
    [file('a: {}'), /^issuers\.a: must hold one of `issuer`, `auth0`/],
    [file('a: { issuer: "https://a.example", auth0: { domain: a.b } }'), /^issuers\.a: must hold one of/],
    [file('a: { issuer: a.example }'), /^issuers\.a\.issuer: must be a URL such as/],
    [file('a: { issuer: "http://a.example" }'), /^issuers\.a\.issuer: must use https/],
    [file('a: { issuer: "https://a.example?b" }'), /must not have a query/],
    [file('a: { issuer: "https://u:p@a.example" }'), /must not hold a user name/],
    [file('a: { issuer: "https://a.example", audience: x }'), /^issuers\.a\.audience: must be a list/],
    [file('a: { issuer: "https://a.example", algorithms: [HS256] }'), /^issuers\.a\.algorithms\[0\]: must be one of/],
    [file('a: { issuer: "https://a.example", claims: { role: x } }'), /unknown key `role`; did you mean `roles`\?$/],
    [file('a: { issuer: "https://a.example", dangerouslyAcceptAnyAudience: true }'), /unknown key/],
    [file('a: { issuer: "https://a.example", introspection: { clientId: a } }'), /clientSecret: is required/],
    [
      file('a: { issuer: "https://a.example", introspection: { clientId: a, clientSecret: b, maxAge: 2h } }'),
      /^issuers\.a\.introspection\.maxAge: must be between 0s and 1h$/,
    ],
    [file('a: { auth0: { domain: e.eu.auth0.com } }'), /^issuers\.a\.audience: must say what tokens have as `aud`/],
    [
      file('a: { auth0: { domain: "https://e.auth0.com" }, audience: [x] }'),
      /^issuers\.a\.auth0\.domain: must be a host name/,
    ],
    [file('a: { entra: { tenantId: common }, audience: [x] }'), /must be the GUID of one tenant/],
    [
      file('a: { sharedSecret: short, audience: [x] }', 'access: [jwt], issuers: [a]'),
      /^issuers\.a\.sharedSecret: must have at least 32/,
    ],
    [file(`${URL_OF_A}, b: { issuer: "https://login.example.com/a" }`), /^issuers\.b: is the same issuer as `a`$/],
    [`publicUrl: https://a.example\n${file('a: { issuer: "https://a.example" }')}`, /^issuers\.a: is the gate itself/],
    [file(URL_OF_A, 'access: [oauth], issuers: [b]'), /^servers\.s\.issuers\[0\]: is no issuer of this file/],
    [file(URL_OF_A, 'access: [oauth], issuers: []'), /^servers\.s\.issuers: must not be empty$/],
    [file(URL_OF_A, 'access: [api-key], issuers: [a]'), /^servers\.s\.issuers: is about access tokens/],
    [file(URL_OF_A, 'access: [api-key], audience: [a]'), /^servers\.s\.audience: is about access tokens/],
    [file(URL_OF_A, 'access: [jwt]'), /^servers\.s\.access: `jwt` needs `issuers`/],
    [file(URL_OF_A, 'access: [jwt], issuers: [a, embedded]'), /are got by signing in: add `oauth` to `access`$/],
    [
      file(`a: { sharedSecret: "${SECRET}", audience: [x] }`, 'access: [oauth], issuers: [a]'),
      /^servers\.s\.issuers: must name somebody to sign in with/,
    ],
    [
      file(`a: { sharedSecret: "${SECRET}", audience: [x] }`, 'access: [oauth], issuers: [a, embedded]'),
      /^servers\.s\.issuers: `a` is a shared secret: add `jwt` to `access`$/,
    ],
    [
      file(
        ['a', 'b']
          .map(
            (name) => `${name}: { issuer: "https://${name}.example", introspection: { clientId: a, clientSecret: b } }`,
          )
          .join(),
        'access: [oauth], issuers: [a, b]',
      ),
      /^servers\.s\.issuers: `a` and `b` would be asked about the same tokens/,
    ],
    [
      `listen: { host: 0.0.0.0 }\ndangerouslyServePlainHttp: true\n${file(URL_OF_A, 'access: [jwt], issuers: [a]')}`,
      /^servers\.s\.access: `publicUrl` must be set where tokens count beyond this machine/,
    ],
  ]
  for (const [yaml, message] of refused) {
    it(`refuse ${yaml.replaceAll('\n', ' ').replaceAll(SECRET, '…')}`, () => {
      const problem = problemOf(yaml)
      assert.match(problem, message)
      assert.equal(problem.includes(SECRET), false)
    })
  }

  it('are told of with the line that is wrong', () => {
    const yaml = 'issuers:\n  a:\n    auth0: { domain: e.eu.auth0.com }\n    audience: []\nservers: {}\n'
    assert.deepEqual(
      problemsOf(yaml).map(({ line, path }) => [line, path]),
      [
        [4, 'issuers.a.audience'],
        [5, 'servers'],
      ],
    )
  })

  it('need nothing of the environment for a command that starts no gate', () => {
    const providers = ['a', 'b'].map((name) => `${name}: { sharedSecret: "\${env:NOPE}", audience: [x] }`).join()
    const yaml = file(providers, 'access: [jwt], issuers: [a, b]')
    assert.match(
      problemsOf(yaml)
        .map(({ message }) => message)
        .join(),
      /NOPE is not set/,
    )
    assert.ok(loadConfig(givenFile('state.yaml', yaml), {}, 'state').settings)
  })
})
