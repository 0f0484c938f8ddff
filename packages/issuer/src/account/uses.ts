import { nameOf } from '../consent/index.ts'
import type { GrantUsed } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import type { Vault } from '../vault/index.ts'
import { networkOf, targetOf } from '../web/index.ts'

const USE = 'GrantUse'
/** A use is written no more often than that, in seconds: clients refresh all the time, and people look at days. */
const COARSE = 300
/** How many grants are remembered as written just now. */
const REMEMBERED = 10_000

export interface GrantUse {
  /** As the client called itself when it was let in. */
  readonly clientName: string
  /** Host or scheme of its redirect URI. */
  readonly target: string
  /** Where the last code or tokens were asked for. */
  readonly network: string
  /** Seconds since the epoch. */
  readonly at: number
}

export interface GrantUsesNeeds {
  readonly vault: Vault
  /** How long a grant lasts, in seconds. */
  readonly grantSeconds: number
  readonly now: () => number
  readonly onEvent: OnIssuerEvent
}

/** When and from where grants were used last, and by whom: what a person knows their clients by. */
export class GrantUses {
  private readonly needs: GrantUsesNeeds
  private readonly written = new Map<string, { readonly peer: string; readonly network: string; readonly at: number }>()

  constructor(needs: GrantUsesNeeds) {
    this.needs = needs
  }

  async note(used: GrantUsed): Promise<void> {
    const { vault, grantSeconds, now, onEvent } = this.needs
    const { grantId, accountId, clientId, redirectUri, peer } = used
    const last = this.written.get(grantId)
    const network = last?.peer === peer ? last.network : networkOf(peer)
    if (used.kind === 'redeemed' && last?.network === network && last.at + COARSE > now()) return
    const isNew = used.kind === 'authorized' && redirectUri !== undefined
    const use = {
      clientName: nameOf(used),
      target: isNew ? targetOf(redirectUri) : ((await this.find(grantId))?.target ?? ''),
      network,
      at: now(),
    }
    await vault.put(USE, grantId, use, { grantId, accountId, clientId, expiresAt: now() + grantSeconds })
    this.remember(grantId, peer, network)
    if (used.kind === 'redeemed') return
    onEvent({
      type: 'grant.created',
      accountId,
      clientId,
      grantId,
      actor: 'person',
      detail: { scope: used.scopes.join(' ') },
    })
  }

  async find(grantId: string): Promise<GrantUse | undefined> {
    const { vault, now } = this.needs
    return (await vault.find(USE, grantId, now()))?.payload as GrantUse | undefined
  }

  private remember(grantId: string, peer: string, network: string): void {
    this.written.delete(grantId)
    this.written.set(grantId, { peer, network, at: this.needs.now() })
    const [oldest] = this.written.keys()
    if (this.written.size > REMEMBERED && oldest !== undefined) this.written.delete(oldest)
  }
}
