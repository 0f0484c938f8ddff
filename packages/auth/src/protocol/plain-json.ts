import { isObject } from './known.ts'
import { MAX_DEPTH, MAX_MEMBERS } from './strict-json.ts'
import { type Place, placeOf, resembles, type Wanted } from './wanted.ts'

/** Longer texts take the long way: what is built before it is judged stays small. In UTF-16 units. */
const MAX_PLAIN = 16 * 1024

/**
 * The short way past `readStrictText`, for what nearly every client sends: a text that `JSON.stringify` writes again,
 * character by character, from what was read out of it. What it writes has no key twice, and whoever reads it reads
 * the same, so such a text needs no scan: only its depth and its look-alike keys are judged.
 * @returns the value of an object without a key that resembles a wanted one; undefined for every other text, which
 *   may be good or bad: the long way tells.
 */
export function readPlainText(text: string, wanted: Wanted): Readonly<Record<string, unknown>> | undefined {
  // Escapes that remain are those of characters that stand for none, whose keys the long way refuses.
  if (text.length > MAX_PLAIN || text.includes('\\u')) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(value) || !isShallow(value, MAX_DEPTH)) return undefined
  return JSON.stringify(value) === text && isUnmistakable(value, placeOf(wanted)) ? value : undefined
}

function isShallow(value: object, levels: number): boolean {
  if (levels === 0) return false
  if (Array.isArray(value)) {
    for (const inner of value) {
      if (typeof inner === 'object' && inner !== null && !isShallow(inner, levels - 1)) return false
    }
    return true
  }
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key]
    if (typeof inner === 'object' && inner !== null && !isShallow(inner, levels - 1)) return false
  }
  return true
}

function isUnmistakable(value: Readonly<Record<string, unknown>>, place: Place): boolean {
  let members = 0
  for (const key in value) {
    if (place.members.size > 0 && ++members > MAX_MEMBERS) return false
    const member = place.members.get(key)
    if (member === undefined) {
      if (resembles(place, key) !== undefined) return false
      continue
    }
    const inner = value[key]
    if (isObject(inner) ? !isUnmistakable(inner, member) : Array.isArray(inner) && member.element !== undefined)
      return false
  }
  return true
}
