import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as express from '../../src/adapters/express.ts'
import * as fastify from '../../src/adapters/fastify.ts'
import { protectFetch } from '../../src/adapters/fetch.ts'
import * as hono from '../../src/adapters/hono.ts'
import { guardTools, requires } from '../../src/adapters/mcp/index.ts'
import { protectNode } from '../../src/adapters/node.ts'
import { apiKeys, guard, jwt, oauth, policy } from '../../src/index.ts'
import { limits, memoryLimiter } from '../../src/limits/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'

const store = memoryCredentials()
const RIGHT = { resource: 'https://mcp.example.com/notes/mcp', access: [apiKeys(store)] }
const ISSUER = 'https://login.example.com'
const AUDIENCE = RIGHT.resource

/** As JavaScript writes it, where no compiler has looked. */
type Loose = (...args: readonly unknown[]) => unknown
const loosely = (make: unknown) => make as Loose
const guarding = (options: object) => () => loosely(guard)({ ...RIGHT, ...options })
const ruling = (terms: object) => () => loosely(policy)(terms)
const limiting =
  (...args: readonly unknown[]) =>
  () =>
    loosely(limits)(...args)
const LIMIT = { name: 'calls', per: 'principal', limit: 1, windowSeconds: 1 }

type Mistake = readonly [what: string, make: () => unknown, says: RegExp]

function refuse(mistakes: readonly Mistake[]): void {
  for (const [what, make, says] of mistakes) {
    it(what, () => assert.throws(make, { name: 'TypeError', message: says }))
  }
}

describe('a member that is not known was meant to say something, so it is an error that names those there are', () => {
  refuse([
    [
      'of a guard',
      guarding({ polices: policy() }),
      /"polices" is not known: write one of resource, access, name, policy/,
    ],
    [
      'of a limit',
      limiting([{ ...LIMIT, tool: ['a'] }]),
      /"tool" of rule 1 of limits is not known: write one of name, per/,
    ],
    ['of a policy', ruling({ rule: [] }), /"rule" is not known: write one of scopes, rules, clients/],
    [
      'of a rule',
      ruling({ rules: [{ tools: ['a'], scopes: ['b'], role: ['c'] }] }),
      /"role" of rules\[0\] is not known: write one of tools, scopes, roles/,
    ],
    [
      'of what a tool requires',
      () => loosely(requires)({ scopes: ['a'], role: ['editor'] }, () => undefined),
      /"role" of requires\(\) is not known: write one of scopes, roles, tenant, when, validate/,
    ],
    [
      'of what a tool requires: the tools are the one it stands beside',
      () => loosely(requires)({ scopes: ['a'], tools: ['b'] }, () => undefined),
      /"tools" of requires\(\) is not known/,
    ],
    ['of an issuer', () => loosely(oauth)({ issuer: ISSUER, client: ['a'] }), /"client" is not known: .*clients/],
    [
      'of its introspection',
      () => loosely(oauth)({ issuer: ISSUER, introspection: { clientId: 'a', clientSecret: 'b', take: 'all' } }),
      /"take" of "introspection" is not known: .*takes/,
    ],
    [
      'of its claims',
      () => loosely(oauth)({ issuer: ISSUER, claims: { role: 'r' } }),
      /"role" of "claims" is not known/,
    ],
    [
      'of a shared secret',
      () => loosely(jwt)({ secret: '0123456789abcdefghijklmnopqrstuvwxyz', audience: AUDIENCE, client: ['a'] }),
      /"client" is not known: write one of secret, issuer, audience/,
    ],
  ])
})

