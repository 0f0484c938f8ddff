import { LONGEST_TYPED_PASSWORD, PASSWORD_LENGTH } from './passwords.ts'

export type NameFault = 'empty' | 'too_long' | 'characters'
export type PasswordFault = 'too_short' | 'too_long'

/** Letters of any script with their marks, digits and what mail addresses are made of; no spaces or invisible signs. */
const NAME = /^[\p{L}\p{N}._@+-][\p{L}\p{M}\p{N}._@+-]*$/u

/** In UTF-16 units, as it is kept. */
const LONGEST_NAME = 100
/** In UTF-16 units, before anything is made of it. One letter may be typed as three: Hangul is. */
const LONGEST_TYPED_NAME = 3 * LONGEST_NAME

/** A name as it is kept and looked for: however it was typed, the same person types the same name. */
export function canonicalName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().normalize('NFKC')
}

export function faultOfName(name: string): NameFault | undefined {
  // First as it was typed: NFKC makes up to 18 characters of one.
  if (name.length > LONGEST_TYPED_NAME) return 'too_long'
  const kept = canonicalName(name)
  if (kept === '') return 'empty'
  if (kept.length > LONGEST_NAME) return 'too_long'
  return NAME.test(kept) ? undefined : 'characters'
}

/** Counted in characters, not in bytes or UTF-16 units. */
export function faultOfPassword(password: string): PasswordFault | undefined {
  if (password.length > LONGEST_TYPED_PASSWORD) return 'too_long'
  const { length } = [...password.normalize('NFKC')]
  if (length < PASSWORD_LENGTH.least) return 'too_short'
  return length > PASSWORD_LENGTH.most ? 'too_long' : undefined
}
