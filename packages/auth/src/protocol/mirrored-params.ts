import { isObject } from './known.ts'
import { decodeFieldValue, type MirrorFault } from './mirrored-headers.ts'

/** An argument that the modern era mirrors into a header field (MCP 2026-07-28, Custom Headers from Tool Parameters). */
export interface MirroredParam {
  /** Lower-case: `mcp-param-region`. */
  readonly field: string
  /** Members that lead to it from `arguments`. */
  readonly path: readonly string[]
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean'])
const KEY = 'x-mcp-header'
/** Where else a schema has schemas in it. None of these is on the way to an argument that can be mirrored. */
const ASIDE = [
  ...['items', 'prefixItems', 'contains', 'unevaluatedItems'],
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'dependentSchemas', 'patternProperties'],
  ...['oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else', '$defs', 'definitions'],
]
/** Of those, the ones whose schemas have names. */
const NAMED: ReadonlySet<string> = new Set(['dependentSchemas', 'patternProperties', '$defs', 'definitions'])
/** Deeper annotations are not looked for; a schema is the upstream's and may be anything. */
const MAX_DEPTH = 32

/**
 * The arguments that a tool's input schema annotates with `x-mcp-header`.
 * @returns none for a schema whose annotations break the rules: clients leave such a tool out, and nothing is mirrored.
 */
export function mirroredParams(inputSchema: unknown): readonly MirroredParam[] {
  const found: MirroredParam[] = []
  const isSound = collect(inputSchema, [], found)
  const fields = new Set(found.map(({ field }) => field))
  return isSound && fields.size === found.length ? found : []
}

/** @returns false where an annotation breaks the rules: by what it says, or by where it stands. */
function collect(schema: unknown, path: readonly string[], found: MirroredParam[]): boolean {
  if (!isObject(schema) || path.length > MAX_DEPTH) return true
  if (Object.hasOwn(schema, KEY)) {
    const { [KEY]: name, type } = schema
    if (path.length === 0 || typeof name !== 'string' || !TOKEN.test(name) || !TYPES.has(type)) return false
    found.push({ field: `mcp-param-${name.toLowerCase()}`, path })
  }
  if (schemasAside(schema).some((each) => isAnnotated(each, path.length))) return false
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : []
  return properties.every(([name, property]) => collect(property, [...path, name], found))
}

function isAnnotated(schema: unknown, depth: number): boolean {
  if (!isObject(schema) || depth > MAX_DEPTH) return false
  if (Object.hasOwn(schema, KEY)) return true
  const properties = isObject(schema.properties) ? Object.values(schema.properties) : []
  return [...properties, ...schemasAside(schema)].some((each) => isAnnotated(each, depth + 1))
}

function schemasAside(schema: Readonly<Record<string, unknown>>): unknown[] {
  return ASIDE.flatMap((keyword) => {
    const value = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined
    return isObject(value) && NAMED.has(keyword) ? Object.values(value) : value
  })
}

/**
 * Whether the mirrored arguments of a call say what its header fields say. An argument that is present needs its
 * field; one that is absent or null must have none. Other `Mcp-Param-*` fields are nobody's business here.
 */
export function checkMirroredParams(
  params: readonly MirroredParam[],
  args: unknown,
  header: (name: string) => string | undefined,
): MirrorFault | undefined {
  for (const { field, path } of params) {
    const value = valueAt(args, path)
    const given = header(field)
    if (value === undefined || value === null) {
      if (given !== undefined) return mismatch(`${field} mirrors an argument that is not there.`)
      continue
    }
    if (given === undefined) return mismatch(`The ${field} header is missing.`)
    const decoded = decodeFieldValue(given)
    if (decoded === undefined) return mismatch(`${field} is not well encoded.`)
    if (!says(decoded, value)) return mismatch(`${field} differs from the body.`)
  }
  return undefined
}

const INTEGER = /^-?(?:0|[1-9][0-9]*)(?:\.0+)?$/

/** Integers are compared as numbers (`42.0` is `42`) as far as those are exact, everything else as text. */
function says(text: string, value: unknown): boolean {
  if (typeof value === 'string') return text === value
  if (Number.isInteger(value)) return Number.isSafeInteger(value) && INTEGER.test(text) && Number(text) === value
  // Lists and objects have no form that a field could hold.
  return typeof value !== 'object' && text === JSON.stringify(value)
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

function mismatch(message: string): MirrorFault {
  return { code: -32020, message }
}
