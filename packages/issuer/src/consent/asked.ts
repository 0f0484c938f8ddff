import type { Interaction } from '../engine/index.ts'
import { isLoopback, shownName, TEXTS, targetOf } from '../web/index.ts'

/** What a person is shown of a client. */
export function nameOf({ client, clientId }: Pick<Interaction, 'client' | 'clientId'>): string {
  const name = typeof client.client_name === 'string' ? shownName(client.client_name) : ''
  return name === '' ? shownName(clientId) : name
}

/** The scopes that mean something at the server, in its own order. */
export function scopesOf({ scopes, resource }: Interaction): readonly string[] {
  return resource?.scopes.filter((scope) => scopes.includes(scope)) ?? []
}

/** The host of the URL by which a client names itself. */
export function hostOf({ origin, clientId }: Interaction): string | undefined {
  return origin === 'document' ? new URL(clientId).host : undefined
}

/** What the person should think of before they say yes. */
export function warningsOf(interaction: Interaction): readonly string[] {
  const { origin, redirectUri } = interaction
  const { protocol } = new URL(redirectUri)
  const isWeb = protocol === 'http:' || protocol === 'https:'
  const host = hostOf(interaction)
  return [
    ...(isLoopback(redirectUri) ? [TEXTS.consent.loopback] : []),
    ...(isWeb ? [] : [TEXTS.consent.app(protocol)]),
    ...(isWeb && !isLoopback(redirectUri) && origin === 'registered' ? [TEXTS.consent.unverified] : []),
    ...(isWeb && !isLoopback(redirectUri) && host !== undefined && host !== targetOf(redirectUri)
      ? [TEXTS.consent.otherHost]
      : []),
  ]
}
