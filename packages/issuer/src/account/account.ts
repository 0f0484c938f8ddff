import type { Reply } from '@portcullis/auth/http'
import type { AccountRecord } from '@portcullis/auth/store'
import { type BrowserSession, type Engine, engineRequest, type Resource } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import type { People } from '../people/index.ts'
import { type SignIns, signInPage } from '../signin/index.ts'
import { type BrowserForms, type Handler, isForeign, only, redirect, TEXTS, type Visit } from '../web/index.ts'
import { type AccessNeeds, endAccess, endAllAccess, listAccess } from './access.ts'
import { changePassword } from './password.ts'
import { type AccountShown, accountPage } from './view.ts'

export interface AccountNeeds extends AccessNeeds {
  readonly engine: Engine
  readonly people: People
  readonly signIns: SignIns
  readonly forms: BrowserForms
  /** The servers that clients can be let in to. */
  readonly resources: readonly Resource[]
  readonly onEvent: OnIssuerEvent
}

/** What is said after something was done; the address of the page names it. */
const DONE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ended: TEXTS.account.ended,
    'ended-all': TEXTS.account.endedAll,
    changed: TEXTS.account.changed,
    'others-out': TEXTS.account.othersOut,
    made: TEXTS.account.made,
    chosen: TEXTS.account.chosen,
  }),
)
const SIGN_IN = 'account sign in'
const ACCOUNT = 'account'

interface Present {
  readonly session: BrowserSession
  readonly account: AccountRecord
}

/** What a person sees of their account and ends there, after signing in. @param path Where this is served. */
export function accountPages(path: string, needs: AccountNeeds): Handler {
  return async (visit) => {
    if (visit.path !== path) return undefined
    const session = await needs.engine.sessions.find(engineRequest(visit))
    const account = session === undefined ? undefined : await needs.people.store.find(session.accountId)
    if (session === undefined || account === undefined) return signIn(path, visit, needs)
    const present = { session, account }
    return visit.method === 'POST' ? act(path, visit, present, needs) : show(visit, present, needs)
  }
}

async function signIn(path: string, visit: Visit, { engine, people, signIns, forms }: AccountNeeds): Promise<Reply> {
  const { token, cookies } = forms.begin(visit, SIGN_IN)
  const asked = { formToken: token, cookies, action: path }
  if (visit.method !== 'POST') return signInPage(asked)
  if (!forms.isGood(visit, SIGN_IN)) return signInPage(asked, { kind: 'page_too_old' })
  const name = only(visit.form, 'name') ?? ''
  const attempt = await signIns.attempt(visit, name, only(visit.form, 'password') ?? '')
  if (attempt.kind !== 'recognized') return signInPage(asked, attempt, name)
  const session = await engine.sessions.begin(engineRequest(visit), attempt.account.id, ['pwd'])
  if (!(await people.isStill(attempt.account))) {
    await people.endSessions(attempt.account.id)
    return signInPage(asked, { kind: 'wrong' }, name)
  }
  return redirect(path, [...session, ...attempt.cookies])
}

async function show(visit: Visit, present: Present, needs: AccountNeeds, fault?: AccountShown['fault']) {
  const { session, account } = present
  const { token, cookies } = needs.forms.begin(visit, ACCOUNT, session.uid)
  const done = fault === undefined ? DONE.get(only(visit.query, 'done') ?? '') : undefined
  const reply = accountPage({
    account,
    access: await listAccess(account.id, needs),
    resources: needs.resources,
    formToken: token,
    ...(done === undefined ? {} : { done }),
    ...(fault === undefined ? {} : { fault }),
  })
  return { ...reply, headers: [...reply.headers, ...cookies.flatMap((cookie) => ['set-cookie', cookie])] }
}

async function act(path: string, visit: Visit, present: Present, needs: AccountNeeds): Promise<Reply> {
  const { engine, forms, people, onEvent } = needs
  const { session, account } = present
  if (isForeign(visit) || !forms.isGood(visit, ACCOUNT, session.uid)) {
    return show(visit, present, needs, { text: TEXTS.openPageAgain })
  }
  const done = (what: string, cookies?: readonly string[]): Reply => redirect(`${path}?done=${what}`, cookies)
  switch (only(visit.form, 'do')) {
    case 'end':
      await endAccess(account.id, only(visit.form, 'grant') ?? '', needs)
      return done('ended')
    case 'end-all':
      await endAllAccess(account.id, needs)
      return done('ended-all')
    case 'change-password': {
      const fault = await changePassword(visit, present, { people, signIns: needs.signIns })
      if (fault === undefined) return done('changed')
      return show(visit, present, needs, fault)
    }
    case 'sign-out-others':
      await people.endSessions(account.id, session.uid)
      onEvent({ type: 'account.sessions_ended', accountId: account.id, actor: 'person' })
      return done('others-out')
    case 'sign-out':
      onEvent({ type: 'account.signed_out', accountId: account.id, actor: 'person' })
      return redirect(path, await engine.sessions.end(engineRequest(visit)))
    default:
      return show(visit, present, needs)
  }
}
