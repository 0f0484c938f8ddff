import { randomText } from '../crypto/index.ts'
import { type Span, splice } from './span.ts'

/** A key that is spelled with escapes: where it stands, quotes included, and how it reads. */
export interface EscapedKey {
  readonly span: Span
  readonly key: string
}

/**
 * `JSON.parse` for a text in which these keys, and no others, are spelled with escapes.
 *
 * V8 from 12.8 on (Node 24 and 26 among others) may take such a key for another one that it met before at the same
 * place: after `{"a":1,"\\u006d":1}`, the second key of `{"a":1,"\u006dethod":1}` reads `\u006d`. Whoever sends both
 * hides a member from us that everybody else sees. So the parser is shown plain names in place of such keys, and they
 * get their own afterwards (nodejs/node#63785, crbug.com/521080746).
 *
 * @throws {SyntaxError}
 */
export function parseEscapedKeys(text: string, escaped: readonly EscapedKey[]): unknown {
  // Random, so that no key of the text can be mistaken for one of them.
  const mark = `${randomText(16)}.`
  const names = new Map(escaped.map(({ key }, index) => [mark + index, key]))
  const plain = splice(
    text,
    escaped.map(({ span }, index) => ({ span, by: `"${mark}${index}"` })),
  )
  return restore(JSON.parse(plain), names)
}

/** Gives the keys their own names. By hand: a reviver of `JSON.parse` costs a hundred times as much per value. */
function restore(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index]
      if (typeof element === 'object' && element !== null) value[index] = restore(element, names)
    }
    return value
  }
  const members = Object.entries(value)
  for (const member of members) {
    member[0] = names.get(member[0]) ?? member[0]
    member[1] = restore(member[1], names)
  }
  return Object.fromEntries(members)
}
