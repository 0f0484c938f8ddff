import { Clients } from './clients/index.ts'
import type { OnIssuerEvent } from './events.ts'
import { Grants } from './grants/index.ts'
import type { IssuerStores } from './issuer.ts'
import { People } from './people/index.ts'
import { Invitations } from './registration/index.ts'
import { type Algorithm, CLOCKS, PUBLISH_AHEAD, ROTATE_AFTER, SigningKeys } from './signing/index.ts'
import { deriveKey, hashOf, Vault } from './vault/index.ts'

export interface OperatorOptions {
  readonly stores: IssuerStores
  /** The one that the issuer seals with. */
  readonly sealingKey: Uint8Array
  /** How long an access token may live, in seconds: for so long an end must be remembered. */
  readonly accessTokenSeconds: number
  readonly algorithm: Algorithm
  readonly onEvent: OnIssuerEvent
}

/** What an operator can do to an issuer from outside: issuers that run notice at once. */
export interface Operator {
  readonly people: People
  readonly clients: Clients
  /** Initial access tokens, for `registration: gated`. */
  readonly invitations: Invitations
  readonly grants: Grants
  readonly signingKeys: SigningKeys
}

/** The services of an issuer without its endpoints. */
export function openOperator(options: OperatorOptions): Operator {
  const { stores, sealingKey, algorithm, onEvent } = options
  const now = () => Math.floor(Date.now() / 1000)
  const vault = new Vault(stores.artifacts, sealingKey)
  const accessTokenSeconds = options.accessTokenSeconds + CLOCKS
  const grants = new Grants({ vault, revocations: stores.revocations, accessTokenSeconds, now, onEvent })
  return {
    grants,
    people: new People({
      store: stores.accounts,
      now,
      onEvent,
      endAccess: (accountId, actor) => grants.endAccount(accountId, { actor }),
      endSessions: (accountId, exceptUid) => endSessions(vault, accountId, exceptUid, now()),
    }),
    clients: new Clients({
      store: stores.clients,
      key: deriveKey(sealingKey, 'clients'),
      grants,
      documents: undefined,
      onEvent,
      now,
    }),
    invitations: new Invitations(vault, now),
    signingKeys: new SigningKeys({
      store: stores.signingKeys,
      sealingKey,
      algorithm,
      rotateAfter: ROTATE_AFTER,
      publishAhead: PUBLISH_AHEAD,
      keepAfter: accessTokenSeconds,
      now,
      onEvent,
    }),
  }
}

async function endSessions(vault: Vault, accountId: string, exceptUid: string | undefined, now: number): Promise<void> {
  const spared = exceptUid === undefined ? undefined : hashOf(exceptUid)
  for (const { idHash, uidHash } of await vault.store.list({ model: 'Session', accountId, limit: 10_000 }, now)) {
    if (uidHash === undefined || uidHash !== spared) await vault.store.remove('Session', idHash)
  }
}
