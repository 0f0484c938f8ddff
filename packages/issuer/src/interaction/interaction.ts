import type { Reply } from '@portcullis/auth/http'
import type { AccountRecord } from '@portcullis/auth/store'
import {
  type AnotherAccount,
  type ConsentNeeds,
  type Consents,
  consentPage,
  nameOf,
  takeConsent,
} from '../consent/index.ts'
import {
  type Engine,
  type EngineRequest,
  engineRequest,
  type Interaction,
  type InteractionResult,
} from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import { type SignInAsked, type SignIns, signInPage } from '../signin/index.ts'
import {
  type AnswerMarks,
  GONE,
  type Handler,
  html,
  isForeign,
  only,
  page,
  redirect,
  TEXTS,
  type Visit,
} from '../web/index.ts'

export interface InteractionNeeds extends ConsentNeeds {
  readonly engine: Engine
  readonly signIns: SignIns
  readonly consents: Consents
  readonly answers: AnswerMarks
  readonly onEvent: OnIssuerEvent
}

const PURPOSE = 'sign in'
const NEXT = '/next'

/** What becomes of a form: the end of this step, with cookies for the browser, another step before it, or a page. */
type Taken = Answer | AnotherAccount | { readonly reply: Reply }

interface Answer {
  readonly result: InteractionResult
  readonly cookies?: readonly string[]
  /** Who was recognized. */
  readonly account?: AccountRecord
}

/**
 * What a person is asked on the way of an authorization: to sign in, then to consent. The request itself is the one
 * that the engine has stored; nothing that a form says about it counts (requirements AS-61).
 * @param path Where this is served; the interaction's id follows.
 */
export function interactionPages(path: string, needs: InteractionNeeds): Handler {
  return async (visit) => {
    if (!visit.path.startsWith(`${path}/`)) return undefined
    const request = engineRequest(visit)
    const interaction = await needs.engine.interaction(request)
    if (interaction === undefined) return GONE
    const own = `${path}/${interaction.uid}`
    if (visit.path === `${own}${NEXT}`) {
      if (interaction.answeredBy === undefined) return redirect(own)
      return goOn(`${needs.engine.routes.authorization}/${interaction.uid}?asked=${interaction.prompt}`)
    }
    // The cookie leads to the interaction; a page under another one's address would ask for something else than it says.
    if (visit.path !== own) return GONE
    // The first answer counts. Another one would be about what the person has left behind them.
    if (interaction.answeredBy !== undefined) return redirect(`${own}${NEXT}`)
    if (visit.method !== 'POST' || isForeign(visit)) return ask(interaction, needs)
    const taken = await take(visit, interaction, needs)
    if ('reply' in taken) return taken.reply
    if ('kind' in taken) {
      // Whoever is signed in stays so until somebody else is, for the person may think better of it.
      return (await needs.engine.signInAnew(request)) ? redirect(own) : GONE
    }
    const cookies = await keep(request, interaction, taken, needs)
    return cookies === undefined ? GONE : redirect(`${own}${NEXT}`, cookies)
  }
}

/** @returns cookies for the browser that answered; undefined when the question has ended, or the password was changed. */
async function keep(request: EngineRequest, interaction: Interaction, answer: Answer, needs: InteractionNeeds) {
  const { result, account, cookies = [] } = answer
  const { mark, cookie } = needs.answers.make(interaction.uid)
  const finished = await needs.engine.finish(request, result, mark)
  if (finished === undefined) return undefined
  if (account !== undefined && !(await needs.people.isStill(account))) {
    await needs.people.endSessions(account.id)
    return undefined
  }
  await follow(interaction, result, needs, finished.grantId)
  return [cookie, ...cookies]
}

/**
 * Sends the browser on by a page and not by the form's own redirect: browsers hold every redirect that follows a form to
 * the page's `form-action`, those of the client's site included, which nobody here can know.
 */
function goOn(path: string): Reply {
  const { title, act } = TEXTS.goOn
  return page(title, html`<h1>${title}</h1><p><a href="${path}">${act}</a></p>`, { next: path })
}

function ask(interaction: Interaction, needs: InteractionNeeds): Promise<Reply> | Reply {
  return interaction.prompt === 'login' ? signInPage(signInAsked(interaction, needs)) : consentPage(interaction, needs)
}

async function take(visit: Visit, interaction: Interaction, needs: InteractionNeeds): Promise<Taken> {
  if (interaction.prompt === 'login') return takeSignIn(visit, interaction, needs)
  const taken = await takeConsent(visit, interaction, needs)
  if (!('kind' in taken)) return { reply: taken }
  return taken.kind === 'another_account' ? taken : { result: taken }
}

async function takeSignIn(visit: Visit, interaction: Interaction, needs: InteractionNeeds): Promise<Taken> {
  const asked = signInAsked(interaction, needs)
  if (!needs.tokens.isGood(only(visit.form, 'form'), PURPOSE, interaction.uid)) {
    return { reply: signInPage(asked, { kind: 'page_too_old' }) }
  }
  if (only(visit.form, 'do') === 'cancel') return { result: { kind: 'denied' } }
  const name = only(visit.form, 'name') ?? ''
  const attempt = await needs.signIns.attempt(visit, name, only(visit.form, 'password') ?? '')
  if (attempt.kind !== 'recognized') return { reply: signInPage(asked, attempt, name) }
  const { account, cookies } = attempt
  return { result: { kind: 'signed_in', accountId: account.id, methods: ['pwd'] }, cookies, account }
}

function signInAsked(interaction: Interaction, { tokens }: InteractionNeeds): SignInAsked {
  return {
    formToken: tokens.make(PURPOSE, interaction.uid),
    client: nameOf(interaction),
  }
}

/** What is kept and told of an answer. */
async function follow(
  interaction: Interaction,
  result: InteractionResult,
  needs: InteractionNeeds,
  grantId: string | undefined,
): Promise<void> {
  const { accountId, clientId, client, redirectUri, resource } = interaction
  // Their session has ended with that.
  if (result.kind === 'signed_in' && accountId !== undefined && accountId !== result.accountId)
    needs.onEvent({ type: 'account.signed_out', accountId, actor: 'person' })
  if (interaction.prompt !== 'consent' || accountId === undefined) return
  if (result.kind === 'denied') needs.onEvent({ type: 'consent.denied', accountId, clientId, actor: 'person' })
  if (result.kind !== 'consented' || resource === undefined) return
  const given = { accountId, clientId, client, redirectUri, resource: resource.uri, scopes: result.scopes }
  await needs.consents.remember(given)
  // First put, then looked: whoever ends the access meanwhile ends the grant first.
  if (grantId !== undefined && !(await needs.grants.holds(grantId))) await needs.consents.withdraw(accountId, clientId)
}
