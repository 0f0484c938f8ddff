import type { CredentialRecord } from '@portcullis/auth/store'

export interface Revoked {
  /** False when it had been revoked before. */
  readonly isNew: boolean
  /** The id of what it was rotated to, where that is still good: it has the same rights. */
  readonly successor: string | undefined
}

/** At the end of what a credential was rotated to, and that again. @param now Seconds since the epoch. */
export async function lastGood(
  from: CredentialRecord,
  find: (id: string) => Promise<CredentialRecord | undefined>,
  now: number,
): Promise<string | undefined> {
  let last: CredentialRecord | undefined = from
  for (let step = 0; last?.replacedBy !== undefined && step < MOST_ROTATIONS; step++) {
    last = await find(last.replacedBy)
  }
  const isOver = last === undefined || last.revokedAt !== undefined || (last.expiresAt ?? Infinity) <= now
  return last === undefined || isOver || last.id === from.id ? undefined : last.id
}

/** A chain without an end is damage. */
const MOST_ROTATIONS = 10_000

/** What is to be told of it. */
export function wordsOfRevoked(what: 'Key' | 'URL', id: string, { isNew, successor }: Revoked): string {
  const words = isNew ? `${what} ${id} is revoked.` : `${what} ${id} had been revoked before.`
  return successor === undefined ? words : `${words} It was rotated: ${successor} is still good.`
}
