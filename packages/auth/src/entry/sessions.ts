import type { MaybePromise } from '../store/index.ts'

/**
 * Whose a legacy session is. The server's transport makes the ids; here stands who opened each. It authenticates
 * nobody: every request brings its credential, and the session must be its holder's (MCP, Session Hijacking).
 */
export interface SessionBindings {
  /** `principalKey` of whoever opened it; undefined: nobody who is known. */
  ownerOf(sessionId: string): MaybePromise<string | undefined>
  bind(sessionId: string, owner: string): MaybePromise<void>
  end(sessionId: string): MaybePromise<void>
}

/**
 * In memory, for one process.
 * @param limit Sessions that are remembered; beyond, the one that was not used for longest is nobody's. Default 10 000.
 */
export function memoryBindings(limit = 10_000): SessionBindings {
  if (!(Number.isInteger(limit) && limit > 0)) throw new TypeError('"limit" must be a whole number above 0')
  const owners = new Map<string, string>()
  const keep = (id: string, owner: string): void => {
    owners.delete(id)
    owners.set(id, owner)
  }
  return {
    ownerOf(id) {
      const owner = owners.get(id)
      if (owner !== undefined) keep(id, owner)
      return owner
    },
    bind(id, owner) {
      // The first owner stays: an id that is handed out twice must not change hands.
      if (owners.has(id)) return
      keep(id, owner)
      const [oldest] = owners.keys()
      if (owners.size > limit && oldest !== undefined) owners.delete(oldest)
    },
    end(id) {
      owners.delete(id)
    },
  }
}
