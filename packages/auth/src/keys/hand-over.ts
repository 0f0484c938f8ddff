import { type CredentialStore, type Rotation, rotationObstacle } from '../store/index.ts'
import { expectSeconds, type Issued, successorOf } from './issue.ts'
import { leftBehind, replaceLeftBehind } from './left-behind.ts'

/**
 * A rotation whose successor has to be handed to somebody: it is good from `beginRotation` on, and the old one goes on
 * as before until `completeRotation`. Who dies in between leaves the client a key that works, and the next attempt ends
 * what was left behind: of successors that were never completed only the newest may have reached the client.
 */
export type BegunRotation =
  | { readonly kind: 'begun'; readonly issued: Issued; readonly withdrawn: readonly string[] }
  | { readonly kind: Exclude<Rotation, 'rotated'> }

/**
 * Stores a successor on the same terms as `rotate` would make it, and changes nothing of the old one. At most one caller
 * at a time for each credential.
 * @returns also the ids of successors that earlier attempts left behind, and that were revoked now.
 */
export async function beginRotation(store: CredentialStore, id: string, now: number): Promise<BegunRotation> {
  const old = await store.find(id)
  const obstacle = rotationObstacle(old, now)
  if (old === undefined || obstacle !== undefined) return { kind: obstacle ?? 'unknown' }
  const withdrawn = (await leftBehind(store, old, now)).slice(1).map((record) => record.id)
  for (const each of withdrawn) await store.revoke(each, now)
  const issued = await successorOf(old, now)
  await store.insert(issued.record)
  return { kind: 'begun', issued, withdrawn }
}

/**
 * Ends the old one with the overlap, and with it what earlier attempts have left behind.
 *
 * Where somebody else has rotated the old one meanwhile (`replaced`), their successor is the one that stays, and this
 * one ends with the overlap. Where the old one was revoked, so is its successor.
 * @param overlap Seconds in which both are good.
 */
export async function completeRotation(
  store: CredentialStore,
  id: string,
  successorId: string,
  overlap: number,
  now: number,
): Promise<Rotation> {
  expectSeconds('overlap', overlap)
  const old = await store.find(id)
  const obstacle = rotationObstacle(old, now)
  // These first: while the old one has no successor the attempt is repeated, and finds them again.
  if (old !== undefined && obstacle === undefined) await replaceLeftBehind(store, old, successorId, now + overlap, now)
  const outcome = await store.replace(id, successorId, now + overlap, now)
  if (outcome === 'revoked') await store.revoke(successorId, now)
  if (outcome === 'replaced') {
    const heir = (await store.find(id))?.replacedBy
    if (heir !== undefined) await store.replace(successorId, heir, now + overlap, now)
  }
  return outcome
}
