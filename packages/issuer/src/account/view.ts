import type { Reply } from '@portcullis/auth/http'
import type { AccountRecord } from '@portcullis/auth/store'
import { shownScope } from '../consent/index.ts'
import { findResource, type Resource } from '../engine/index.ts'
import { PASSWORD_LENGTH } from '../people/index.ts'
import { field, type Html, html, notice, page, shownUrl, TEXTS } from '../web/index.ts'
import { type Access, usedAt } from './access.ts'

const texts = TEXTS.account

export interface AccountShown {
  readonly account: AccountRecord
  readonly access: readonly Access[]
  /** The servers that clients can be let in to. */
  readonly resources: readonly Resource[]
  /** Proves that a form comes from this page. */
  readonly formToken: string
  readonly done?: string
  /** What is wrong, and in which field. */
  readonly fault?: { readonly text: string; readonly field?: 'old' | 'new' }
}

/** What a person sees of their account, and everything they can end. */
export function accountPage({ account, access, resources, formToken, done, fault }: AccountShown): Reply {
  const hidden = html`<input type="hidden" name="form" value="${formToken}">`
  const main = html`<h1>${texts.title}</h1>
<p>${texts.signedInAs} <strong><bdi>${account.name}</bdi></strong></p>
${notice(done, 'done')}
${notice(fault?.text)}
<section aria-labelledby="clients"><h2 id="clients">${texts.clients}</h2>
${clients(access, resources, hidden)}</section>
<section aria-labelledby="connect"><h2 id="connect">${texts.connect}</h2>
<p class="quiet">${texts.connectHint}</p>
<dl class="facts servers">${resources.map(({ name, uri }) => fact(name, html`<code>${shownUrl(uri)}</code>`))}</dl></section>
<section aria-labelledby="change"><h2 id="change">${texts.password}</h2>
<p class="quiet">${texts.changeHint}</p>
<form method="post">${hidden}
<input type="hidden" name="name" value="${account.name}" autocomplete="username">
${field({ name: 'old', label: texts.oldPassword, type: 'password', autocomplete: 'current-password', isWrong: fault?.field === 'old' })}
${field({
  name: 'password',
  label: TEXTS.newPassword,
  type: 'password',
  autocomplete: 'new-password',
  hint: TEXTS.passwordHint(PASSWORD_LENGTH.least),
  isWrong: fault?.field === 'new',
})}
<button name="do" value="change-password">${texts.change}</button></form></section>
<section aria-labelledby="browsers"><h2 id="browsers">${texts.browsers}</h2>
<p class="quiet">${texts.browsersHint}</p>
<form method="post" class="row">${hidden}
<button name="do" value="sign-out">${texts.signOut}</button>
<button class="plain" name="do" value="sign-out-others">${texts.signOutOthers}</button></form></section>`
  return page(texts.title, main, { isWide: true, status: fault === undefined ? 200 : 422 })
}

function clients(access: readonly Access[], resources: readonly Resource[], hidden: Html): Html {
  if (access.length === 0) return html`<p class="quiet">${texts.noClients}</p>`
  const all = html`<form method="post">${hidden}<button class="plain" name="do" value="end-all">${texts.endAll}</button></form>`
  return html`<ul class="cards">${access.map((each) => card(each, resources, hidden))}</ul>${access.length > 1 ? all : undefined}`
}

function card(access: Access, known: readonly Resource[], hidden: Html): Html {
  const { id, clientId, clientName = clientId, target, resources, createdAt, expiresAt, network } = access
  const from = network === undefined ? undefined : html`, ${texts.from} ${network}`
  // A code that nobody came for is no use of what it stands for.
  const last = access.lastUsedAt === undefined ? texts.notUsed : html`${minute(usedAt(access))}${from}`
  return html`<li><div class="head"><h3><bdi>${clientName}</bdi></h3>
<form method="post">${hidden}<input type="hidden" name="grant" value="${id}">
<button class="plain small" name="do" value="end" aria-label="${texts.endOf(clientName)}">${texts.end}</button></form></div>
<dl class="facts">${[
    ...resources.flatMap(({ uri, scopes }) => [
      fact(TEXTS.consent.server, shownUrl(uri)),
      fact(texts.scopes, scopesAt(findResource(known, uri), scopes)),
    ]),
    fact(texts.goesOn, target),
    fact(texts.lastUsed, last),
    fact(texts.allowed, html`${day(createdAt)}, ${texts.until(dateOf(expiresAt))}`),
  ]}</dl></li>`
}

function scopesAt(resource: Resource | undefined, scopes: readonly string[]): Html {
  return html`${scopes.map((scope) => html`<span class="line">${shownScope(resource, scope)}</span>`)}`
}

function fact(label: string, value: string | Html | undefined): Html | undefined {
  if (value === undefined || value === '') return undefined
  return html`<div><dt>${label}</dt> <dd>${value}</dd></div>\n`
}

/** In UTC: pages know nothing of the browser's place. */
function minute(seconds: number): Html {
  const iso = new Date(seconds * 1000).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`
}

function day(seconds: number): Html {
  return html`<time datetime="${new Date(seconds * 1000).toISOString()}">${dateOf(seconds)}</time>`
}

function dateOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10)
}
