import type { Reply } from '@portcullis/auth/http'
import { PASSWORD_LENGTH } from '../people/index.ts'
import { field, html, notice, page, TEXTS } from '../web/index.ts'

/**
 * Moves the token from the link's fragment, which browsers send nowhere, into its field, and out of the address bar and
 * the history. Without scripts a person pastes it.
 */
const FILL = `const field = document.getElementById('token')
if (location.hash.length > 1) {
  field.value = location.hash.slice(1)
  history.replaceState(null, '', location.pathname)
  document.getElementById(field.dataset.next).focus()
}`

export interface TokenFormShown {
  readonly texts: {
    readonly title: string
    readonly text: string
    readonly token: string
    readonly tokenHint: string
    readonly act: string
  }
  /** Whether a name is asked for, too. */
  readonly asksName: boolean
  /** Proves that the form comes from this page. */
  readonly formToken: string
  readonly cookies: readonly string[]
  readonly token?: string
  readonly name?: string
  readonly fault?: { readonly text: string; readonly field?: 'token' | 'name' | 'password'; readonly status?: number }
}

/** The form that a one-time token opens. */
export function tokenForm({ texts, asksName, formToken, cookies, token, name, fault }: TokenFormShown): Reply {
  const main = html`<h1>${texts.title}</h1>
<p>${texts.text}</p>
${notice(fault?.text)}
<form method="post">
<input type="hidden" name="form" value="${formToken}">
<div class="field"><label for="token">${texts.token}</label>
<p class="hint" id="token-hint">${texts.tokenHint}</p>
<input id="token" name="token" type="text" autocomplete="off" autocapitalize="none" spellcheck="false" required
 maxlength="100" value="${token ?? ''}" data-next="${asksName ? 'name' : 'password'}" aria-describedby="${
   fault?.field === 'token' ? 'notice ' : ''
 }token-hint"${fault?.field === 'token' ? html` aria-invalid="true"` : undefined}></div>
${
  asksName
    ? field({
        name: 'name',
        label: TEXTS.name,
        autocomplete: 'username',
        hint: TEXTS.nameHint,
        isWrong: fault?.field === 'name',
        ...(name === undefined ? {} : { value: name }),
      })
    : undefined
}
${field({
  name: 'password',
  label: TEXTS.newPassword,
  type: 'password',
  autocomplete: 'new-password',
  hint: TEXTS.passwordHint(PASSWORD_LENGTH.least),
  isWrong: fault?.field === 'password',
})}
<div class="row"><button>${texts.act}</button></div>
</form>`
  return page(texts.title, main, { cookies, script: FILL, status: fault === undefined ? 200 : (fault.status ?? 422) })
}

/** Instead of the form, once there is an account. */
export function setupIsOver(accountPath: string): Reply {
  const { title, over, signIn } = TEXTS.setup
  const main = html`<h1>${title}</h1><p>${over}</p><p><a href="${accountPath}">${signIn}</a></p>`
  return page(title, main, { status: 410 })
}
