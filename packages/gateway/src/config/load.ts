import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type * as z from 'zod/mini'
import { findContradictions } from './contradictions.ts'
import { type ConfigDocument, readDocument, type Value } from './document.ts'
import { type Fault, toFaults, unknownKey } from './issues.ts'
import { knownKeys } from './known-keys.ts'
import { formatPath, inFileOrder, type Path, type Problem } from './problem.ts'
import type { Environment } from './references.ts'
import type { Settings } from './settings.ts'
import { settle } from './settle.ts'
import { FILE_SHAPE, type ParsedSections, type ParsedServer, SECTIONS } from './shape.ts'
import { faultOfServerName, SERVER_SHAPE } from './shape-server.ts'
import { findWarnings } from './warnings.ts'

const MAX_FILE_BYTES = 1024 ** 2

/** Exactly one of the two is there. */
export type Loaded =
  | { readonly settings: Settings; readonly problems?: undefined }
  | { readonly settings?: undefined; readonly problems: readonly Problem[] }

/**
 * Reads a configuration file and settles it. Finds every problem, not only the first; never throws.
 * Looks at the files that `listen.tls` names and whether a `cwd` exists, but opens no database, starts no program and
 * reaches for no upstream.
 *
 * @param env Where references such as `${env:NAME}` lead. Its values appear in the settings and never in a problem.
 */
export function loadConfig(file: string, env: Environment = process.env): Loaded {
  const absolute = resolve(file)
  const text = readText(absolute)
  if (text.fault !== undefined) return { problems: [{ line: 0, column: 0, path: '', message: text.fault }] }

  const document = readDocument(text.content, env)
  if (document.value === undefined) return { problems: inFileOrder(document.problems) }

  const locate = (faults: readonly Fault[]) => faults.map((fault) => toProblem(fault, document))
  const { sections, servers, faults } = parseFile(document.value)
  const contradictions = findContradictions(sections, servers, { directory: dirname(absolute), env })
  // What is wrong with the gap that a reference left is no news.
  const further = locate([...faults, ...contradictions]).filter(({ path }) => !document.gaps.has(path))
  if (document.problems.length + further.length > 0)
    return { problems: inFileOrder([...document.problems, ...further]) }

  const settings = settle(sections as Required<ParsedSections>, servers, absolute)
  return { settings: { ...settings, warnings: inFileOrder(locate(findWarnings(settings))) } }
}

type Text = { readonly content: string; readonly fault?: undefined } | { readonly fault: string }

function readText(file: string): Text {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return { fault: 'there is no such file; name one with --config FILE' }
    return { fault: code === 'EISDIR' ? 'is a directory; name a file' : `cannot be read (${code ?? 'unknown reason'})` }
  }
  if (bytes.length > MAX_FILE_BYTES) return { fault: 'is longer than 1 MiB' }
  try {
    return { content: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { fault: 'is not UTF-8 text' }
  }
}

interface ParsedFile {
  readonly sections: ParsedSections
  readonly servers: ReadonlyMap<string, ParsedServer>
  readonly faults: readonly Fault[]
}

/** Section by section and server by server, so that what is right in the file can be checked against the rest. */
function parseFile(value: Value): ParsedFile {
  const servers = new Map<string, ParsedServer>()
  if (!isMap(value)) {
    const message = value === null ? 'is empty; it needs at least `servers`' : 'must be a map of settings'
    return { sections: {}, servers, faults: [{ path: [], part: 'value', message }] }
  }
  const faults: Fault[] = Object.keys(value)
    .filter((key) => !(key in FILE_SHAPE.shape))
    .map((key) => unknownKey([key], Object.keys(FILE_SHAPE.shape)))

  const sections: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(SECTIONS)) {
    const result = parse(schema, value[key], [key])
    faults.push(...result.faults)
    if (result.faults.length === 0) sections[key] = result.parsed
  }

  const held = value.servers
  if (!isMap(held) || Object.keys(held).length === 0) {
    const message = held === undefined ? 'is required' : 'must be a map of at least one server, by name'
    faults.push({ path: ['servers'], part: 'value', message })
    return { sections: sections as ParsedSections, servers, faults }
  }
  for (const [name, server] of Object.entries(held)) {
    const path = ['servers', name]
    const message = faultOfServerName(name)
    if (message !== undefined) faults.push({ path, part: 'key', message })
    const result = parse(SERVER_SHAPE, server, path)
    faults.push(...result.faults)
    if (result.parsed !== undefined) servers.set(name, result.parsed)
  }
  return { sections: sections as ParsedSections, servers, faults }
}

function parse<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: Value | undefined,
  path: Path,
): { readonly parsed?: z.output<Schema>; readonly faults: readonly Fault[] } {
  const result = schema.safeParse(value)
  if (result.success) return { parsed: result.data, faults: [] }
  const keysAt = (at: Path) => knownKeys(FILE_SHAPE, at)
  return { faults: toFaults(result.error.issues, value, path, keysAt) }
}

function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function toProblem({ path, part, message }: Fault, document: ConfigDocument): Problem {
  return { ...document.locate(path, part), path: formatPath(path), message }
}
