import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type AccessTerms,
  type ConditionFacts,
  compileAccess,
  compileRules,
  compileScopes,
  decideRequest,
  holds,
  type RuleTerms,
} from '../../src/policy/index.ts'

const server = compileScopes({ 'notes:read': ['read_*'], 'notes:write': ['write_*', 'drop_*'] })
const EVERYTHING = new Set([...server.all])
const NOBODY = { roles: new Set<string>() }

function given(terms: RuleTerms, caller: Partial<AccessTerms> = {}) {
  const rules = compileRules(terms)
  const access = compileAccess(server, {
    scopes: EVERYTHING,
    reads: true,
    listsOnly: false,
    rules,
    caller: NOBODY,
    ...caller,
  })
  return { rules, access }
}

function call(access: ReturnType<typeof given>['access'], name: string, args: unknown = {}, clientId?: string) {
  return decideRequest(
    { kind: 'request', id: '1', method: 'tools/call', params: { name, arguments: args }, name },
    {
      access,
      era: 'legacy',
      furtherMethods: new Set(),
      ownsTask: () => false,
      ...(clientId === undefined ? {} : { clientId }),
    },
  )
}

const ALLOWED = { kind: 'allowed', shortensList: false }
const UNLISTED = { kind: 'denied', reason: 'tool_not_listed' }

describe('a rule', () => {
  it('opens its tools to one of its roles, and is not there for anybody else', () => {
    const terms = { rules: [{ tools: ['drop_*'], roles: ['editor', 'owner'] }] }
    const editor = given(terms, { caller: { roles: new Set(['editor', 'reader']) } }).access
    const reader = given(terms, { caller: { roles: new Set(['reader']) } }).access

    assert.deepEqual(call(editor, 'drop_note'), ALLOWED)
    assert.deepEqual(call(reader, 'drop_note'), UNLISTED)
    assert.deepEqual(call(reader, 'write_note'), ALLOWED)
    assert.equal(reader.sees('drop_note'), false)
    assert.equal(reader.seesEverything || reader.isUnlimited, false)
  })

  it('holds for one tenant, to the letter', () => {
    const terms = { rules: [{ tools: ['*'], tenant: 'acme' }] }

    for (const [tenant, sees] of [
      ['acme', true],
      ['Acme', false],
      ['', false],
      [undefined, false],
    ] as const) {
      assert.equal(given(terms, { caller: { tenant, roles: new Set() } }).access.sees('read_note'), sees, `${tenant}`)
    }
  })

  it('asks for all of its scopes, beside those of the scope map, in one challenge', () => {
    const terms = { rules: [{ tools: ['drop_*'], scopes: ['notes:admin', 'notes:write'] }] }
    const limited = { scopes: new Set(['notes:read']) }
    const person = given(terms, { ...limited, stepsUp: true }).access
    const key = given(terms, limited).access

    assert.deepEqual(person.lacks('drop_note'), ['notes:write', 'notes:admin'])
    assert.deepEqual(call(person, 'drop_note'), {
      kind: 'denied',
      reason: 'scope_missing',
      scopes: ['notes:write', 'notes:admin'],
    })
    assert.deepEqual(call(key, 'drop_note'), UNLISTED)
    assert.deepEqual(
      call(given(terms, { scopes: new Set(['notes:write', 'notes:admin']) }).access, 'drop_note'),
      ALLOWED,
    )
  })

  it('is one of several that all hold for a tool', () => {
    const terms = {
      rules: [
        { tools: ['drop_*'], roles: ['editor'] },
        { tools: ['*_note'], tenant: 'acme' },
      ],
    }
    const half = given(terms, { caller: { roles: new Set(['editor']) } }).access
    const whole = given(terms, { caller: { roles: new Set(['editor']), tenant: 'acme' } }).access

    assert.equal(half.sees('drop_note'), false)
    assert.equal(half.sees('drop_page'), true)
    assert.equal(whole.sees('drop_note'), true)
  })

  it('never opens what the scopes close', () => {
    const terms = { rules: [{ tools: ['drop_*'], roles: ['editor'] }] }
    const { access } = given(terms, { scopes: new Set(['notes:read']), caller: { roles: new Set(['editor']) } })

    assert.deepEqual(call(access, 'drop_note'), UNLISTED)
  })
})

describe('what stands next to a tool', () => {
  it('counts from the moment it is noted, for access that was compiled before, too', () => {
    const { rules, access } = given({})
    assert.equal(access.seesEverything && access.sees('drop_note'), true)

    rules.note('drop_note', { roles: ['editor'] })

    assert.equal(access.seesEverything || access.isUnlimited || access.sees('drop_note'), false)
    assert.equal(access.sees('drop_notes'), true)
    assert.deepEqual([...rules.scopes], [])
  })

  it('makes what was compiled before old, unless it says what was said', () => {
    const { rules } = given({})
    const before = rules.version
    rules.note('drop_note', { roles: ['editor'] })
    const after = rules.version
    rules.note('drop_note', { roles: ['editor'] })

    assert.notEqual(after, before)
    assert.equal(rules.version, after)
  })

  it('is replaced by a later word, and no rule is', () => {
    const { rules, access } = given({ rules: [{ tools: ['drop_*'], tenant: 'acme' }] }, { caller: NOBODY })
    rules.note('drop_note', { roles: ['editor'] })
    rules.note('drop_note', { scopes: ['notes:write'] })

    assert.equal(rules.of('drop_note').length, 2)
    assert.equal(access.sees('drop_note'), false)
  })
})

