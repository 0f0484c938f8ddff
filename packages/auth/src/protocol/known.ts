/** The members that an object may have. A record and no list, so that the compiler tells of one that was forgotten. */
export type Known<Options> = Readonly<Record<keyof Options & string, true>>

/**
 * Holds what a program writes to what there is: a member that nobody reads was meant to say something, and often to
 * forbid something.
 *
 * @param where What it is a member of, where that is not plain: `rules[0]`.
 * @throws {TypeError} that names the members there are.
 */
export function expectKnown(value: object, known: Readonly<Record<string, true>>, where?: string): void {
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(known, name)) continue
    const place = where === undefined ? '' : ` of ${where}`
    throw new TypeError(`"${name}"${place} is not known: write one of ${Object.keys(known).join(', ')}`)
  }
}

/** Whether it is what JSON calls an object: no list, no function. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The same of options, which the compiler takes for an object already; JavaScript hands in anything. */
export function isOptions(value: unknown): value is object {
  return isObject(value)
}

/** A list of texts, none of them empty. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')
}