describe('a mistake that is often made is an error that says what to write', () => {
  refuse([
    ['a guard without options', () => loosely(guard)(), /write guard\(\{ resource, access/],
    ['terms in place of a policy', guarding({ policy: { scopes: {} } }), /wrap it in policy\(\{…\}\)/],
    [
      'a way in that nobody has called',
      guarding({ access: [apiKeys] }),
      /"access\[0\]" is a function that nobody has called/,
    ],
    ['the name of a way in', guarding({ access: ['api-key'] }), /"access\[0\]" is no way in: write apiKeys\(store\)/],
    ['a way in that stands in no list', guarding({ access: apiKeys(store) }), /must be a list: write access: \[/],
    [
      'an address in place of an issuer',
      () => loosely(oauth)(ISSUER),
      /oauth\(\) takes an object, not a text: write oauth\(\{ issuer/,
    ],
    ['no issuer', () => loosely(oauth)(), /oauth\(\) takes options: write oauth\(\{ issuer/],
    ['no issuer of tokens', () => loosely(jwt)(), /jwt\(\) takes options/],
    ['rules in place of limits', guarding({ limits: [LIMIT] }), /"limits" is made by limits\(\) .*: wrap it in limits/],
    ['a limiter in place of limits', guarding({ limits: memoryLimiter() }), /"limits" is made by limits\(\)/],
    ['no rules of limits', limiting(), /limits\(\) takes a list: \[\{ name, per/],
    ['a rule of limits that stands in no list', limiting(LIMIT), /limits\(\) takes a list/],
    ['a limiter that is none', limiting([LIMIT], {}), /must have a function "take": memoryLimiter\(\)/],
    ['a limit that is no object', limiting(['calls']), /rule 1: write \{ name, per/],
    ['a limit without a name', limiting([{ ...LIMIT, name: undefined }]), /rule 1: "name" must be/],
    ['a tool of a limit as a text', limiting([{ ...LIMIT, tools: 'read_*' }]), /rule 1: "tools" must be a list/],
    ['rules that are no list', ruling({ rules: {} }), /"rules" must be a list/],
    ['a rule that is no object', ruling({ rules: ['a'] }), /"rules\[0\]" must be an object/],
    ['clients that are a list', ruling({ clients: [] }), /"clients" must name tools by client id/],
    ['scopes that are a list', ruling({ scopes: ['notes:read'] }), /"scopes" must be an object/],
    ['terms that are none', ruling([]), /policy\(\) takes an object/],
    ['a listener that is none', guarding({ onEvent: true }), /"onEvent" must be a function/],
    ['a clock that is none', guarding({ now: 1_800_000_000 }), /"now" must be a function/],
    ['a base scope as a text', guarding({ baseScopes: 'a' }), /"baseScopes" must be a list of texts/],
    ['a method as a text', guarding({ methods: 'a/b' }), /"methods" must be a list of texts/],
    ['a tenant that is none', guarding({ tenant: '' }), /"tenant" must be/],
    ['sessions that are none', guarding({ sessions: 'memory' }), /"sessions" must be memoryBindings/],
    [
      'a range of proxies',
      guarding({ trustedProxies: ['10.0.0.0/8'] }),
      /exact addresses.*function.*"10.0.0.0\/8" is no address/,
    ],
    ['a proxy that stands in no list', guarding({ trustedProxies: '10.0.0.7' }), /exact addresses/],
    ['requirements without a handler', () => loosely(requires)({ scopes: ['a'] }), /requires\(\) needs the handler/],
    [
      'a handler without requirements',
      () => loosely(requires)(undefined, () => 0),
      /requires\(\) must say what it asks for/,
    ],
    [
      'tools without a guard',
      () => loosely(guardTools)({}),
      /guardTools\(\) needs a guard: write guardTools\(server, gate\)/,
    ],
    [
      'tools on stdio with terms in place of a policy',
      () => loosely(guardTools)({}, { policy: {}, principal: {} }),
      /wrap it in policy\(\{…\}\)/,
    ],
    ['Express without a guard', () => loosely(express.protect)(), /write protect\(gate\)/],
    ['Fastify without a guard', () => loosely(fastify.protect)(), /write protect\(gate\)/],
    ['Hono without a guard', () => loosely(hono.protect)(), /write protect\(gate\)/],
    ['node:http without a guard', () => loosely(protectNode)(() => 0), /write protectNode\(gate, handler\)/],
    ['fetch without a guard', () => loosely(protectFetch)(() => 0), /write protectFetch\(gate, handler\)/],
    ['a secret that is not set', () => loosely(jwt)({ secret: undefined, audience: AUDIENCE }), /"secret" is not set/],
    [
      'a secret that is long and nothing else',
      () => jwt({ secret: 'x'.repeat(40), audience: AUDIENCE }),
      /"secret" is long enough, but not random/,
    ],
    ['a secret that is short', () => jwt({ secret: 'abc', audience: AUDIENCE }), /"secret" must have at least 32/],
  ])

  it('and what is right is taken: addresses of proxies of both kinds, a function', () => {
    for (const trustedProxies of [['10.0.0.7', '::1', '2001:db8::1', '::ffff:10.0.0.1'], () => true, []]) {
      assert.ok(guard({ ...RIGHT, trustedProxies }))
    }
  })
})

describe('what nobody could open as it is written is warned of at construction', () => {
  const warningsOf = (options: object): readonly string[] => {
    const warnings: string[] = []
    loosely(guard)({ ...RIGHT, ...options, onWarning: (text: string) => void warnings.push(text) })
    return warnings
  }
  const roles = policy({ rules: [{ tools: ['delete_*'], roles: ['editor'] }] })
  const scopes = policy({ scopes: { 'notes:read': ['read_*'] } })

  it('tokens of an identity provider, and no scope map', () => {
    const [warning, ...more] = warningsOf({ access: [oauth({ issuer: ISSUER })] })

    assert.match(warning ?? '', /every tool needs mcp:write, .*: map scopes by policy\(\{ scopes \}\)/)
    assert.deepEqual(more, [])
    assert.deepEqual(warningsOf({ access: [oauth({ issuer: ISSUER })], policy: scopes }), [])
  })

  it('a rule that asks for roles, and keys alone', () => {
    assert.match(warningsOf({ policy: roles }).join(), /roles \(editor\), and keys have no roles/)
    assert.doesNotMatch(
      warningsOf({ access: [apiKeys(store), oauth({ issuer: ISSUER })], policy: roles }).join(),
      /keys/,
    )
    assert.deepEqual(warningsOf({ policy: scopes }), [])
  })
})
