import { createHash } from 'node:crypto'
import type { ClientOrigin } from '@portcullis/auth/store'
import type { ConsentAsked } from '../engine/index.ts'
import { CONSENT } from '../grants/index.ts'
import type { Payload, Vault } from '../vault/index.ts'
import { isLoopback } from '../web/index.ts'

/** How long a yes is remembered, in seconds: as long as what it leads to may last. */
const REMEMBERED_SECONDS = 90 * 86_400

export interface ConsentsNeeds {
  readonly vault: Vault
  readonly originOf: (clientId: string) => Promise<ClientOrigin>
  readonly now: () => number
}

/**
 * What people have said yes to, so that they are not asked each time. Only where the client is known to be who it says
 * (requirements AS-59), and only for what was asked then: the account, the client as it described itself, the
 * server and the scopes.
 */
export class Consents {
  private readonly needs: ConsentsNeeds

  constructor(needs: ConsentsNeeds) {
    this.needs = needs
  }

  async remember(given: ConsentAsked): Promise<void> {
    if (!isProven(await this.needs.originOf(given.clientId), given.redirectUri)) return
    const { accountId, clientId, scopes } = given
    const expiresAt = this.needs.now() + REMEMBERED_SECONDS
    await this.needs.vault.put(CONSENT, idOf(given), { scopes }, { accountId, clientId, expiresAt })
  }

  /** Whether the person need not be asked: all of it was allowed before, by them, to this very client. */
  async covers(asked: ConsentAsked): Promise<boolean> {
    if (asked.scopes.length === 0 || !isProven(await this.needs.originOf(asked.clientId), asked.redirectUri))
      return false
    const kept = await this.needs.vault.find(CONSENT, idOf(asked), this.needs.now())
    const allowed = kept?.payload.scopes
    return Array.isArray(allowed) && asked.scopes.every((scope) => allowed.includes(scope))
  }

  /** Whether what covered this a moment ago has not been withdrawn. */
  stands(asked: ConsentAsked): Promise<boolean> {
    return this.needs.vault.holds(CONSENT, idOf(asked), this.needs.now())
  }

  /** The person is asked again by this client, or by all. */
  async withdraw(accountId: string, clientId?: string): Promise<void> {
    const of = { model: CONSENT, accountId, ...(clientId === undefined ? {} : { clientId }) }
    await this.needs.vault.store.removeAll(of)
  }
}

/**
 * Whether a client is known to be who it says: the operator made it, or it is named by the URL of its metadata, and what
 * it gets goes to a web host. Who registered itself can take any name, and so can any program on a device.
 */
export function isProven(origin: ClientOrigin, redirectUri: string): boolean {
  if (origin === 'registered') return false
  return new URL(redirectUri).protocol === 'https:' && !isLoopback(redirectUri)
}

/** Another description of the client is another consent (requirements AS-35). */
function idOf({ accountId, clientId, client, redirectUri, resource }: ConsentAsked): string {
  return [accountId, clientId, resource, new URL(redirectUri).host, fingerprint(client)].join(' ')
}

/** What a person relied on when they said yes. */
function fingerprint({ redirect_uris, jwks, jwks_uri, token_endpoint_auth_method, client_name }: Payload): string {
  const uris = Array.isArray(redirect_uris) ? [...redirect_uris].map(String).sort() : []
  const relied = [uris, jwks ?? null, jwks_uri ?? null, token_endpoint_auth_method ?? null, client_name ?? null]
  return createHash('sha256').update(JSON.stringify(relied)).digest('base64url')
}
