/** What may be repeated of words that were typed in the wrong place, or came into a message. */

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
