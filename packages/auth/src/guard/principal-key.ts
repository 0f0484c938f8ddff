import type { EventPrincipal } from '../events/index.ts'
import type { Principal } from './verdict.ts'

/**
 * One text per principal: what a session, a task or a limit belongs to. Unmistakable: kind and issuer hold no space,
 * a tenant is written with its quotes, and so is a name that holds a space. A key's survives rotation.
 */
export function principalKey({ kind, issuer, subject, clientId, tenant }: Principal): string {
  // What one client of a person's has open is none of her other clients' business.
  const who = subject === clientId ? wordOf(subject) : `${wordOf(subject)} ${wordOf(clientId)}`
  return `${kind} ${issuer} ${tenant === undefined ? '' : JSON.stringify(tenant)} ${who}`
}

/** Issuers elsewhere may call people and clients what they like, spaces included. */
function wordOf(name: string): string {
  return /[\s"]/.test(name) ? JSON.stringify(name) : name
}

/** What an event says of who called; nothing of whoever came without a credential. */
export function toEventPrincipal({ kind, subject, clientId, credentialId }: Principal): EventPrincipal | undefined {
  return kind === 'anonymous' ? undefined : { kind, subject, clientId, credentialId }
}
