import fc from 'fast-check'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** How the next piece of a text is spelled: the space around it, and which of its characters are escaped (bits). */
export interface Choice {
  readonly gap: string
  readonly escapes: number
}

const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 2 })
export const choices = fc.array(fc.record({ gap: space, escapes: fc.oneof(fc.constant(0), fc.nat(255)) }), {
  minLength: 1,
  maxLength: 50,
})

/** Keys that make trouble: few of them, so that the same come again in other spellings. Zeros are refused. */
export const anyKey = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('a', 'b', 'u', '0', '6', '"', '\\', '/', '\n', '{', ',', '😀', 'é'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 7,
  })
  .filter((key) => !key.includes('\0'))

/** Keys that need no escape and hold nothing that separates the parts of a path. */
export const plainKey = anyKey.filter((key) => key !== '' && JSON.stringify(key) === `"${key}"` && !/[.*]/.test(key))

const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (number === 0 ? 0 : number)),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)

export function jsonOf(key: fc.Arbitrary<string>): fc.Arbitrary<Json> {
  const { json } = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.array(tie('json'), { maxLength: 5 }),
      fc.dictionary(key, tie('json'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }))
  return json
}

/** The same choices over and over. */
export function cycle(of: readonly Choice[]): () => Choice {
  let at = 0
  return () => of[at++ % of.length] as Choice
}

/** One of the many texts of a value: with space wherever it may stand, and with characters escaped that need not be. */
export function spell(value: Json, next: () => Choice, spellKey = spellString): string {
  const gap = () => next().gap
  const inner = (): string => {
    if (typeof value === 'string') return spellString(value, next)
    if (Array.isArray(value)) return `[${value.map((each) => spell(each, next, spellKey)).join(',') || gap()}]`
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    const members = Object.entries(value).map(
      ([name, each]) => `${gap()}${spellKey(name, next)}${gap()}:${spell(each, next, spellKey)}`,
    )
    return `{${members.join(',') || gap()}}`
  }
  return `${gap()}${inner()}${gap()}`
}

export function spellString(text: string, next: () => Choice): string {
  const { escapes } = next()
  if (escapes === 0) return JSON.stringify(text)
  const units = Array.from({ length: text.length }, (_, at) => {
    const code = text.charCodeAt(at)
    const isNeeded = code < 32 || code === 34 || code === 92
    return isNeeded || escapes & (1 << (at % 8)) ? `\\u${code.toString(16).padStart(4, '0')}` : text.charAt(at)
  })
  return `"${units.join('')}"`
}
