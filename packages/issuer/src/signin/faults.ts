import { type NameFault, PASSWORD_LENGTH, type PasswordFault } from '../people/index.ts'
import { TEXTS } from '../web/index.ts'

export function textOfNameFault(fault: NameFault): string {
  return TEXTS.faults.name[fault]
}

export function textOfPasswordFault(fault: PasswordFault): string {
  const { least, most } = PASSWORD_LENGTH
  return fault === 'too_short' ? TEXTS.faults.password.too_short(least) : TEXTS.faults.password.too_long(most)
}
