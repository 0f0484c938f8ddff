import { type CredentialRecord, type CredentialStore, rotationObstacle } from '../store/index.ts'

/**
 * Successors that were stored for a delivery and never took the place of `old`, because whoever rotated it died in
 * between; newest first. Whether one of them reached the client, nobody knows.
 */
export async function leftBehind(
  store: CredentialStore,
  old: CredentialRecord,
  now: number,
): Promise<readonly CredentialRecord[]> {
  const { id, clientId, delivery, createdAt } = old
  // Only for a delivery is a successor stored before the old one ends.
  if (delivery === undefined) return []
  const records = await store.list({ clientId, delivery })
  return records
    .filter((record) => record.id !== id && record.createdAt >= createdAt)
    .filter((record) => rotationObstacle(record, now) === undefined)
    .toSorted((a, b) => b.createdAt - a.createdAt)
}

/** Lets `heir` take the place of what was left behind of attempts to rotate `old`. */
export async function replaceLeftBehind(
  store: CredentialStore,
  old: CredentialRecord,
  heir: string,
  endsAt: number,
  now: number,
): Promise<void> {
  for (const { id } of await leftBehind(store, old, now)) {
    if (id !== heir) await store.replace(id, heir, endsAt, now)
  }
}
