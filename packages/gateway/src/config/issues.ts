import type { core } from 'zod/mini'
import type { Value } from './document.ts'
import type { Path } from './problem.ts'
import { didYouMean } from './suggest.ts'

/** A problem whose place in the file is not looked up yet. */
export interface Fault {
  readonly path: Path
  /** Whether the key itself is wrong, or what it holds. */
  readonly part: 'key' | 'value'
  readonly message: string
}

/** Keys that are designed and documented, and whose time has not come. */
const LATER: ReadonlySet<string> = new Set(['shared', 'listen.tls.clientCa'])

/**
 * Says in words what the shape of a configuration found wrong.
 *
 * @param at Where in the file the value stands that was parsed.
 * @param keysAt The keys that may stand at a path; for suggestions.
 */
export function toFaults(
  issues: readonly core.$ZodIssue[],
  value: Value | undefined,
  at: Path,
  keysAt: (path: Path) => readonly string[],
): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const steps = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
    const path = [...at, ...steps]
    const found = valueAt(value, steps)
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => unknownKey([...path, key], keysAt(path)))
      case 'invalid_key':
        return issue.issues.map(({ message }) => ({ path, part: 'key', message }))
      case 'invalid_union':
        return chooseBranch(issue, found, path, keysAt)
      case 'invalid_type':
        if (found === undefined) return [{ path, part: 'value', message: 'is required' }]
        if (found === null) return [{ path, part: 'value', message: 'has no value; give it one, or remove the key' }]
        return [{ path, part: 'value', message: issue.message }]
      default:
        return [{ path, part: 'value', message: issue.message }]
    }
  })
}

export function unknownKey(path: Path, known: readonly string[]): Fault {
  const key = String(path[path.length - 1])
  if (LATER.has(path.join('.'))) return { path, part: 'key', message: 'is not available yet' }
  // Known, but to another of the shapes that the map may have.
  if (known.includes(key)) return { path, part: 'key', message: 'does not go with the other keys here; choose one' }
  return { path, part: 'key', message: `unknown key \`${key}\`${didYouMean(key, known)}` }
}

/**
 * Of several shapes a value may have, the one that was meant: the only one whose required keys are all there. Otherwise
 * the message of the union, which names the choice.
 */
function chooseBranch(
  issue: core.$ZodIssueInvalidUnion,
  found: Value | undefined,
  path: Path,
  keysAt: (path: Path) => readonly string[],
): Fault[] {
  if (found === undefined) return [{ path, part: 'value', message: 'is required' }]
  const meant = issue.errors.filter((branch) => !branch.some((each) => isAbsent(each, found)))
  const [branch] = meant
  if (branch === undefined || meant.length > 1) return [{ path, part: 'value', message: issue.message }]
  return toFaults(branch, found, path, keysAt)
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
