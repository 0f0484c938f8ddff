import type { AccountRecord } from '@portcullis/auth/store'
import type { BrowserSession } from '../engine/index.ts'
import { BusyError, faultOfPassword, type People } from '../people/index.ts'
import { type SignIns, textOfPasswordFault } from '../signin/index.ts'
import { networkOf, only, TEXTS, type Visit } from '../web/index.ts'
import type { AccountShown } from './view.ts'

interface Present {
  readonly session: BrowserSession
  readonly account: AccountRecord
}

/**
 * Changes the password of whoever is signed in, once they have proven that they know the old one; guesses at it count
 * as sign-ins do. @returns what is wrong; undefined when it has changed.
 */
export async function changePassword(
  visit: Visit,
  { session, account }: Present,
  { people, signIns }: { readonly people: People; readonly signIns: SignIns },
): Promise<AccountShown['fault'] | undefined> {
  const wanted = only(visit.form, 'password') ?? ''
  const fault = faultOfPassword(wanted)
  if (fault !== undefined) return { text: textOfPasswordFault(fault), field: 'new' }
  const old = only(visit.form, 'old') ?? ''
  if (isSame(wanted, old)) return { text: TEXTS.account.samePassword, field: 'new' }
  const attempt = await signIns.attempt(visit, account.name, old)
  if (attempt.kind === 'wait') return { text: TEXTS.tryAgainLater(attempt.seconds), field: 'old' }
  if (attempt.kind === 'busy') return { text: TEXTS.busy }
  if (attempt.kind === 'wrong') return { text: TEXTS.account.wrongPassword, field: 'old' }
  try {
    const hasChanged = await people.changePassword(attempt.account, wanted, networkOf(visit.peer), session.uid)
    if (!hasChanged) return { text: TEXTS.account.wrongPassword, field: 'old' }
  } catch (error) {
    if (error instanceof BusyError) return { text: TEXTS.busy }
    throw error
  }
  return undefined
}

/** As they are compared when somebody signs in. What cannot be a password is not looked at. */
function isSame(wanted: string, old: string): boolean {
  return faultOfPassword(old) === undefined && wanted.normalize('NFKC') === old.normalize('NFKC')
}
