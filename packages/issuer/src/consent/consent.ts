import type { Reply } from '@portcullis/auth/http'
import type { Interaction, InteractionResult } from '../engine/index.ts'
import { type FormTokens, html, only, page, STYLE, type Visit } from '../web/index.ts'

const PURPOSE = 'consent'

export interface ConsentNeeds {
  readonly tokens: FormTokens
}

/** The page that asks whether a client may act for a person, and how far. */
export function consentPage(interaction: Interaction, { tokens }: ConsentNeeds): Reply {
  const { client, redirectUri, resource } = interaction
  const name = typeof client.client_name === 'string' ? client.client_name : interaction.clientId
  const { host, protocol } = new URL(redirectUri)
  const asked = scopesOf(interaction)
  const main = html`<h1><span class="name">${name}</span> wants to use ${resource?.name ?? 'this server'} for you</h1>
<p>It goes on at <strong class="name">${host === '' ? protocol : host}</strong>.</p>
<form method="post">
<input type="hidden" name="form" value="${tokens.make(PURPOSE, interaction.uid)}">
<ul>${asked.map((scope) => html`<li><code>${scope}</code></li>`)}</ul>
<div class="row"><button name="do" value="allow">Allow</button>
<button class="plain" name="do" value="deny">Deny</button></div>
</form>`
  const target = protocol === 'http:' || protocol === 'https:' ? `${protocol}//${host}` : protocol
  return page('Allow access', STYLE, main, { formTargets: [target] })
}

export async function takeConsent(
  visit: Visit,
  interaction: Interaction,
  needs: ConsentNeeds,
): Promise<InteractionResult | Reply> {
  if (!needs.tokens.isGood(only(visit.form, 'form'), PURPOSE, interaction.uid)) return consentPage(interaction, needs)
  if (only(visit.form, 'do') !== 'allow') return { kind: 'denied' }
  return { kind: 'consented', scopes: scopesOf(interaction) }
}

function scopesOf({ scopes, resource }: Interaction): readonly string[] {
  return scopes.filter((scope) => resource?.scopes.includes(scope))
}
