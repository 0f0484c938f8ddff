import type { Reply } from '@portcullis/auth/http'
import { PASSWORD_LENGTH } from '../people/index.ts'
import { field, type Html, html, notice, page, TEXTS } from '../web/index.ts'

/**
 * Moves the token from the link's fragment, which browsers send nowhere, into its field, and out of the address bar; a
 * second link in the same tab, too, for which browsers load no page. Where the token alone is asked for, it is sent,
 * without anything else that was typed; elsewhere it outlives a reload. Without scripts a person pastes it.
 */
const FILL = `const field = document.getElementById('token')
const next = document.getElementById(field.dataset.next)
function take() {
  const token = location.hash.slice(1)
  if (token === '') return
  history.replaceState(next ? token : null, '', location.pathname)
  if (!next) field.form.reset()
  field.value = token
  if (next) next.focus()
  else field.form.submit()
}
if (next && history.state) field.value = history.state
take()
addEventListener('hashchange', take)`

export interface TokenFormShown {
  /** All at once for the first account; else first the token, then the password for the account that it names. */
  readonly step: 'set_up' | 'look' | 'choose'
  /** Proves that the form comes from this page. */
  readonly formToken: string
  readonly cookies: readonly string[]
  readonly token: string
  /** As it was typed for the first account; else the account's. */
  readonly name?: string
  readonly fault?: { readonly text: string; readonly field?: 'token' | 'name' | 'password'; readonly status?: number }
}

/** The form that a one-time token opens. */
export function tokenForm(shown: TokenFormShown): Reply {
  const { step, formToken, cookies, fault } = shown
  const { title, text } = step === 'set_up' ? TEXTS.setup : TEXTS.invitation
  const main = html`<h1>${title}</h1>
${step === 'choose' ? html`<p>${TEXTS.invitation.account} <strong><bdi>${shown.name}</bdi></strong></p>` : html`<p>${text}</p>`}
${notice(fault?.text)}
<form method="post">
<input type="hidden" name="form" value="${formToken}">
${fieldsOf(shown)}
<div class="row">${BUTTONS[step]}</div>
</form>`
  return page(title, main, { cookies, script: FILL, status: fault === undefined ? 200 : (fault.status ?? 422) })
}

const BUTTONS: Readonly<Record<TokenFormShown['step'], Html>> = {
  set_up: html`<button>${TEXTS.setup.act}</button>`,
  look: html`<button>${TEXTS.invitation.look}</button>`,
  choose: html`<button name="do" value="save">${TEXTS.invitation.act}</button>`,
}

function fieldsOf(shown: TokenFormShown): readonly Html[] {
  const { step, token, name = '' } = shown
  switch (step) {
    case 'set_up':
      return [tokenField(shown, TEXTS.setup), nameField(shown), passwordField(shown)]
    case 'look':
      return [tokenField(shown, TEXTS.invitation)]
    case 'choose':
      return [
        html`<input type="hidden" id="token" name="token" value="${token}">
<input type="hidden" name="name" value="${name}" autocomplete="username">
`,
        passwordField(shown),
      ]
  }
}

function tokenField(
  { step, token, fault }: TokenFormShown,
  texts: { readonly token: string; readonly tokenHint: string },
): Html {
  const isWrong = fault?.field === 'token'
  return html`<div class="field"><label for="token">${texts.token}</label>
<p class="hint" id="token-hint">${texts.tokenHint}</p>
<input id="token" name="token" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" required
 maxlength="512" value="${token}" aria-describedby="${isWrong ? 'notice ' : ''}token-hint"${[
   step === 'set_up' ? html` data-next="name"` : undefined,
   isWrong ? html` aria-invalid="true"` : undefined,
 ]}></div>
`
}

function nameField({ name, fault }: TokenFormShown): Html {
  return field({
    name: 'name',
    label: TEXTS.name,
    autocomplete: 'username',
    hint: TEXTS.nameHint,
    isWrong: fault?.field === 'name',
    ...(name === undefined ? {} : { value: name }),
  })
}

function passwordField({ step, fault }: TokenFormShown): Html {
  return field({
    name: 'password',
    label: TEXTS.newPassword,
    type: 'password',
    autocomplete: 'new-password',
    hint: TEXTS.passwordHint(PASSWORD_LENGTH.least),
    isWrong: fault?.field === 'password',
    hasFocus: step === 'choose',
  })
}

/** Instead of the form, once there is an account. */
export function setupIsOver(accountPath: string): Reply {
  const { title, over, signIn } = TEXTS.setup
  const main = html`<h1>${title}</h1><p>${over}</p><p><a href="${accountPath}">${signIn}</a></p>`
  return page(title, main, { status: 410 })
}