describe('the tools of a client', () => {
  it('limit this client and no other', () => {
    const terms = { clients: { c1: ['read_*'] } }
    const [one, other] = ['c1', 'c2'].map((clientId) => given(terms, { caller: { clientId, roles: new Set() } }).access)

    assert.deepEqual(
      ['read_note', 'write_note'].map((tool) => one?.sees(tool)),
      [true, false],
    )
    assert.deepEqual(
      ['read_note', 'write_note'].map((tool) => other?.sees(tool)),
      [true, true],
    )
  })

  it('are nobody’s by a name that every object has', () => {
    const { rules } = given({ clients: { c1: ['read_*'] } })

    for (const id of ['__proto__', 'constructor', 'toString', undefined]) assert.equal(rules.limitOf(id), undefined)
  })
})

describe('a condition', () => {
  const conditions = (text: string) => (facts: ConditionFacts) => {
    if (text === 'fails') throw new Error('cannot say')
    if (text === 'mine') return facts.arguments.owner === facts.caller.clientId
    return Number(facts.arguments.days) <= Number(text)
  }

  it('is asked about the arguments of each call, by whoever calls', () => {
    const { access } = given({ conditions, rules: [{ tools: ['read_*'], when: '90' }] })
    const { access: own } = given({ conditions, rules: [{ tools: ['read_*'], when: 'mine' }] })
    const unmet = { kind: 'denied', reason: 'condition_not_met' }

    assert.deepEqual(call(access, 'read_note', { days: 90 }), ALLOWED)
    assert.deepEqual(call(access, 'read_note', { days: 91 }), unmet)
    assert.deepEqual(call(access, 'read_note', undefined), unmet)
    assert.deepEqual(call(own, 'read_note', { owner: 'c1' }, 'c1'), ALLOWED)
    assert.deepEqual(call(own, 'read_note', { owner: 'c1' }, 'c2'), unmet)
    assert.equal(access.sees('read_note'), true)
  })

  it('that fails does not hold', () => {
    const { access } = given({ conditions, rules: [{ tools: ['*'], when: 'fails' }] })

    assert.deepEqual(call(access, 'read_note'), { kind: 'denied', reason: 'condition_not_met' })
  })

  it('comes after what the caller lacks: nothing is told about arguments to who may not call', () => {
    const { access } = given({ conditions, rules: [{ tools: ['*'], when: '1', roles: ['owner'] }] })

    assert.deepEqual(call(access, 'read_note', { days: 5 }), UNLISTED)
  })

  it('of validation is met by arguments that fit', () => {
    const validate = (_tool: string, args: Readonly<Record<string, unknown>>) => typeof args.id === 'string'
    const { access } = given({ validate, rules: [{ tools: ['*'], validate: true }] })

    assert.deepEqual(call(access, 'read_note', { id: 'n1' }), ALLOWED)
    assert.deepEqual(call(access, 'read_note', { id: 1 }), { kind: 'denied', reason: 'arguments_invalid' })
  })
})

describe('a rule that could not be asked', () => {
  for (const [what, terms, says] of [
    ['a condition without a language', { rules: [{ tools: ['*'], when: 'true' }] }, /needs a language/],
    ['validation without a validator', { rules: [{ tools: ['*'], validate: true }] }, /needs a validator/],
    ['one that asks for nothing', { rules: [{ tools: ['*'] }] }, /must ask for something/],
    ['one of no tools', { rules: [{ tools: [], roles: ['x'] }] }, /"rules\[0\].tools" must name tools/],
    ['no role at all', { rules: [{ tools: ['*'], roles: [] }] }, /at least one role/],
    ['a tenant without a name', { rules: [{ tools: ['*'], tenant: '' }] }, /tenant’s name|tenant's name/],
    ['scopes as one text', { rules: [{ tools: ['*'], scopes: 'a b' as unknown as string[] }] }, /list of scopes/],
    ['a client’s tools as one text', { clients: { c1: 'read_*' as unknown as string[] } }, /"clients.c1"/],
  ] as const) {
    it(`is no policy: ${what}`, () => assert.throws(() => compileRules(terms), { name: 'TypeError', message: says }))
  }
})

it('mcp:admin opens what mcp:write and mcp:read open', () => {
  const admin = new Set(['mcp:admin'])

  assert.deepEqual(
    ['mcp:admin', 'mcp:write', 'mcp:read'].map((scope) => holds(admin, scope)),
    [true, true, true],
  )
  assert.equal(holds(new Set(['mcp:write']), 'mcp:admin'), false)
  assert.equal(holds(admin, 'notes:write'), false)
})
