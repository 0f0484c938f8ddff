import type { core } from 'zod/mini'
import type { Value } from './document.ts'
import { ANY_NAME } from './known-keys.ts'
import { formatPath, type Path } from './problem.ts'
import { didYouMean, suggest } from './suggest.ts'

/** A problem whose place in the file is not looked up yet. */
export interface Fault {
  readonly path: Path
  /** Whether the key itself is wrong, or what it holds. */
  readonly part: 'key' | 'value'
  readonly message: string
  /** Of an unknown key: the place of the one that it was probably meant to be. */
  readonly meant?: Path
}

/** Keys that are designed and documented, and whose time has not come. */
const LATER: ReadonlySet<string> = new Set(['shared', 'listen.tls.clientCa'])

/** Keys of other programs' files for what is called and shaped differently here. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['mcpServers', '; here it is `servers: { NAME: { upstream: { command: …, args: […] }, access: [api-key] } }`'],
])

/** What the shape of the file knows of its keys: for suggestions. */
export interface KeyGuide {
  /** The keys that may stand at a path. */
  keysAt(path: Path): readonly string[]
  /** The paths at which a key may stand, without the key. */
  mapsWith(key: string): readonly Path[]
}

/**
 * Says in words what the shape of a configuration found wrong.
 *
 * @param at Where in the file the value stands that was parsed.
 */
export function toFaults(
  issues: readonly core.$ZodIssue[],
  value: Value | undefined,
  at: Path,
  guide: KeyGuide,
): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const steps = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
    const path = [...at, ...steps]
    const found = valueAt(value, steps)
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => unknownKey([...path, key], guide))
      case 'invalid_key':
        return issue.issues.map(({ message }) => ({ path, part: 'key', message }))
      case 'invalid_union':
        return chooseBranch(issue, found, path, guide)
      case 'invalid_type':
        if (found === undefined) return [{ path, part: 'value', message: 'is required' }]
        if (found === null)
          return [{ path, part: 'value', message: 'has no value; give it one, indented below it, or remove the key' }]
        return [{ path, part: 'value', message: issue.message }]
      default:
        return [{ path, part: 'value', message: issue.message }]
    }
  })
}

export function unknownKey(path: Path, guide: KeyGuide): Fault {
  const key = String(path[path.length - 1])
  if (LATER.has(path.join('.'))) return { path, part: 'key', message: 'is not available yet' }
  const known = guide.keysAt(path.slice(0, -1))
  // Known, but to another of the shapes that the map may have.
  if (known.includes(key)) return { path, part: 'key', message: 'does not go with the other keys here; choose one' }
  const parent = path.slice(0, -1)
  const foreign = FOREIGN.get(path.join('.'))
  const near = suggest(key, known)
  const map = near === undefined && foreign === undefined ? rightMap(parent, guide.mapsWith(key)) : undefined
  const meant = near !== undefined ? [...parent, near] : map && [...map, key]
  const elsewhere = map && `; it belongs under \`${formatPath(map.slice(commonLength(parent, map)))}\``
  const hint = foreign ?? elsewhere ?? (didYouMean(key, known) || thoseKnown(parent, known))
  return { path, part: 'key', message: `unknown key \`${key}\`${hint}`, ...(meant && { meant }) }
}

/** What else could have been meant. Not at the root, where there is too much for a line. */
function thoseKnown(parent: Path, known: readonly string[]): string {
  return parent.length === 0 ? '' : `; known here are ${known.map((key) => `\`${key}\``).join(', ')}`
}

/** The map that a key belongs into which stands in the wrong one: below that one, or else the only one there is. */
function rightMap(parent: Path, maps: readonly Path[]): Path | undefined {
  const below = maps.filter((map) => commonLength(parent, map) === parent.length)
  const [map, ...others] = below.length === 1 ? below : maps
  return others.length === 0 ? map : undefined
}

/** How many steps of `path` lead along `map`, in which some names are anybody's choice. */
function commonLength(path: Path, map: Path): number {
  const parts = path.findIndex((step, index) => map[index] !== step && map[index] !== ANY_NAME)
  return parts === -1 ? path.length : 0
}

/**
 * Of several shapes a value may have, the one that was meant: the only one whose required keys are all there. Otherwise
 * the slip of the hand that hides a required key, or the message of the union, which names the choice.
 */
function chooseBranch(
  issue: core.$ZodIssueInvalidUnion,
  found: Value | undefined,
  path: Path,
  guide: KeyGuide,
): Fault[] {
  if (found === undefined) return [{ path, part: 'value', message: 'is required' }]
  const meant = issue.errors.filter((branch) => !branch.some((each) => isAbsent(each, found)))
  const [branch] = meant
  if (branch !== undefined && meant.length === 1) return toFaults(branch, found, path, guide)
  const known = guide.keysAt(path)
  const slips = keysOf(found).filter((key) => !known.includes(key) && suggest(key, known) !== undefined)
  if (slips.length > 0) return slips.map((key) => unknownKey([...path, key], guide))
  return [{ path, part: 'value', message: issue.message }]
}

function keysOf(value: Value): readonly string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
}

function isAbsent(issue: core.$ZodIssue, found: Value): boolean {
  if (issue.code !== 'invalid_type') return false
  if (issue.path.length === 0) return true
  return issue.path.length === 1 && valueAt(found, issue.path) === undefined
}

function valueAt(value: Value | undefined, path: readonly PropertyKey[]): Value | undefined {
  let found = value
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Readonly<Record<PropertyKey, Value>>)[step]
  }
  return found
}
