import type * as z from 'zod/mini'
import type { Value } from './document.ts'
import { type Fault, type KeyGuide, toFaults, unknownKey } from './issues.ts'
import { knownKeys, mapsWith } from './known-keys.ts'
import { formatPath, type Path } from './problem.ts'
import { FILE_SHAPE, type ParsedSections, type ParsedServer, SECTIONS } from './shape.ts'
import { faultOfServerName, SERVER_SHAPE, UPSTREAM_SHAPE } from './shape-server.ts'

/** What could be made of a file. Without faults it is all there. */
export interface ParsedFile {
  /** Of a section with a fault, what remains when the fault is left out; defaults stand in for it. */
  readonly sections: ParsedSections
  /** Those without a fault. */
  readonly servers: ReadonlyMap<string, ParsedServer>
  /** By server, like `sections`. */
  readonly upstreams: ReadonlyMap<string, ParsedServer['upstream']>
  readonly faults: readonly Fault[]
  /** Paths, formatted, whose value is not known: it had a fault, or may be what an unknown key was meant to be. */
  readonly doubtful: ReadonlySet<string>
}

const GUIDE: KeyGuide = {
  keysAt: (path) => knownKeys(FILE_SHAPE, path),
  mapsWith: (key) => mapsWith(FILE_SHAPE, key),
}

/** Section by section and server by server, so that what is right in the file can be checked against the rest. */
export function parseFile(value: Value): ParsedFile {
  const reading = new Reading()
  const sections: Record<string, unknown> = {}
  const servers = new Map<string, ParsedServer>()
  const upstreams = new Map<string, ParsedServer['upstream']>()
  const parsed = { sections: sections as ParsedSections, servers, upstreams, ...reading }
  if (!isMap(value)) {
    const message = value === null ? 'is empty; it needs at least `servers`' : 'must be a map of settings'
    reading.faults.push({ path: [], part: 'value', message })
    return parsed
  }
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(FILE_SHAPE.shape, key)) reading.note(unknownKey([key], GUIDE))
  }
  for (const [key, schema] of Object.entries(SECTIONS)) {
    const rest = reading.take(schema, value[key], [key])
    if (rest !== undefined) sections[key] = rest.parsed
  }
  for (const [name, server] of serversIn(value.servers, reading)) {
    const path = ['servers', name]
    const message = faultOfServerName(name)
    if (message !== undefined) reading.note({ path, part: 'key', message })
    const result = SERVER_SHAPE.safeParse(server)
    if (result.success) servers.set(name, result.data)
    else for (const fault of toFaults(result.error.issues, server, path, GUIDE)) reading.note(fault)
    const upstream = isMap(server)
      ? new Reading().take(UPSTREAM_SHAPE, server.upstream, [...path, 'upstream'])
      : undefined
    if (upstream?.parsed !== undefined) upstreams.set(name, upstream.parsed)
  }
  return parsed
}

function serversIn(held: Value | undefined, reading: Reading): [name: string, server: Value][] {
  if (isMap(held) && Object.keys(held).length > 0) return Object.entries(held)
  const message =
    held === undefined
      ? 'is required'
      : 'must be a map of at least one server, by name, such as { files: { upstream: …, access: [api-key] } }'
  reading.note({ path: ['servers'], part: 'value', message })
  return []
}

/** What is found wrong on the way, and what can therefore not be relied on. */
class Reading {
  readonly faults: Fault[] = []
  readonly doubtful = new Set<string>()

  note(fault: Fault): void {
    this.faults.push(fault)
    this.doubtful.add(formatPath(fault.path))
    if (fault.meant !== undefined) this.doubtful.add(formatPath(fault.meant))
  }

  /** @returns What the value holds, without what is wrong in it; undefined when that leaves nothing. */
  take<Schema extends z.ZodMiniType>(
    schema: Schema,
    value: Value | undefined,
    path: Path,
  ): { readonly parsed: z.output<Schema> } | undefined {
    const result = schema.safeParse(value)
    if (result.success) return { parsed: result.data }
    const faults = toFaults(result.error.issues, value, path, GUIDE)
    for (const fault of faults) this.note(fault)
    let rest = value
    for (const fault of faults) rest = without(rest, fault.path.slice(path.length))
    const second = rest === undefined ? undefined : schema.safeParse(rest)
    return second?.success ? { parsed: second.data } : undefined
  }
}

/** A copy without the key that a path leads to, or the nearest above it that is there; nothing where there is none. */
function without(value: Value | undefined, [step, ...rest]: Path): Value | undefined {
  if (!isMap(value) || step === undefined || !Object.hasOwn(value, step)) return undefined
  const { [step]: held, ...others } = value
  const left = without(held, rest)
  return left === undefined ? others : { ...others, [step]: left }
}

function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
