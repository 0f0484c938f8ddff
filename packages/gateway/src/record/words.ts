import { cutWord, MAX_WORD, SECRET_MARK } from '@portcullis/auth/events'
import { tame } from '../text/index.ts'

/** What needs no second look: neither JSON nor a terminal takes any of it for more than a letter. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Whether a word can stand in a line as it is. */
export function isPlain(word: string): boolean {
  return word.length <= MAX_WORD && PLAIN.test(word) && !word.includes(SECRET_MARK)
}

/** A JSON string without a single character that could end a line or steer a terminal. */
export function quote(word: string, max = MAX_WORD): string {
  const cut = cutWord(word, max)
  if (PLAIN.test(cut)) return `"${cut}"`
  return tame(JSON.stringify(cut))
}
