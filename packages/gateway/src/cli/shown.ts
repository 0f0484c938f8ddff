/** What may be shown on a terminal, of words that are somebody else's or were typed in the wrong place. */

/** What a terminal or a log viewer obeys, and what has no shape: controls, line separators, text direction. */
const UNRULY = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** The text with escapes, as JSON spells them, in place of characters that steer whoever shows it. */
export function tame(text: string): string {
  return text.replace(UNRULY, (unruly) =>
    unruly
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** How keys and the secrets of URLs begin. */
const SECRET = /pcl[su]_/
const SECRETS = /pcl[su]_[^\s"`;,]+/g

/** The words as a message may repeat them: not at all, where a secret is among them. */
export function unlessSecret(typed: string, shown: string): string {
  return SECRET.test(typed) ? '(it holds a secret and is not shown)' : shown
}

/** A message without the secrets that have come into it, for what reaches screens and logs. */
export function withoutSecrets(message: string): string {
  return message.replace(SECRETS, '(a secret)')
}
