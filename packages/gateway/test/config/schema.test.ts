import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { publishedSchema, SCHEMA_FILE } from '../../src/config/published-schema.ts'
import { SERVER, settingsOf } from './given.ts'

interface JsonSchema {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly anyOf?: readonly JsonSchema[]
  readonly additionalProperties?: JsonSchema | boolean
}

const schema = JSON.parse(publishedSchema()) as JsonSchema
const DOCUMENT = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')

/** Every key with the keys that lead to it; `NAME` where the operator chooses. */
function* keysOf(within: JsonSchema, path: readonly string[] = []): Generator<[path: string, schema: JsonSchema]> {
  for (const [key, held] of Object.entries(within.properties ?? {})) {
    yield [[...path, key].join('.'), held]
    yield* keysOf(held, [...path, key])
  }
  for (const branch of within.anyOf ?? []) yield* keysOf(branch, path)
  if (typeof within.additionalProperties === 'object') yield* keysOf(within.additionalProperties, [...path, 'NAME'])
}

describe('the published schema', () => {
  it('is current (write it with "node tools/pinned.mjs packages/gateway/src/config/write-schema.ts")', () => {
    assert.equal(readFileSync(SCHEMA_FILE, 'utf8'), publishedSchema())
  })

  it('describes every key', () => {
    for (const [path, { description }] of keysOf(schema)) assert.ok(description, path)
  })

  it('closes every map that the operator does not name', () => {
    for (const [path, held] of [['', schema] as const, ...keysOf(schema)]) {
      for (const each of [held, ...(held.anyOf ?? [])]) {
        if (each.properties !== undefined) assert.equal(each.additionalProperties, false, path)
      }
    }
  })
})

describe('docs/configuration.md', () => {
  it('names every key, with its default', () => {
    for (const [path, held] of keysOf(schema)) {
      const rows = DOCUMENT.split('\n').filter((line) => line.includes(`| \`${path}\` `))
      const isMap = held.properties !== undefined || held.anyOf?.some(({ properties }) => properties !== undefined)
      if (isMap || typeof held.additionalProperties === 'object') assert.ok(DOCUMENT.includes(`\`${path}`), path)
      else assert.equal(rows.length, 1, path)
      if (['string', 'number', 'boolean'].includes(typeof held.default)) {
        assert.ok(rows[0]?.includes(`\`${held.default}\``), `${path}: ${held.default}`)
      }
    }
  })

  it('says nothing of keys that are not there', () => {
    const known = new Set([...keysOf(schema)].map(([path]) => path))
    for (const [, path = ''] of DOCUMENT.matchAll(/^\| `([^`]+)` \|/gm)) assert.ok(known.has(path), path)
  })

  it('has no example that is refused', () => {
    const examples = [...DOCUMENT.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml)
    assert.ok(examples.length >= 5)
    for (const yaml of examples) {
      const needsServer = !Object.hasOwn(parse(yaml) as object, 'servers')
      // Files that an example names are not there, and its variables are not set.
      const runnable = yaml.replace(/^ *tls:.*\n/gm, '').replace(/^ *cwd:.*\n/gm, '')
      const env = Object.fromEntries(
        [...yaml.matchAll(/\$\{env:(\w+)\}|env: ([A-Z_]+) /g)].map(([, a, b]) => [a ?? b, '7']),
      )
      assert.ok(settingsOf(needsServer ? `${runnable}\n${SERVER}` : runnable, env))
    }
  })
})
