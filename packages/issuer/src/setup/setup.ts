import type { Reply } from '@portcullis/auth/http'
import type { AccountRecord } from '@portcullis/auth/store'
import { type Engine, engineRequest } from '../engine/index.ts'
import { BusyError, faultOfName, faultOfPassword, type People } from '../people/index.ts'
import { type SignIns, textOfNameFault, textOfPasswordFault } from '../signin/index.ts'
import { type BrowserForms, type Handler, networkOf, only, redirect, TEXTS, type Visit } from '../web/index.ts'
import { setupIsOver, type TokenFormShown, tokenForm } from './view.ts'

export interface SetupNeeds {
  readonly engine: Engine
  readonly people: People
  readonly signIns: SignIns
  readonly forms: BrowserForms
}

type Fault = NonNullable<TokenFormShown['fault']>
type Kind = 'setup' | 'invitation'

const SETUP = '/setup'
const INVITATION = '/invitation'

/** Where a token is sent to. Behind `#`, so that it is in no request, no log and no `Referer`. @param accountPath An URL. */
export function linkOf(accountUrl: string, kind: 'setup' | 'invitation' | 'reset', token: string): string {
  return `${accountUrl}${kind === 'setup' ? SETUP : INVITATION}#${token}`
}

/** Pages that a one-time token opens: the first account, an invitation, a forgotten password. */
export function setupPages(accountPath: string, needs: SetupNeeds): Handler {
  return async (visit) => {
    const kind = kindOf(visit.path, accountPath)
    if (kind === undefined) return undefined
    if (kind === 'setup' && (await needs.people.isSetUp())) return setupIsOver(accountPath)
    return visit.method === 'POST' ? take(kind, accountPath, visit, needs) : show(kind, visit, needs)
  }
}

function kindOf(path: string, accountPath: string): Kind | undefined {
  if (path === `${accountPath}${SETUP}`) return 'setup'
  return path === `${accountPath}${INVITATION}` ? 'invitation' : undefined
}

interface Shown {
  readonly fault?: Fault
  /** Whose password the token chooses. */
  readonly owner?: AccountRecord
}

function show(kind: Kind, visit: Visit, { forms }: SetupNeeds, { fault, owner }: Shown = {}): Reply {
  const { token: formToken, cookies } = forms.begin(visit, kind)
  const name = owner?.name ?? only(visit.form, 'name')
  return tokenForm({
    step: kind === 'setup' ? 'set_up' : owner === undefined ? 'look' : 'choose',
    formToken,
    cookies,
    token: tokenIn(visit),
    ...(name === undefined ? {} : { name }),
    ...(fault === undefined ? {} : { fault }),
  })
}

/** A person may have pasted the whole link. */
function tokenIn({ form }: Visit): string {
  return (only(form, 'token') ?? '').trim().replace(/^.*#/, '')
}

async function take(kind: Kind, accountPath: string, visit: Visit, needs: SetupNeeds): Promise<Reply> {
  const { engine, people, forms } = needs
  if (!forms.isGood(visit, kind)) return show(kind, visit, needs, { fault: { text: TEXTS.openPageAgain } })
  const isSetup = kind === 'setup'
  const owner = isSetup ? undefined : await people.ownerOf(tokenIn(visit))
  // First the token: without one nobody learns what the rules are, or makes us hash anything.
  const isGood = isSetup ? (await people.findLink(tokenIn(visit))) === 'setup' : owner !== undefined
  if (!isGood) return show(kind, visit, needs, { fault: voidOf(kind) })
  // A link opens the page that says whose account it is; nothing is chosen before a person has seen that.
  if (owner !== undefined && only(visit.form, 'do') !== 'save') return show(kind, visit, needs, { owner })
  const made = await accept(kind, visit, people)
  if ('text' in made) {
    return show(kind, visit, needs, {
      fault: made,
      ...(owner === undefined || made.field === 'token' ? {} : { owner }),
    })
  }
  const session = await engine.sessions.begin(engineRequest(visit), made.id, ['pwd'])
  if (!(await people.isStill(made))) {
    await people.endSessions(made.id)
    return show(kind, visit, needs, { fault: voidOf(kind) })
  }
  return redirect(`${accountPath}?done=${isSetup ? 'made' : 'chosen'}`, [
    ...session,
    // Whom others keep from signing in by guessing at their name has a way in by a link.
    needs.signIns.know(made.name),
  ])
}

const voidOf = (kind: Kind): Fault => ({ text: TEXTS[kind].void, field: 'token' })

async function accept(kind: Kind, visit: Visit, people: People): Promise<AccountRecord | Fault> {
  const token = tokenIn(visit)
  const name = only(visit.form, 'name') ?? ''
  const password = only(visit.form, 'password') ?? ''
  const nameFault = kind === 'setup' ? faultOfName(name) : undefined
  if (nameFault !== undefined) return { text: textOfNameFault(nameFault), field: 'name' }
  const passwordFault = faultOfPassword(password)
  if (passwordFault !== undefined) return { text: textOfPasswordFault(passwordFault), field: 'password' }
  const network = networkOf(visit.peer)
  try {
    const account =
      kind === 'setup'
        ? await people.createFirst(token, name, password, network)
        : await people.acceptLink(token, password, network)
    return account ?? voidOf(kind)
  } catch (error) {
    if (error instanceof BusyError) return { text: TEXTS.busy, status: 503 }
    throw error
  }
}
