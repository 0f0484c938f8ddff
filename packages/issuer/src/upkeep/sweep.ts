import { setImmediate } from 'node:timers/promises'
import type { AccountStore, ArtifactStore, ClientStore, RevocationStore, SigningKeyStore } from '@portcullis/auth/store'

export interface Expiring {
  readonly artifacts: Pick<ArtifactStore, 'prune'>
  readonly accounts: Pick<AccountStore, 'pruneLinks'>
  readonly clients: Pick<ClientStore, 'prune'>
  readonly revocations: Pick<RevocationStore, 'prune'>
  readonly signingKeys: Pick<SigningKeyStore, 'prune'>
}

/** Rows that go in one step: a few milliseconds, in which nobody else is served. */
const BATCH = 500
/** Steps of one sweep; the next one goes on. */
const BATCHES = 200

/** Forgets what has expired, a little at a time. @returns how many artifacts went. */
export async function sweep(stores: Expiring, now: number): Promise<number> {
  await stores.accounts.pruneLinks(now)
  await stores.clients.prune(now)
  await stores.revocations.prune(now)
  await stores.signingKeys.prune(now)
  let gone = 0
  for (let batch = 0; batch < BATCHES; batch++) {
    const went = await stores.artifacts.prune(now, BATCH)
    gone += went
    if (went < BATCH) break
    await setImmediate()
  }
  return gone
}
