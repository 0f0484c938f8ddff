/** What a reader of JSON asks for, prepared once. */

/**
 * Which values to locate. A key names a member; `*` stands for every element of an array. Members on the way are
 * also held to exact spelling: a key that equals one of them but for case is refused, and `__proto__` beside them,
 * which a reader that assigns member by member takes for more members.
 */
export interface Wanted {
  readonly [key: string]: Wanted
}

/** A place in the text that was asked for, and what was asked for inside it. */
export interface Place {
  /** From the element that it is inside of, or from the root. */
  readonly path: string
  readonly members: ReadonlyMap<string, Place>
  /** What is wanted of each element, where this is an array. */
  readonly element: Place | undefined
}

const places = new WeakMap<Wanted, Place>()

/** What is asked for is the same for message after message, so it is prepared once. */
export function placeOf(wanted: Wanted): Place {
  const known = places.get(wanted)
  if (known !== undefined) return known
  const made = prepare(wanted, '')
  places.set(wanted, made)
  return made
}

function prepare(wanted: Wanted, path: string): Place {
  const members = new Map<string, Place>()
  for (const [name, inner] of Object.entries(wanted)) {
    if (name !== '*') members.set(name, prepare(inner, join(path, name)))
  }
  const element = wanted['*']
  return { path, members, element: element === undefined ? undefined : prepare(element, '') }
}

export function join(path: string, name: string): string {
  if (path === '') return name
  return name === '' ? path : `${path}.${name}`
}

/** The wanted member that some reader may take `key` for, though it is another. */
export function resembles(place: Place, key: string): string | undefined {
  for (const name of place.members.keys()) {
    if (key === '__proto__' || (name.length === key.length && fold(name) === fold(key))) return name
  }
  return undefined
}

/**
 * Simple Unicode folding as case-insensitive readers do it: U+017F (long s) and U+212A (Kelvin) fold to s and k, and
 * U+0130 to i as in Java.
 */
function fold(key: string): string {
  return key.toUpperCase().toLowerCase().replaceAll('i\u0307', 'i')
}
