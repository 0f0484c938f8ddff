import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Kept, Payload } from '../vault/index.ts'
import { type PutNeeds, putOnGrant } from './grants.ts'
import type { KnownClients } from './options.ts'
import { currentRedemption, type Redemption } from './redemption.ts'
import { ClientRefused } from './refused.ts'
import { assertSignedIn, type SessionAdapterNeeds, sessionAdapter } from './session-adapter.ts'

export interface AdapterNeeds extends SessionAdapterNeeds, PutNeeds {
  readonly clients: KnownClients
}

/** Ids that may be seen once: the engine looks first and writes then, so the write itself has to tell (trap in §5). */
const SINGLE_USE = 'ReplayDetection'
/** What the engine gives no end has a far one, in seconds. */
const FOREVER = 10 * 365 * 86_400
/** What waits for a person. Anybody can have one made, so of those that nobody has signed in to some make way. */
const INTERACTION = 'Interaction'
const MOST_UNCLAIMED = 10_000
/** What a client gets for a person who is here. */
const CODE = 'AuthorizationCode'
/** Whose own id the others stand on. */
const GRANT = 'Grant'

/** Lets the engine keep what it makes, with single use that holds across processes. One adapter per kind of thing. */
export function adapterFor(model: string, needs: AdapterNeeds): Adapter {
  if (model === 'Client') return clientAdapter(needs.clients)
  if (model === 'Session') return sessionAdapter(needs)
  const { vault, grants, now } = needs
  return {
    async upsert(id, payload, expiresIn) {
      const { consumed: _, ...kept } = payload
      const { clientId, session } = payload
      // An interaction goes with the browser's session: what spares that spares what it is asked.
      const uid = model === INTERACTION ? session?.uid : payload.uid
      const accountId = payload.accountId ?? accountOf(payload)
      const grantId = model === GRANT ? id : payload.grantId
      const marks = { grantId, uid, accountId, clientId, expiresAt: now() + (expiresIn ?? FOREVER) }
      const redemption = currentRedemption()
      if (redemption?.spent !== undefined) {
        redemption.entries.push({ model, id, payload: kept as Payload, marks })
        return
      }
      if (model === INTERACTION && accountId === undefined)
        return vault.putUnclaimed(model, id, kept as Payload, marks, MOST_UNCLAIMED)
      if (model === CODE) {
        await assertSignedIn(accountId, needs)
        return putOnGrant({ grantId, put: () => vault.put(model, id, kept as Payload, marks) }, needs)
      }
      if (model !== SINGLE_USE) return vault.put(model, id, kept as Payload, marks)
      if (!(await vault.putOnce(model, id, kept as Payload, marks))) {
        throw new errors.InvalidClientAuth('the assertion was used before')
      }
    },
    async find(id) {
      const found = await vault.find(model, id, now())
      const kept = found?.isForgotten ? { ...found, payload: remainsOf(model, id, found) } : found
      const redemption = currentRedemption()
      if (kept?.consumedAt === undefined || redemption === undefined) return toPayload(kept)
      if (isLate(model, kept.consumedAt, redemption, now())) {
        redemption.isLate = true
        return toPayload({ ...kept, consumedAt: undefined })
      }
      redemption.replayed = { model, grantId: kept.grantId }
      return toPayload(kept)
    },
    async findByUid(uid) {
      return toPayload(await vault.findByUid(model, uid, now()))
    },
    findByUserCode: async () => undefined,
    async consume(id) {
      const redemption = currentRedemption()
      if (redemption === undefined) {
        if ((await vault.spend(model, id, now())) !== 'spent') throw new errors.InvalidGrant('it was used before')
        return
      }
      if (redemption.isLate) {
        redemption.isRepeatable = true
        throw new errors.InvalidGrant('it was used a moment ago')
      }
      redemption.spent = { model, id }
    },
    async destroy(id) {
      if (model === GRANT) return endGrant(id, grants)
      const isOurs = await vault.remove(model, id)
      // What a person has said counts once: the engine goes on from here, and of several requests one may.
      if (model === INTERACTION && !isOurs) throw new errors.SessionNotFound('the interaction has ended')
    },
    revokeByGrantId: (grantId) => endGrant(grantId, grants),
  }
}

/** Whose an interaction is: who was signed in when it began, or has signed in since. */
function accountOf({ session, result }: AdapterPayload): string | undefined {
  return session?.accountId ?? result?.login?.accountId
}

/** Requests of one client that were under way together, or a retry of one whose answer was lost. */
function isLate(model: string, consumedAt: number, { graceSeconds }: Redemption, now: number): boolean {
  return model === 'RefreshToken' && graceSeconds > 0 && now - consumedAt <= graceSeconds
}

/** Called once for each kind of thing that stands on a grant. */
async function endGrant(grantId: string, grants: AdapterNeeds['grants']): Promise<void> {
  const redemption = currentRedemption()
  if (redemption !== undefined) redemption.hasEnded = true
  const model = redemption?.replayed?.model
  const reason = model === undefined ? {} : { reason: `a spent ${WORDS[model] ?? 'token'} came back` }
  await grants.revoke(grantId, { actor: 'client', ...reason })
}

const WORDS: Readonly<Record<string, string>> = { RefreshToken: 'refresh token', AuthorizationCode: 'code' }

function toPayload(kept: (Omit<Kept, 'consumedAt'> & { readonly consumedAt?: number | undefined }) | undefined) {
  if (kept === undefined) return undefined
  const { payload, consumedAt } = kept
  return { ...payload, ...(consumedAt === undefined ? {} : { consumed: consumedAt }) } as AdapterPayload
}

/**
 * A spent token of which nothing else is left, as the engine has to see it to know it for one: also where scope is asked
 * for, which it compares with the token's before it looks at that.
 */
function remainsOf(model: string, jti: string, { clientId, accountId, grantId, consumedAt, expiresAt }: Kept): Payload {
  const scope = Provider.ctx?.oidc.params?.scope
  return { jti, kind: model, iat: consumedAt, exp: expiresAt, clientId, accountId, grantId, scope }
}

const AUTHENTICATING = ['token', 'revocation', 'introspection']

/** What is worth trying again must not look like an end: clients forget themselves over `invalid_client`. */
function toEngineError(error: unknown): never {
  if (!(error instanceof ClientRefused)) throw error
  if (!error.isPassing) {
    // 401 where clients authenticate (RFC 6749 §5.2), and no such thing on a page.
    const status = AUTHENTICATING.includes(Provider.ctx?.oidc.route ?? '') ? 401 : 400
    throw Object.assign(new errors.InvalidClient(error.message), { status, statusCode: status })
  }
  const passing = new errors.CustomOIDCProviderError('temporarily_unavailable', error.message)
  throw Object.assign(passing, { status: 503, statusCode: 503, expose: true })
}

function clientAdapter(clients: KnownClients): Adapter {
  const none = async (): Promise<undefined> => undefined
  return {
    // The engine registers nobody: clients come to be known elsewhere.
    upsert: none,
    destroy: none,
    async find(id) {
      const hasKey = Provider.ctx?.oidc.params?.client_assertion !== undefined
      const peer = Provider.ctx?.req.socket.remoteAddress
      const found = await clients.find(id, hasKey, peer).catch(toEngineError)
      if (found === undefined) return undefined
      // Stored with the algorithm of that day, which the keys of today need not have.
      const { id_token_signed_response_alg: _, ...metadata } = found
      return metadata as AdapterPayload
    },
    findByUid: none,
    findByUserCode: none,
    consume: none,
    revokeByGrantId: none,
  }
}
