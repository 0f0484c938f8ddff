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
 * Bindings as a guard uses them. No answer waits for a `bind`: whoever names the session next does. One that fails is
 * warned of, and the session is nobody's.
 */
export function withoutWaiting(bindings: SessionBindings, onWarning: (text: string) => void): SessionBindings {
  const binding = new Map<string, Promise<void>>()
  const attempt = async (work: () => MaybePromise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      onWarning(`sessions are not kept: ${(error as Error).message}`)
    }
  }
  return {
    ownerOf(id) {
      const bound = binding.get(id)
      return bound === undefined ? bindings.ownerOf(id) : bound.then(() => bindings.ownerOf(id))
    },
    bind(id, owner) {
      const bound = attempt(() => bindings.bind(id, owner)).then(() => {
        if (binding.get(id) === bound) binding.delete(id)
      })
      binding.set(id, bound)
    },
    end(id) {
      void attempt(() => bindings.end(id))
    },
  }
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
