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

/** The session that a request came with, as it is kept. */
interface Came {
  readonly id: string
  readonly payload: Payload
  readonly expiresAt: number
}

const cameWith = new WeakMap<object, Came>()

/** The request that the engine is working at, where it is working at one, and the session that it came with. */
function cameNow(): { readonly request?: KoaContextWithOIDC | undefined; readonly came?: Came | undefined } {
  const { ctx: request } = Provider
  return request === undefined ? {} : { request, came: cameWith.get(request) }
}

/**
 * Lets the engine keep sessions. It reads one when a request comes in and writes it back when it has answered, which may be
 * seconds later, and under another name once somebody has been asked: what has ended meanwhile stays ended.
 */
export function sessionAdapter(needs: SessionAdapterNeeds): Adapter {
  const { vault, now } = needs
  return {
    async upsert(id, payload, expiresIn) {
      const { uid, accountId } = payload
      // The engine gives whoever brings the cookie of a session that has ended another one, of nobody.
      if (accountId === undefined) return
      const kept = withoutAuthorizations(payload)
      const expiresAt = now() + (expiresIn ?? SESSION_SECONDS)
      const marks = { uid, accountId, expiresAt }
      const { request, came } = cameNow()
      if (request !== undefined && came !== undefined) {
        const isKept =
          !isAsGood(came, { id, payload: kept, expiresAt }) &&
          (await vault.replace(came.id, { model: SESSION, id, payload: kept, marks }))
        if (isKept) cameWith.set(request, { id, payload: kept, expiresAt })
        else withoutSessionCookie(request)
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
      if (found === undefined) return undefined
      const { payload, expiresAt } = found
      const { request } = cameNow()
      if (request !== undefined) cameWith.set(request, { id, payload, expiresAt })
      return payload as AdapterPayload
    },
    async findByUid(uid) {
      return (await vault.findByUid(SESSION, uid, now()))?.payload as AdapterPayload | undefined
    },
    async destroy(id) {
      const { request, came } = cameNow()
      // It has another name already, under which it is about to be kept; both are one write.
      if (came?.id === id && request?.oidc.session?.jti !== id) return
      await vault.remove(SESSION, id)
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
  const { request, came } = cameNow()
  if (request === undefined || accountId === undefined) return
  const isIn =
    came === undefined
      ? await isStanding(accountId, request, needs)
      : (await needs.vault.ownerOf(SESSION, String(came.payload.uid), needs.now())) === accountId
  if (!isIn) throw new errors.LoginRequired('the session has ended meanwhile')
}

/** Whether who has signed in on the way of this request, and has no session yet, could still do so with the same password. */
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
function isAsGood(came: Came, wanted: Came): boolean {
  const textOf = ({ exp: _, ...rest }: Payload) => JSON.stringify(rest)
  const isLonger = wanted.expiresAt - came.expiresAt >= COARSE
  return came.id === wanted.id && !isLonger && textOf(came.payload) === textOf(wanted.payload)
}

/** The browser may have a newer one by now, from another tab. */
function withoutSessionCookie(request: KoaContextWithOIDC): void {
  const name = (request.oidc.provider as unknown as { cookieName(kind: string): string }).cookieName('session')
  const all = [request.response.headers['set-cookie'] ?? []].flat().map(String)
  const others = all.filter((cookie) => !cookie.startsWith(`${name}=`) && !cookie.startsWith(`${name}.sig=`))
  if (others.length === 0) request.remove('set-cookie')
  else request.set('set-cookie', others)
}
