import type { Value } from './document.ts'
import type { Path } from './problem.ts'

/** Sections that only a gate reads. */
const GATE_ONLY: ReadonlySet<unknown> = new Set([
  'allowedHosts',
  'cors',
  'trustedProxies',
  'limits',
  'stdio',
  'log',
  'sealingKey',
])

/**
 * What goes with a setting when a command that starts no gate cannot know it: the path of the smallest whole that it does
 * not need either. Undefined: it needs to know the setting.
 */
export function unneeded(path: Path): Path | undefined {
  const [section, name, part] = path
  if (GATE_ONLY.has(section)) return [section as string]
  // What stands in a list where a map should has another fault, which is to be found.
  if (section === 'servers' && typeof name === 'string' && part === 'upstream') return path.slice(0, 3)
  // Who signs tokens elsewhere is nothing to commands; whether anybody signs in here is.
  if (section === 'issuers' && typeof name === 'string') return path.slice(0, 2)
  if (section === 'listen' && name === 'tls') return path.slice(0, 2)
  if (section === 'keys' && name === 'deliveries' && typeof part === 'string') return path.slice(0, 3)
  return undefined
}

/** What may stand for them where nobody will use them; without one their defaults do. */
const STAND_INS: Readonly<Record<string, Value>> = {
  upstream: { command: 'unknown' },
  tls: { cert: 'unknown', key: 'unknown' },
  deliveries: { file: 'unknown' },
}

/** The value with a stand-in at each of these paths, which `unneeded` has given. */
export function withStandIns(value: Value, paths: readonly Path[]): Value {
  return paths.reduce((held, path) => replaceAt(held, path, standInFor(path)), value)
}

function standInFor(path: Path): Value | undefined {
  if (path.length === 1) return undefined
  // No two of them are the same.
  if (path[0] === 'issuers') return { issuer: `https://${path[1]}.invalid` }
  return STAND_INS[String(path[0] === 'keys' ? path[1] : path.at(-1))]
}

function replaceAt(held: Value | undefined, [step, ...rest]: Path, by: Value | undefined): Value {
  const map = held as { readonly [key: string]: Value }
  const key = String(step)
  if (rest.length > 0) return { ...map, [key]: replaceAt(map[key], rest, by) }
  if (by !== undefined) return { ...map, [key]: by }
  const { [key]: _, ...others } = map
  return others
}
