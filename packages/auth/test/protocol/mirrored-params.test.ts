import assert from 'node:assert/strict'
import { it } from 'node:test'
import { checkMirroredParams, mirroredParams } from '../../src/protocol/index.ts'

const region = { type: 'string', 'x-mcp-header': 'Region' }
const schema = {
  type: 'object',
  properties: {
    region,
    days: { type: 'integer', 'x-mcp-header': 'days' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry-Run' },
    nested: { type: 'object', properties: { zone: { type: 'string', 'x-mcp-header': 'Zone' } } },
    plain: { type: 'string' },
  },
}
const params = mirroredParams(schema)

function check(args: unknown, fields: Record<string, string>) {
  return checkMirroredParams(params, args, (name) => fields[name])
}

it('finds every annotated argument, nested ones by their path', () => {
  assert.deepEqual(params, [
    { field: 'mcp-param-region', path: ['region'] },
    { field: 'mcp-param-days', path: ['days'] },
    { field: 'mcp-param-dry-run', path: ['dry'] },
    { field: 'mcp-param-zone', path: ['nested', 'zone'] },
  ])
})

it('a schema whose annotations break the rules mirrors nothing (TM-25)', () => {
  for (const property of [
    { type: 'string', 'x-mcp-header': '' },
    { type: 'string', 'x-mcp-header': 'two words' },
    { type: 'string', 'x-mcp-header': 'a:b' },
    { type: 'string', 'x-mcp-header': 'é' },
    { type: 'string', 'x-mcp-header': 1 },
    { type: 'string', 'x-mcp-header': null },
    { type: 'number', 'x-mcp-header': 'x' },
    { type: 'array', 'x-mcp-header': 'x' },
    { type: ['string', 'null'], 'x-mcp-header': 'x' },
    { 'x-mcp-header': 'x' },
    { type: 'string', 'x-mcp-header': 'REGION' },
  ]) {
    assert.deepEqual(mirroredParams({ properties: { region, other: property } }), [], JSON.stringify(property))
  }
})

it('an annotation that properties alone do not lead to breaks the rules, too (TM-25)', () => {
  for (const [aside, value] of Object.entries({
    'x-mcp-header': 'root',
    items: region,
    prefixItems: [{}, region],
    anyOf: [{ properties: { deep: region } }],
    else: region,
    $defs: { named: { not: region } },
    patternProperties: { '^x': region },
    additionalProperties: { type: 'object', properties: { deep: region } },
  })) {
    const zone = { type: 'string', 'x-mcp-header': 'Zone' }
    assert.deepEqual(mirroredParams({ type: 'object', properties: { zone }, [aside]: value }), [], aside)
  }
  // What only looks like an annotation is none: the name of an argument, or somebody's data.
  for (const schema of [
    { properties: { region, 'x-mcp-header': { type: 'string' } } },
    { properties: { region }, default: { 'x-mcp-header': 'x' } },
    { properties: { region }, $defs: { 'x-mcp-header': { type: 'string' } } },
  ]) {
    assert.deepEqual(mirroredParams(schema), [{ field: 'mcp-param-region', path: ['region'] }])
  }
})

it('a schema may be anything at all', () => {
  const endless: Record<string, unknown> = { type: 'object' }
  endless.properties = { again: endless }

  for (const odd of [
    undefined,
    null,
    true,
    [],
    'x',
    {},
    { properties: null },
    { properties: [] },
    { properties: { a: true } },
    endless,
  ]) {
    assert.deepEqual(mirroredParams(odd), [])
  }
})

it('fields that say what the arguments say pass', () => {
  assert.equal(
    check(
      { region: 'us-west1', days: 42, dry: true, nested: { zone: 'é' }, plain: 'x' },
      {
        'mcp-param-region': 'us-west1',
        'mcp-param-days': '42',
        'mcp-param-dry-run': 'true',
        'mcp-param-zone': '=?base64?w6k=?=',
      },
    ),
    undefined,
  )
})

it('an argument that is there needs its field, one that is not must have none (TM-26)', () => {
  assert.equal(check({ region: 'x' }, {})?.code, -32020)
  assert.equal(check({ region: '' }, {})?.code, -32020)
  assert.equal(check({}, {}), undefined)
  assert.equal(check(undefined, {}), undefined)
  assert.equal(check({ region: null, nested: null }, {}), undefined)
  for (const args of [{}, { region: null }, undefined, 'x', []]) {
    assert.equal(check(args, { 'mcp-param-region': 'x' })?.code, -32020)
  }
})

it('lists and objects fit into no field, so there is none that says them (TM-26)', () => {
  for (const value of [[], ['x'], {}, { a: 1 }]) {
    assert.equal(check({ region: value }, {})?.code, -32020)
    assert.equal(check({ region: value }, { 'mcp-param-region': JSON.stringify(value) })?.code, -32020)
  }
})

it('what the official client makes of an argument of the wrong type is true, and the tool may say what is wrong', () => {
  for (const [value, text] of [
    [42, '42'],
    [42.5, '42.5'],
    [true, 'true'],
    ['4.2', '4.2'],
    ['a\tb', 'a\tb'],
  ] as const) {
    assert.equal(check({ region: value }, { 'mcp-param-region': text }), undefined)
  }
  assert.equal(check({ days: 42.5 }, { 'mcp-param-days': '42' })?.code, -32020)
})

it('text is compared whole and with its case', () => {
  for (const value of ['US-west1', 'us-west', 'us-west1 ', '', '=?base64?eA==?=', '=?base64?!?=']) {
    assert.equal(check({ region: 'us-west1' }, { 'mcp-param-region': value })?.code, -32020, value)
  }
})

it('integers are compared as decimal numbers, booleans by their word (TM-24)', () => {
  const says = (args: object, field: string, value: string) => check(args, { [field]: value })?.code

  for (const value of ['42', '42.0', '42.00'])
    assert.equal(says({ days: 42 }, 'mcp-param-days', value), undefined, value)
  for (const value of [
    '',
    ' ',
    '43',
    '0x2a',
    '0b101010',
    '4.2e1',
    ' 42',
    '42 ',
    '+42',
    '042',
    '42.',
    '42.5',
    'NaN',
    '４２',
  ]) {
    assert.equal(says({ days: 42 }, 'mcp-param-days', value), -32020, JSON.stringify(value))
  }
  assert.equal(says({ days: 0 }, 'mcp-param-days', '0'), undefined)
  assert.equal(says({ days: -7 }, 'mcp-param-days', '-7'), undefined)
  assert.equal(says({ dry: false }, 'mcp-param-dry-run', 'false'), undefined)
  for (const value of ['False', '0', '', 'no', 'true']) {
    assert.equal(says({ dry: false }, 'mcp-param-dry-run', value), -32020, value)
  }
})

it('an integer that has lost digits on the way is equal to nothing (TM-25)', () => {
  const args = JSON.parse('{"days":9007199254740993}')

  assert.equal(check(args, { 'mcp-param-days': '9007199254740993' })?.code, -32020)
  assert.equal(check(args, { 'mcp-param-days': '9007199254740992' })?.code, -32020)
})

it('arguments are looked for among the caller’s own', () => {
  const inherited = mirroredParams({
    properties: { constructor: region, toString: { type: 'string', 'x-mcp-header': 'b' } },
  })

  assert.equal(inherited.length, 2)
  assert.equal(
    checkMirroredParams(inherited, {}, () => undefined),
    undefined,
  )
})
