import { setImmediate } from 'node:timers/promises'
import type {
  AccountStore,
  ArtifactStore,
  ClientStore,
  MaybePromise,
  RevocationStore,
  SigningKeyStore,
} from '@portcullis/auth/store'

export interface Expiring {
  readonly artifacts: Pick<ArtifactStore, 'prune' | 'forgetSpent'>
  readonly accounts: Pick<AccountStore, 'pruneLinks'>
  readonly clients: Pick<ClientStore, 'prune'>
  readonly revocations: Pick<RevocationStore, 'prune'>
  readonly signingKeys: Pick<SigningKeyStore, 'prune'>
}

/** Rows that go in one step: a few milliseconds, in which nobody else is served. */
const BATCH = 500
/** Steps of one sweep; the next one goes on. */
const BATCHES = 200

/** How long ago a refresh token was spent whose answer nobody fetches again: well past the grace for lost ones. Seconds. */
const SPENT_SECONDS = 60

/**
 * Forgets what has expired, and of refresh tokens that were spent all but that they were, a little at a time.
 * @returns how many artifacts went.
 */
export async function sweep(stores: Expiring, now: number): Promise<number> {
  await stores.accounts.pruneLinks(now)
  await stores.clients.prune(now)
  await stores.revocations.prune(now)
  await stores.signingKeys.prune(now)
  const gone = await inBatches(() => stores.artifacts.prune(now, BATCH))
  await inBatches(() => stores.artifacts.forgetSpent('RefreshToken', now - SPENT_SECONDS, BATCH))
  return gone
}

/** @param step @returns how many rows it did, less than a batch where nothing is left to do. */
async function inBatches(step: () => MaybePromise<number>): Promise<number> {
  let done = 0
  for (let batch = 0; batch < BATCHES; batch++) {
    const went = await step()
    done += went
    if (went < BATCH) break
    await setImmediate()
  }
  return done
}
