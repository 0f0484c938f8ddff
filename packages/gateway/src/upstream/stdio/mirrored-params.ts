import { decodeFieldValue } from '@portcullis/auth/protocol'

/** An argument that a tool's schema wants mirrored in a header (`x-mcp-header`). */
export interface MirroredParam {
  /** The keys that lead to it from `arguments`. */
  readonly path: readonly string[]
  /** `mcp-param-…`, lower-case. */
  readonly header: string
}

const KEY = 'x-mcp-header'
const MAX_DEPTH = 32

/** The mirrored arguments of a tool: those that are reached from the schema's root through `properties` alone (TM-25). */
export function mirroredParams(inputSchema: unknown): readonly MirroredParam[] {
  const found: MirroredParam[] = []
  const visit = (schema: unknown, path: readonly string[]): void => {
    if (!isObject(schema) || path.length > MAX_DEPTH) return
    const name = schema[KEY]
    if (typeof name === 'string' && path.length > 0) found.push({ path, header: `mcp-param-${name.toLowerCase()}` })
    if (!isObject(schema.properties)) return
    for (const [key, property] of Object.entries(schema.properties)) visit(property, [...path, key])
  }
  visit(inputSchema, [])
  return found
}

/**
 * Whether the headers say what the arguments say (TM-24, TM-26). An argument that is null or absent expects no
 * header, and what stands in one then is nobody's concern.
 *
 * @param headers [name, value, …], lower-case names.
 * @returns What is wrong, in words for the caller.
 */
export function findMismatch(
  params: readonly MirroredParam[],
  args: unknown,
  headers: readonly string[],
): string | undefined {
  for (const { path, header } of params) {
    const value = valueAt(args, path)
    // What is no primitive cannot be mirrored; the tool's schema refuses it.
    if (value === undefined || value === null || typeof value === 'object') continue
    const fields = headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === header)
    if (fields.length === 0) return `The ${header} header is missing.`
    if (!fields.every((field) => isSame(field, value))) return `The ${header} header differs from the arguments.`
  }
  return undefined
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/

function isSame(field: string, value: unknown): boolean {
  const decoded = decodeFieldValue(field)
  if (decoded === undefined) return false
  if (typeof value !== 'number') return decoded === String(value)
  // Beyond 2^53 two different numbers in two texts could pass for one.
  return DECIMAL.test(decoded) && Math.abs(value) <= Number.MAX_SAFE_INTEGER && Number(decoded) === value
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root
  for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
