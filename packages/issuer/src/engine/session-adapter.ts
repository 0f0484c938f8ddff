import Provider, { type Adapter, type AdapterPayload, errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { Payload, Vault } from '../vault/index.ts'
import { standingAtSignIn } from './answers.ts'
import { SESSION_SECONDS } from './browser-sessions.ts'

export interface SessionAdapterNeeds {
  readonly vault: Vault
  readonly people: { standingOf(accountId: string): Promise<string | undefined> }
  readonly now: () => number
}

/** Where somebody is signed in. Who knows the password could have any number of them made; the oldest make way. */
const SESSION = 'Session'
const MOST_SESSIONS = 100
/** A session lasts longer with each use. That is written down where it makes so much of a difference, in seconds. */
const COARSE = 3600

/** The session that a request came with, as it was kept then. */
interface Came {
  readonly id: string
  readonly payload: Payload
  readonly expiresAt: number
  /** It was gone when the engine was about to give it another name. */
  isOver: boolean
}

const cameWith = new WeakMap<object, Came>()

/** The request that the engine is working at, where it is working at one. */
function currentRequest(): KoaContextWithOIDC | undefined {
  return (Provider as unknown as { readonly ctx: KoaContextWithOIDC | undefined }).ctx
}

/**
 * Lets the engine keep sessions. It reads one when a request comes in and writes it back when it has answered, which may be
 * seconds later; what has ended meanwhile (signed out, another password) stays ended.
 */
export function sessionAdapter(needs: SessionAdapterNeeds): Adapter {
  const { vault, now } = needs
  return {
    async upsert(id, payload, expiresIn) {
      const { uid, accountId } = payload
      // The engine gives whoever brings the cookie of a session that has ended another one, of nobody.
      if (accountId === undefined) return
      const kept = withoutAuthorizations(payload)
      const marks = { uid, accountId, expiresAt: now() + (expiresIn ?? SESSION_SECONDS) }
      const request = currentRequest()
      const came = request === undefined ? undefined : cameWith.get(request)
      if (came?.isOver) return
      if (came?.id === id) {
        if (!isAsGood(came, kept, marks.expiresAt)) await vault.replace(SESSION, id, kept, marks)
        return
      }
      await vault.putOfAccount(SESSION, id, kept, marks, MOST_SESSIONS)
      // First put, then looked: whoever changes the password does it the other way round.
      if (await isStanding(accountId, request, needs)) return
      await vault.remove(SESSION, id)
      throw new errors.SessionNotFound('the password has changed meanwhile')
    },
    async find(id) {
      const found = await vault.find(SESSION, id, now())
      const request = currentRequest()
      if (found === undefined) return undefined
      const { payload, expiresAt } = found
      if (request !== undefined) cameWith.set(request, { id, payload, expiresAt, isOver: false })
      return payload as AdapterPayload
    },
    async findByUid(uid) {
      return (await vault.findByUid(SESSION, uid, now()))?.payload as AdapterPayload | undefined
    },
    async destroy(id) {
      const wasThere = await vault.remove(SESSION, id)
      const request = currentRequest()
      const came = request === undefined ? undefined : cameWith.get(request)
      if (!wasThere && came?.id === id) came.isOver = true
    },
    findByUserCode: async () => undefined,
    consume: async () => undefined,
    revokeByGrantId: async () => undefined,
  }
}

/**
 * Before something is issued that outlasts the session.
 * @throws when who is signed in by the engine's request was signed out while it was under way.
 */
export async function assertSignedIn(accountId: string | undefined, needs: SessionAdapterNeeds): Promise<void> {
  const request = currentRequest()
  if (request === undefined || accountId === undefined) return
  const came = cameWith.get(request)
  const isThere = came === undefined || (await needs.vault.holds(SESSION, came.id, needs.now()))
  if (isThere && (await isStanding(accountId, request, needs))) return
  throw new errors.LoginRequired('the session has ended meanwhile')
}

/** Whether who has signed in on the way of this request could still do so with the same password. */
async function isStanding(
  accountId: string,
  request: KoaContextWithOIDC | undefined,
  { people }: SessionAdapterNeeds,
): Promise<boolean> {
  const then = standingAtSignIn(request?.oidc.result)
  return then === undefined || then === (await people.standingOf(accountId))
}

/** Which grant a client has got here: the engine looks at it when a person signs out, and that ends nothing of a client's. */
function withoutAuthorizations({ authorizations: _, ...kept }: AdapterPayload): Payload {
  return kept as Payload
}

/** Whether nothing would be lost by leaving it as it is. */
function isAsGood(came: Came, kept: Payload, expiresAt: number): boolean {
  const textOf = ({ exp: _, ...rest }: Payload) => JSON.stringify(rest)
  return expiresAt - came.expiresAt < COARSE && textOf(came.payload) === textOf(kept)
}
