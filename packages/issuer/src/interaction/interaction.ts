import type { Reply } from '@portcullis/auth/http'
import { type ConsentNeeds, consentPage, takeConsent } from '../consent/index.ts'
import { type Engine, engineRequest, type Interaction } from '../engine/index.ts'
import { type SignInNeeds, signInPage, takeSignIn } from '../signin/index.ts'
import { type Handler, html, page, redirect, STYLE, type Visit } from '../web/index.ts'

export interface InteractionNeeds extends SignInNeeds, ConsentNeeds {
  readonly engine: Engine
}

const GONE = page(
  'Start again',
  STYLE,
  html`<h1>This sign-in has ended</h1><p>Go back to your client and start again.</p>`,
  { status: 400 },
)

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
    if (visit.method !== 'POST') return ask(interaction, needs)
    const result = await take(visit, interaction, needs)
    return 'kind' in result ? redirect(await needs.engine.finish(request, result)) : result
  }
}

function ask(interaction: Interaction, needs: InteractionNeeds): Reply {
  return interaction.prompt === 'login' ? signInPage(interaction, needs) : consentPage(interaction, needs)
}

function take(visit: Visit, interaction: Interaction, needs: InteractionNeeds) {
  return interaction.prompt === 'login' ? takeSignIn(visit, interaction, needs) : takeConsent(visit, interaction, needs)
}
