import { PUBLIC_ID_LENGTH, SECRET_TEXT_LENGTH } from '../protocol/index.ts'
import { MAX_WORD } from './filter.ts'

/** How a secret of ours begins; where this is not, there is none. */
export const SECRET_MARK = 'pcl'
/**
 * A secret of ours, whole or most of one: names of a batch have been cut before they come here. It ends where the next
 * one begins.
 */
const SECRETS = /pcl[su]_[0-9a-z]{16}_(?:(?!pcl[su]_)[A-Za-z0-9_-]){22,50}/g
const SHOWN = 'pcls_'.length + PUBLIC_ID_LENGTH

/** A word as it is recorded: so much of it, and of a secret that somebody took for a name only what may be known. */
export function cutWord(word: string, max = MAX_WORD): string {
  // One that begins before the end is seen whole.
  const seen = word.slice(0, max + SECRET_TEXT_LENGTH - 1)
  if (!seen.includes(SECRET_MARK)) return seen.slice(0, max)
  let shown = ''
  let at = 0
  for (const { 0: secret, index } of seen.matchAll(SECRETS)) {
    if (index >= max) break
    shown += `${seen.slice(at, index)}${secret.slice(0, SHOWN)}…`
    at = index + secret.length
  }
  return (shown + seen.slice(at, max)).slice(0, max)
}
