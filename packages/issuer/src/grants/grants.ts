import type { RevocationEntry, RevocationKind, RevocationStore } from '@portcullis/auth/store'
import type { IssuerEvent, OnIssuerEvent } from '../events.ts'
import type { Kept, Vault } from '../vault/index.ts'
import { type GrantView, isLive, toView } from './view.ts'

export interface GrantNeeds {
  readonly vault: Vault
  readonly revocations: RevocationStore
  /** How long an access token may live, clock differences included: for as long what ended must be remembered. Seconds. */
  readonly accessTokenSeconds: number
  /** Current time, seconds since the epoch. */
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

export interface GrantFilter {
  readonly accountId?: string
  readonly clientId?: string
}

/** Who ends a grant, and why in a word. */
export interface Ending {
  readonly actor: IssuerEvent['actor']
  readonly reason?: string
}

export interface GrantName {
  readonly id: string
  readonly clientId: string
}

/** The engine's word for it. */
const GRANT = 'Grant'
/** What people said yes to before, and are not asked again for. */
export const CONSENT = 'Consent'

export class Grants {
  private readonly needs: GrantNeeds
  /** The engine ends a grant once for each kind of thing that stands on it, all at the same time. */
  private readonly ending = new Map<string, Promise<boolean>>()

  constructor(needs: GrantNeeds) {
    this.needs = needs
  }

  /** Those that a client can still use. Without a filter: everyone's. */
  async *list(filter: GrantFilter = {}): AsyncGenerator<GrantView> {
    const { vault, now, accessTokenSeconds } = this.needs
    for await (const kept of vault.each({ model: GRANT, ...filter }, now())) {
      // Of those that were spent there are as many as a client cares to make; the last one issued is not spent.
      const standing = { model: 'RefreshToken', grantId: kept.grantId ?? '', isUnspent: true }
      const tokens = await Array.fromAsync(vault.each(standing, now()))
      if (isLive(kept, tokens, now(), accessTokenSeconds)) yield toView(kept, tokens)
    }
  }

  /** Those that there are, whether a client can still use them or not: the code of one may still be fetched. */
  async *each(filter: GrantFilter): AsyncGenerator<GrantName> {
    for await (const { grantId: id, clientId } of this.needs.vault.each({ model: GRANT, ...filter }, this.needs.now()))
      if (id !== undefined && clientId !== undefined) yield { id, clientId }
  }

  holds(id: string): Promise<boolean> {
    return this.needs.vault.holds(GRANT, id, this.needs.now())
  }

  /** Ends a grant and all that stands on it. @returns false when there is none of this id. */
  revoke(id: string, by: Ending): Promise<boolean> {
    const current = this.ending.get(id)
    if (current !== undefined) return current
    const ending = this.end(id, by).finally(() => this.ending.delete(id))
    this.ending.set(id, ending)
    return ending
  }

  /** Ends whatever a person granted, and their browser sessions. @returns how many grants there were. */
  async endAccount(accountId: string, by: Ending): Promise<number> {
    const grants = await this.all({ accountId })
    await this.needs.revocations.revoke([this.entry('account', accountId)])
    await this.needs.vault.store.removeByAccount(accountId)
    for (const kept of grants) this.tell(kept, by)
    return grants.length
  }

  /** Ends whatever was granted to a client. @returns how many grants there were. */
  async endClient(clientId: string, by: Ending): Promise<number> {
    const grants = await this.all({ clientId })
    await this.needs.revocations.revoke([this.entry('client', clientId)])
    await this.needs.vault.store.removeByClient(clientId)
    await this.forgetConsent({ clientId })
    for (const kept of grants) this.tell(kept, by)
    return grants.length
  }

  /** Ends one access token. @param expiresAt When it would end by itself. */
  async endToken(jti: string, expiresAt: number): Promise<void> {
    await this.needs.revocations.revoke([{ ...this.entry('token', jti), expiresAt: expiresAt + 60 }])
  }

  private async end(id: string, by: Ending): Promise<boolean> {
    const { vault, revocations, now } = this.needs
    const kept = await vault.find(GRANT, id, now())
    if (kept === undefined) return false
    // First what guards look at: if the rest fails, the grant is still there to be ended again.
    await revocations.revoke([this.entry('grant', id)])
    await vault.store.removeByGrant(id)
    await this.forgetConsent({ accountId: kept.accountId, clientId: kept.clientId })
    this.tell(kept, by)
    return true
  }

  /** Else whose access has ended would be let in again unasked. */
  private async forgetConsent(of: { readonly accountId?: string | undefined; readonly clientId?: string | undefined }) {
    const { accountId, clientId } = of
    if (clientId === undefined) return
    const consents = { model: CONSENT, clientId, ...(accountId === undefined ? {} : { accountId }) }
    await this.needs.vault.store.removeAll(consents)
  }

  private entry(kind: RevocationKind, id: string): RevocationEntry {
    const at = this.needs.now()
    return { kind, id, at, expiresAt: at + this.needs.accessTokenSeconds }
  }

  private tell({ grantId, accountId, clientId }: Kept, { actor, reason }: Ending): void {
    this.needs.onEvent({
      type: 'grant.revoked',
      actor,
      ...(grantId === undefined ? {} : { grantId }),
      ...(accountId === undefined ? {} : { accountId }),
      ...(clientId === undefined ? {} : { clientId }),
      ...(reason === undefined ? {} : { detail: { reason } }),
    })
  }

  private all(filter: GrantFilter): Promise<readonly Kept[]> {
    return Array.fromAsync(this.needs.vault.each({ model: GRANT, ...filter }, this.needs.now()))
  }
}
