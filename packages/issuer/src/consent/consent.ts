import type { Reply } from '@portcullis/auth/http'
import type { Interaction, InteractionResult, Resource } from '../engine/index.ts'
import type { Grants } from '../grants/index.ts'
import type { People } from '../people/index.ts'
import {
  type FormTokens,
  type Html,
  html,
  notice,
  only,
  page,
  shownUrl,
  TEXTS,
  targetOf,
  type Visit,
} from '../web/index.ts'
import { hostOf, nameOf, scopesOf, warningsOf } from './asked.ts'
import { shownScope } from './words.ts'

const PURPOSE = 'consent'
const ANOTHER = 'another account'
/** Names the form of the button that stands beside who is signed in, which is no part of the answer. */
const ANOTHER_FORM = 'another'
/** How many tool patterns of a scope are shown. */
const SHOWN_TOOLS = 12

export interface ConsentNeeds {
  readonly tokens: FormTokens
  readonly people: People
  /** What the client can still use. */
  readonly grants: Pick<Grants, 'list' | 'holds'>
  /** Where people end what they have allowed. */
  readonly accountPath: string
  /** How long what is granted may last, in seconds. */
  readonly grantSeconds: number
}

/** The page that asks whether a client may act for a person, and how far. @param ticked Default: all that is asked. */
export async function consentPage(
  interaction: Interaction,
  { tokens, people, grants, accountPath, grantSeconds }: ConsentNeeds,
  fault?: string,
  ticked: readonly string[] = scopesOf(interaction),
): Promise<Reply> {
  const { redirectUri, resource, accountId } = interaction
  const texts = TEXTS.consent
  const name = nameOf(interaction)
  const heading = texts.heading(name, resource?.name ?? '')
  const account = accountId === undefined ? undefined : await people.store.find(accountId)
  const held = await heldOf(interaction, grants)
  const offline = texts.offline(Math.round(grantSeconds / 86_400))
  const main = html`<h1><bdi>${heading.client}</bdi> ${heading.between} <bdi>${heading.server}</bdi> ${heading.after}</h1>
<dl class="facts">
<dt>${texts.client}</dt><dd><bdi>${name}</bdi></dd>
${fact(texts.calledByUrl, hostOf(interaction))}
<dt>${texts.goesOn}</dt><dd><strong>${targetOf(redirectUri)}</strong></dd>
${resource && html`<dt>${texts.server}</dt><dd>${shownUrl(resource.uri)}</dd>\n`}
${
  account &&
  html`<dt>${texts.signedInAs}</dt><dd class="beside"><bdi>${account.name}</bdi>
<button class="link" form="${ANOTHER_FORM}" name="do" value="another">${texts.another}</button></dd>\n`
}</dl>
${warningsOf(interaction).map((warning) => html`<p class="warning" role="note">${warning}</p>`)}
${notice(fault)}
<form method="post">
<input type="hidden" name="form" value="${tokens.make(PURPOSE, interaction.uid)}">
${scopeList(interaction, held, ticked, fault !== undefined)}
<p class="quiet">${offline.text} <a href="${accountPath}" target="_blank" rel="noopener">${offline.account}</a>.</p>
<div class="row"><button name="do" value="allow">${texts.allow}</button>
<button class="plain" name="do" value="deny">${texts.deny}</button></div>
</form>
<form method="post" id="${ANOTHER_FORM}"><input type="hidden" name="form" value="${tokens.make(ANOTHER, interaction.uid)}"></form>`
  return page(texts.title, main, { status: fault === undefined ? 200 : 422 })
}

/** The person wants to be somebody else before they answer. */
export interface AnotherAccount {
  readonly kind: 'another_account'
}

/** What the form amounts to, or the page again. Nothing that it says counts beyond what was asked. */
export async function takeConsent(
  visit: Visit,
  interaction: Interaction,
  needs: ConsentNeeds,
): Promise<InteractionResult | AnotherAccount | Reply> {
  const wantsAnother = only(visit.form, 'do') === 'another'
  const purpose = wantsAnother ? ANOTHER : PURPOSE
  if (!needs.tokens.isGood(only(visit.form, 'form'), purpose, interaction.uid)) {
    return consentPage(interaction, needs, TEXTS.openPageAgain)
  }
  if (wantsAnother) return { kind: 'another_account' }
  if (only(visit.form, 'do') !== 'allow') return { kind: 'denied' }
  const asked = scopesOf(interaction)
  const ticked = visit.form.getAll('scope')
  const scopes = asked.filter((scope) => ticked.includes(scope))
  if (asked.length > 0 && scopes.length === 0) return consentPage(interaction, needs, TEXTS.consent.none, scopes)
  return { kind: 'consented', scopes }
}

function fact(label: string, value: string | undefined): Html | undefined {
  return value === undefined ? undefined : html`<dt>${label}</dt><dd><bdi>${value}</bdi></dd>\n`
}

/** What the client holds already of this person's at this server, in any of its grants. */
async function heldOf(
  { accountId, clientId, resource }: Interaction,
  grants: ConsentNeeds['grants'],
): Promise<ReadonlySet<string>> {
  if (accountId === undefined || resource === undefined) return new Set()
  const views = await Array.fromAsync(grants.list({ accountId, clientId }))
  const there = views.flatMap(({ resources }) => resources).filter(({ uri }) => uri === resource.uri)
  return new Set(there.flatMap(({ scopes }) => scopes))
}

function scopeList(
  interaction: Interaction,
  held: ReadonlySet<string>,
  ticked: readonly string[],
  isWrong: boolean,
): Html {
  const scopes = scopesOf(interaction)
  if (scopes.length === 0) return html`<p>${TEXTS.consent.nothing}</p>`
  const { asksMore, asksAgain, isHeld, isNew } = TEXTS.consent
  const known = scopes.filter((scope) => held.has(scope))
  const tag = (scope: string): Html | undefined => {
    if (known.length === 0) return undefined
    return held.has(scope) ? html` <span class="tag">${isHeld}</span>` : html` <span class="tag new">${isNew}</span>`
  }
  const comparison = known.length === scopes.length ? asksAgain : asksMore
  return html`${known.length === 0 ? undefined : html`<p>${comparison}</p>`}
<fieldset${isWrong ? html` aria-describedby="notice"` : undefined}><legend>${TEXTS.consent.may}</legend>
${scopes.map((scope, index) => {
  const opens = opensOf(interaction.resource, scope)
  const checked = ticked.includes(scope) ? html` checked` : undefined
  const described = opens === undefined ? undefined : html` aria-describedby="opens-${index}"`
  return html`<div class="scope"><input type="checkbox" id="scope-${index}" name="scope" value="${scope}"${checked}${described}>
<label for="scope-${index}">${shownScope(interaction.resource, scope)}${tag(scope)}</label>
${opens === undefined ? undefined : html`<p class="opens" id="opens-${index}">${opens}</p>`}</div>
`
})}</fieldset>`
}

function opensOf(resource: Resource | undefined, scope: string): string | undefined {
  const patterns = resource?.opens[scope] ?? []
  if (patterns.length === 0) return undefined
  if (patterns.includes('*')) return TEXTS.consent.opensAll
  const rest = patterns.length - SHOWN_TOOLS
  const shown = patterns.slice(0, SHOWN_TOOLS).join(', ')
  return TEXTS.consent.opens(rest > 0 ? `${shown} ${TEXTS.consent.more(rest)}` : shown)
}
