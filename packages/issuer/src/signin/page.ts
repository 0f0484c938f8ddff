import type { Reply } from '@portcullis/auth/http'
import { field, type Html, html, notice, page, TEXTS } from '../web/index.ts'
import type { Attempt } from './sign-ins.ts'

export interface SignInAsked {
  /** Proves that the form comes from this page. */
  readonly formToken: string
  /** The client that waits, where one does: the person may leave it. */
  readonly client?: string
  readonly cookies?: readonly string[]
  /** Where the form goes. Default: where the page came from. */
  readonly action?: string
}

export type SignInFault = Exclude<Attempt, { kind: 'recognized' }> | { readonly kind: 'page_too_old' }

/** How long to wait when too many passwords are being checked, in seconds. */
const BUSY_SECONDS = 5

/** The page that asks who a person is. @param name What they typed before. */
export function signInPage(asked: SignInAsked, fault?: SignInFault, name?: string): Reply {
  const { formToken, client, cookies = [], action } = asked
  const { title } = TEXTS.signIn
  const isWrong = fault?.kind === 'wrong'
  const main = html`<h1>${title}</h1>
${client === undefined ? undefined : html`<p class="quiet"><bdi>${TEXTS.signIn.for(client)}</bdi></p>`}
${fault === undefined ? undefined : notice(textOf(fault))}
<form method="post"${action === undefined ? undefined : html` action="${action}"`}>
<input type="hidden" name="form" value="${formToken}">
${field({
  name: 'name',
  label: TEXTS.name,
  autocomplete: 'username',
  isWrong,
  hasFocus: !isWrong,
  ...(name === undefined ? {} : { value: name }),
})}
${field({ name: 'password', label: TEXTS.password, type: 'password', autocomplete: 'current-password', isWrong, hasFocus: isWrong })}
<div class="row"><button name="do" value="sign-in">${TEXTS.signIn.act}</button>${cancel(client)}</div>
</form>`
  const retryAfter = fault === undefined ? undefined : waitOf(fault)
  return page(title, main, {
    status: fault === undefined ? 200 : statusOf(fault),
    cookies,
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
}

function cancel(client: string | undefined): Html | undefined {
  if (client === undefined) return undefined
  return html`
<button class="plain" name="do" value="cancel" formnovalidate>${TEXTS.signIn.cancel}</button>`
}

function textOf(fault: SignInFault): string {
  switch (fault.kind) {
    case 'wrong':
      return TEXTS.signIn.wrong
    case 'wait':
      return TEXTS.tryAgainLater(fault.seconds)
    case 'busy':
      return TEXTS.busy
    case 'page_too_old':
      return TEXTS.openPageAgain
  }
}

function statusOf({ kind }: SignInFault): number {
  switch (kind) {
    case 'wrong':
    case 'page_too_old':
      return 422
    case 'wait':
      return 429
    case 'busy':
      return 503
  }
}

function waitOf(fault: SignInFault): number | undefined {
  if (fault.kind === 'wait') return fault.seconds
  return fault.kind === 'busy' ? BUSY_SECONDS : undefined
}
