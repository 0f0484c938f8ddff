import type { Reply } from '@portcullis/auth/http'
import { type ConsentNeeds, type Consents, consentPage, nameOf, takeConsent } from '../consent/index.ts'
import { type Engine, engineRequest, type Interaction, type InteractionResult } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import { type SignInAsked, type SignIns, signInPage } from '../signin/index.ts'
import { type Handler, html, isForeign, only, page, redirect, TEXTS, type Visit } from '../web/index.ts'

export interface InteractionNeeds extends ConsentNeeds {
  readonly engine: Engine
  readonly signIns: SignIns
  readonly consents: Consents
  readonly onEvent: OnIssuerEvent
}

const GONE = page(TEXTS.gone.title, html`<h1>${TEXTS.gone.title}</h1><p>${TEXTS.gone.text}</p>`, { status: 400 })
const PURPOSE = 'sign in'
const NEXT = '/next'

/** What becomes of a form: the end of this step, with cookies for the browser, or a page. */
type Taken = { readonly result: InteractionResult; readonly cookies?: readonly string[] } | { readonly reply: Reply }

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
      return goOn(`${needs.engine.routes.authorization}/${interaction.uid}?asked=${interaction.prompt}`)
    }
    // The cookie leads to the interaction; a page under another one's address would ask for something else than it says.
    if (visit.path !== own) return GONE
    if (visit.method !== 'POST' || isForeign(visit)) return ask(interaction, needs)
    const taken = await take(visit, interaction, needs)
    if ('reply' in taken) return taken.reply
    await needs.engine.finish(request, taken.result)
    await follow(interaction, taken.result, needs)
    return redirect(`${visit.path}${NEXT}`, taken.cookies)
  }
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
  return 'kind' in taken ? { result: taken } : { reply: taken }
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
  return { result: { kind: 'signed_in', accountId: account.id, methods: ['pwd'] }, cookies }
}

function signInAsked(interaction: Interaction, { tokens }: InteractionNeeds): SignInAsked {
  return {
    formToken: tokens.make(PURPOSE, interaction.uid),
    client: nameOf(interaction),
  }
}

/** What is kept and told of an answer to the question for consent. */
async function follow(interaction: Interaction, result: InteractionResult, needs: InteractionNeeds): Promise<void> {
  const { accountId, clientId, client, redirectUri, resource } = interaction
  if (interaction.prompt !== 'consent' || accountId === undefined) return
  if (result.kind === 'denied') needs.onEvent({ type: 'consent.denied', accountId, clientId, actor: 'person' })
  if (result.kind !== 'consented' || resource === undefined) return
  const given = { accountId, clientId, client, redirectUri, resource: resource.uri, scopes: result.scopes }
  await needs.consents.remember(given)
}
