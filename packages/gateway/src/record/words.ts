import { cutWord, MAX_WORD, SECRET_MARK } from '@portcullis/auth/events'
import { tame } from '../text/index.ts'

const SPACE = 32
const QUOTE = 34
const BACKSLASH = 92
const TILDE = 126
const LETTER_P = 112

/**
 * Whether a word can stand in a line as it is: neither JSON nor a terminal takes any of it for more than a letter, and no
 * secret begins in it. By hand: every call writes half a dozen short ones.
 */
function isPlain(word: string): boolean {
  if (word.length > MAX_WORD) return false
  for (let at = 0; at < word.length; at++) {
    const code = word.charCodeAt(at)
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return false
    if (code === LETTER_P && word.startsWith(SECRET_MARK, at)) return false
  }
  return true
}

/** A JSON string without a single character that could end a line or steer a terminal. */
export function quote(word: string, max = MAX_WORD): string {
  if (word.length <= max && isPlain(word)) return `"${word}"`
  return tame(JSON.stringify(cutWord(word, max)))
}
