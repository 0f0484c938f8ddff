import type { MaybePromise } from '../store/index.ts'
import { wordsOf } from './warnings.ts'

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
      onWarning(`sessions are not kept: ${wordsOf(error)}`)
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
 * @param limit Sessions of one owner that are remembered; beyond, the one that this owner did not use for longest is
 *   nobody's. Default 1 000.
 * @param owners Owners whose sessions are remembered; beyond, those of whoever stayed away for longest go. Default 10 000.
 */
export function memoryBindings(limit = 1000, owners = 10_000): SessionBindings {
  for (const bound of [limit, owners]) {
    if (!(Number.isInteger(bound) && bound > 0)) throw new TypeError('the bounds must be whole numbers above 0')
  }
  const ownerBySession = new Map<string, string>()
  const sessionsByOwner = new Map<string, Set<string>>()

  /** Newest last. */
  const keep = (id: string, owner: string): Set<string> => {
    const own = sessionsByOwner.get(owner) ?? new Set()
    sessionsByOwner.delete(owner)
    sessionsByOwner.set(owner, own)
    own.delete(id)
    own.add(id)
    ownerBySession.set(id, owner)
    return own
  }
  const forget = (id: string): void => {
    const owner = ownerBySession.get(id)
    if (owner === undefined) return
    ownerBySession.delete(id)
    const own = sessionsByOwner.get(owner)
    own?.delete(id)
    if (own?.size === 0) sessionsByOwner.delete(owner)
  }

  return {
    ownerOf(id) {
      const owner = ownerBySession.get(id)
      if (owner !== undefined) keep(id, owner)
      return owner
    },
    bind(id, owner) {
      // The first owner stays: an id that is handed out twice must not change hands.
      if (ownerBySession.has(id)) return
      const own = keep(id, owner)
      // Each gives up its own: nobody ends the sessions of others by opening many.
      if (own.size > limit) forget(own.values().next().value as string)
      const [[, oldest] = []] = sessionsByOwner
      if (sessionsByOwner.size > owners && oldest !== undefined) for (const each of [...oldest]) forget(each)
    },
    end: forget,
  }
}
