// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { loadConfig } from '../../src/config/index.ts'
import { publishedSchema } from '../../src/config/published-schema.ts'
import { givenFile } from './given.ts'

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly anyOf?: readonly JsonSchema[]
  readonly additionalProperties?: JsonSchema | false
}

/** A value that no message could contain by chance. */
const MARK = 'q7Zx0SecretFromOutside'
const VALUE = fc.oneof(
  fc.constantFrom<unknown>(
    '${env:MARK}',
    'x ${env:MARK}',
    'http://${env:MARK}',
    'https://${env:MARK}/a',
    '${env:MARK}:80',
    '${env:NOPE}',
    '${env:',
    'secret:x',
    null,
    true,
    0,
    -1,
    1.5,
    '',
    '30s',
    '4MiB',
    'api-key',
    'public',
    'memory:',
    '127.0.0.1',
  ),
  fc.string({ maxLength: 12 }),
  fc.integer(),
)

/** Values that have the shape of the configuration here and there, so that the checks behind the first are reached. */
function shaped(schema: JsonSchema, depth = 0): fc.Arbitrary<unknown> {
  const wild = depth > 3 ? VALUE : fc.oneof(VALUE, fc.array(VALUE, { maxLength: 3 }))
  const keys: Record<string, fc.Arbitrary<unknown>> = {}
  for (const branch of [schema, ...(schema.anyOf ?? [])]) {
    for (const [key, held] of Object.entries(branch.properties ?? {})) keys[key] = shaped(held, depth + 1)
    if (branch.additionalProperties) {
      for (const key of ['a', '${env:MARK}', 'constructor']) keys[key] = shaped(branch.additionalProperties, depth + 1)
    }
  }
  if (Object.keys(keys).length === 0) return wild
  return fc.oneof({ weight: 5, arbitrary: fc.record(keys, { requiredKeys: [] }) }, { weight: 1, arbitrary: wild })
}

describe('whatever stands in the file', () => {
  // A space keeps the value out of every list of allowed ones, and a line break out of every pattern.
  const env = { MARK, SPACED: ` ${MARK}\n` }

  function loadText(text: string): void {
    const result = loadConfig(givenFile('fuzz.yaml', text), env)
    assert.notEqual(result.settings === undefined, result.problems === undefined)
    assert.ok(result.problems === undefined || result.problems.length > 0)
    const told = JSON.stringify(result.problems ?? result.settings?.warnings)
    assert.ok(!told.includes(MARK), told)
  }

  it('nothing is thrown and no value from outside is told: settings', () => {
    const schema = JSON.parse(publishedSchema()) as JsonSchema
    fc.assert(
      fc.property(shaped(schema), fc.boolean(), (value, spaced) => {
        const text = stringify(value) ?? ''
        loadText(spaced ? text.replaceAll('env:MARK', 'env:SPACED') : text)
      }),
      { numRuns: 1500 },
    )
  })

  it('nothing is thrown and no value from outside is told: text that is nearly YAML', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'servers:',
        '\n',
        '  ',
        '- ',
        '{',
        '}',
        '[',
        ']',
        ': ',
        '&a ',
        '*a',
        '!!map ',
        '? ',
        '| ',
        '---\n',
      ),
      fc.constantFrom(
        '"${env:MARK}"',
        '${env:MARK}',
        '%YAML 1.1\n',
        '<<: *a',
        '"',
        "'",
        '#',
        '\t',
        'access',
        'upstream',
      ),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => loadText(pieces.join(''))),
      { numRuns: 2000 },
    )
  })

  it('nothing is thrown: bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { settings, problems } = loadConfig(givenFile('fuzz.yaml', bytes), env)
        assert.notEqual(settings === undefined, problems === undefined)
      }),
      { numRuns: 500 },
    )
  })
})
