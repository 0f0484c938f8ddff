/**
 * Text that is shown: on terminals, in logs, in the record. Makes the words of others unable to steer whoever shows
 * them. What may be shown at all (no secrets, only so much) is the business of the rooms above.
 */

/** What a terminal or a log viewer obeys, and what has no shape: controls, line separators, text direction. */
const UNRULY = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/**
 * The text with escapes, as JSON spells them, in place of characters that steer whoever shows it. What was JSON without
 * white space between its tokens stays JSON, and means the same.
 */
export function tame(text: string): string {
  return text.replace(UNRULY, escaped)
}

/** Beyond the first plane an escape for each half, as JSON wants it. */
function escaped(character: string): string {
  const units = character.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return `\\u${units.join('\\u')}`
}
