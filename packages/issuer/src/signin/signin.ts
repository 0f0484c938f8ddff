import type { Reply } from '@portcullis/auth/http'
import type { Interaction, InteractionResult } from '../engine/index.ts'
import type { People } from '../people/index.ts'
import { type FormTokens, html, only, page, STYLE, type Visit } from '../web/index.ts'

export interface SignInNeeds {
  readonly people: People
  readonly tokens: FormTokens
}

const PURPOSE = 'sign in'

/** The page that asks who a person is. */
export function signInPage(interaction: Interaction, { tokens }: SignInNeeds, fault?: string): Reply {
  const main = html`<h1>Sign in</h1>
${fault === undefined ? undefined : html`<p class="warning" role="alert">${fault}</p>`}
<form method="post">
<input type="hidden" name="form" value="${tokens.make(PURPOSE, interaction.uid)}">
<label>Name <input name="name" autocomplete="username" autocapitalize="none" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<div class="row"><button name="do" value="sign-in">Sign in</button>
<button class="plain" name="do" value="cancel" formnovalidate>Cancel</button></div>
</form>`
  return page('Sign in', STYLE, main, {
    status: fault === undefined ? 200 : 422,
    formTargets: [formTargetOf(interaction.redirectUri)],
  })
}

/** What the form amounts to, or the page again. */
export async function takeSignIn(
  visit: Visit,
  interaction: Interaction,
  needs: SignInNeeds,
): Promise<InteractionResult | Reply> {
  const { people, tokens } = needs
  if (!tokens.isGood(only(visit.form, 'form'), PURPOSE, interaction.uid)) {
    return signInPage(interaction, needs, 'This page was open for too long. Try again.')
  }
  if (only(visit.form, 'do') === 'cancel') return { kind: 'denied' }
  const account = await people.recognize(only(visit.form, 'name') ?? '', only(visit.form, 'password') ?? '')
  if (account === undefined) return signInPage(interaction, needs, 'Name or password is wrong.')
  return { kind: 'signed_in', accountId: account.id, methods: ['pwd'] }
}

/** Where a form leads in the end: browsers hold `form-action` against each redirect on the way. */
export function formTargetOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri)
  return protocol === 'http:' || protocol === 'https:' ? `${protocol}//${host}` : protocol
}
