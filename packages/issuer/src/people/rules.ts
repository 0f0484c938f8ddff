import { PASSWORD_LENGTH } from './passwords.ts'

export type NameFault = 'empty' | 'too_long' | 'characters'
export type PasswordFault = 'too_short' | 'too_long'

/** Letters of any script with their marks, digits and what mail addresses are made of; no spaces or invisible signs. */
const NAME = /^[\p{L}\p{N}._@+-][\p{L}\p{M}\p{N}._@+-]*$/u

/** A name as it is kept and looked for: however it was typed, the same person types the same name. */
export function canonicalName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().normalize('NFKC')
}

export function faultOfName(name: string): NameFault | undefined {
  const kept = canonicalName(name)
  if (kept === '') return 'empty'
  if (kept.length > 100) return 'too_long'
  return NAME.test(kept) ? undefined : 'characters'
}

/** Counted in characters, not in bytes or UTF-16 units. */
export function faultOfPassword(password: string): PasswordFault | undefined {
  const { length } = [...password.normalize('NFKC')]
  if (length < PASSWORD_LENGTH.least) return 'too_short'
  return length > PASSWORD_LENGTH.most ? 'too_long' : undefined
}
