import type { MaybePromise } from './credentials.ts'

/** A legacy session as it is kept. Times are seconds since the epoch. */
export interface SessionRecord {
  /** base64url of the SHA-256 of the id that the caller holds; the id itself is not kept. */
  readonly idHash: string
  readonly server: string
  /** Kind, issuer, subject and tenant of the principal that opened it: nobody else may use it. */
  readonly principalKey: string
  /** The upstream's own session id, sealed; absent for upstreams that assign none. */
  readonly upstreamSession?: Uint8Array
  readonly lastSeenAt: number
}

/** Where legacy sessions live, so that a restart of the gate does not end those of HTTP upstreams. */
export interface SessionStore {
  put(session: SessionRecord): MaybePromise<void>
  find(idHash: string): MaybePromise<SessionRecord | undefined>
  remove(idHash: string): MaybePromise<void>
  touch(seen: ReadonlyMap<string, number>): MaybePromise<void>
  /** Removes what nobody has used since `before`. @returns how many. */
  prune(before: number): MaybePromise<number>
  count(): MaybePromise<number>
}

export function memorySessions(): SessionStore {
  const sessions = new Map<string, SessionRecord>()
  return {
    put(session) {
      sessions.set(session.idHash, session)
    },
    find: (idHash) => sessions.get(idHash),
    remove(idHash) {
      sessions.delete(idHash)
    },
    touch(seen) {
      for (const [idHash, lastSeenAt] of seen) {
        const session = sessions.get(idHash)
        if (session !== undefined) sessions.set(idHash, { ...session, lastSeenAt })
      }
    },
    prune(before) {
      const old = [...sessions.values()].filter((session) => session.lastSeenAt < before)
      for (const { idHash } of old) sessions.delete(idHash)
      return old.length
    },
    count: () => sessions.size,
  }
}
