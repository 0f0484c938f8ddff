import { MAX_WORD } from '@portcullis/auth/events'
import { PUBLIC_ID_LENGTH, SECRET_TEXT_LENGTH } from '@portcullis/auth/protocol'
import { tame } from '../text/index.ts'

/** What needs no second look: neither JSON nor a terminal takes any of it for more than a letter. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** How a secret of ours begins; where this is not, there is none. */
const MARK = 'pcl'
/** A secret of ours, whole or most of one: names of a batch have been cut before they come here. */
const SECRETS = /pcl[su]_[0-9a-z]{16}_[A-Za-z0-9_-]{22,50}/g
const SHOWN = 'pcls_'.length + PUBLIC_ID_LENGTH

/** Whether a word can stand in a line as it is. */
export function isPlain(word: string): boolean {
  return word.length <= MAX_WORD && PLAIN.test(word) && !word.includes(MARK)
}

/** A JSON string without a single character that could end a line or steer a terminal. */
export function quote(word: string, max = MAX_WORD): string {
  const cut = cutWord(word, max)
  if (PLAIN.test(cut)) return `"${cut}"`
  return tame(JSON.stringify(cut))
}

/** A word as it is recorded: so much of it, and of a secret that somebody took for a name only what may be known. */
export function cutWord(word: string, max = MAX_WORD): string {
  // One that begins before the end is seen whole.
  const seen = word.slice(0, max + SECRET_TEXT_LENGTH - 1)
  if (!seen.includes(MARK)) return seen.slice(0, max)
  let shown = ''
  let at = 0
  for (const { 0: secret, index } of seen.matchAll(SECRETS)) {
    if (index >= max) break
    shown += `${seen.slice(at, index)}${secret.slice(0, SHOWN)}…`
    at = index + secret.length
  }
  return (shown + seen.slice(at, max)).slice(0, max)
}
