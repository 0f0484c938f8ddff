import * as z from 'zod/mini'
import type { Parsed } from './addresses.ts'
import { didYouMean } from './suggest.ts'
import { DURATION, parseDuration, parseSize, SIZE } from './units.ts'

/**
 * The kinds of value that a configuration is made of. Each field is one definition for two readers: it parses a value
 * and says in words what is wrong with it, and `z.toJSONSchema` turns it into what editors check while one types.
 * An editor sees the file before references to the environment are replaced, so wherever a text must follow a pattern,
 * the published pattern admits a reference too.
 *
 * `zod/mini`, for the schema of `zod` itself takes 4 MB more of memory and 10 ms more of every start.
 */

const REFERENCE = '\\$\\{env:[A-Za-z_][A-Za-z0-9_]*\\}'
const REFERENCE_WITHIN = `^.*${REFERENCE}.*$`

/** Adds what the published schema tells: a description, and narrower rules than the type has by itself. */
export function documented<Schema extends z.ZodMiniType>(
  schema: Schema,
  description: string,
  rules: object = {},
): Schema {
  z.globalRegistry.add(schema, { description, ...rules })
  return schema
}

/** Text that `parse` settles. Its faults are phrases without the value: it may come from the environment. */
export function parsed<T>(wanted: string, parse: (text: string) => Parsed<T>) {
  const settle = z.transform((text: string, context): T => {
    const result = parse(text)
    if ('ok' in result) return result.ok
    context.issues.push({ code: 'custom', message: result.fault, input: text })
    return z.NEVER
  })
  return z.pipe(z.string({ error: `must be ${wanted}` }), settle)
}

/** Any text that is not empty. */
export function text() {
  return parsed('text', (value) => (value === '' ? { fault: 'must not be empty' } : { ok: value }))
}

/** Text of one pattern. The fault says what the pattern wants. */
export function matching(pattern: RegExp, wanted: string) {
  return parsed(wanted, (value) => (pattern.test(value) ? { ok: value } : { fault: `must be ${wanted}` }))
}

/** One of a few words. */
export function choice<const Word extends string>(words: readonly Word[], description: string) {
  const oneOf = `one of ${words.map((word) => `\`${word}\``).join(', ')}`
  const field = parsed<Word>(oneOf, (value) => {
    const word = words.find((each) => each === value)
    return word === undefined ? { fault: `must be ${oneOf}${didYouMean(value, words)}` } : { ok: word }
  })
  return documented(field, description, { anyOf: [{ enum: words }, { pattern: REFERENCE_WITHIN }] })
}

/** A length of time in milliseconds, between two bounds that are written as durations themselves. */
export function duration(least: string, most: string, description: string) {
  return withUnit('a duration such as "30s" (units: ms, s, m, h, d)', parseDuration, DURATION, least, most, description)
}

/** A number of bytes, between two bounds that are written as sizes themselves. */
export function size(least: string, most: string, description: string) {
  return withUnit('a size such as "4MiB" (units: B, KiB, MiB, GiB)', parseSize, SIZE, least, most, description)
}

function withUnit(
  wanted: string,
  parse: (text: string) => number | undefined,
  pattern: RegExp,
  least: string,
  most: string,
  description: string,
) {
  const field = parsed(wanted, (value) => {
    const amount = parse(value)
    if (amount === undefined) return { fault: `must be ${wanted}` }
    const fits = amount >= (parse(least) ?? 0) && amount <= (parse(most) ?? 0)
    return fits ? { ok: amount } : { fault: `must be between ${least} and ${most}` }
  })
  return documented(field, `${description} From ${least} to ${most}.`, {
    anyOf: [{ pattern: pattern.source }, { pattern: REFERENCE_WITHIN }],
  })
}

/** A whole number. Digits in a text count too, for that is what a reference to the environment leaves. */
export function integer(least: number, most: number, description: string) {
  const wanted = `a whole number between ${least} and ${most}`
  const settle = z.transform((value: number | string, context): number => {
    const number = typeof value === 'number' ? value : /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    if (Number.isInteger(number) && number >= least && number <= most) return number
    context.issues.push({ code: 'custom', message: `must be ${wanted}`, input: value })
    return z.NEVER
  })
  const field = z.pipe(z.union([z.number(), z.string()], { error: `must be ${wanted}` }), settle)
  const digits = { type: 'string', pattern: `^(\\d+|${REFERENCE})$` }
  const rules = { anyOf: [{ type: 'integer', minimum: least, maximum: most }, digits] }
  return documented(field, `${description} From ${least} to ${most}.`, rules)
}

/** Only the words `true` and `false` themselves: what opens the gate wider is not left to the environment. */
export function flag(description: string) {
  return documented(z.boolean({ error: 'must be true or false' }), description)
}

/** A list in which nothing stands twice. */
export function list<Item extends z.ZodMiniType>(item: Item, example: string, bounds: { least?: number } = {}) {
  const least = bounds.least ?? 0
  const whole = z.array(item, { error: `must be a list, such as ${example}` })
  return whole.check((context) => {
    if (context.value.length < least) {
      context.issues.push({ code: 'custom', message: 'must not be empty', input: context.value })
    }
    context.value.forEach((entry, index) => {
      if (context.value.indexOf(entry) === index) return
      context.issues.push({ code: 'custom', message: 'stands in this list twice', input: entry, path: [index] })
    })
  })
}

/** A map whose keys the operator chooses. `faultOf` says what is wrong with a key, in a phrase without it. */
export function mapOf<Held extends z.ZodMiniType>(
  held: Held,
  faultOf: (key: string) => string | undefined,
  example: string,
) {
  const key = z.string().check((context) => {
    const message = faultOf(context.value)
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value })
  })
  return z.record(key, held, { error: `must be a map, such as ${example}` })
}
