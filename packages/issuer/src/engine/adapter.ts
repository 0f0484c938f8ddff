import type { RevocationStore } from '@portcullis/auth/store'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Kept, Payload, Vault } from '../vault/index.ts'
import type { KnownClients } from './options.ts'

export interface AdapterNeeds {
  readonly vault: Vault
  readonly revocations: RevocationStore
  readonly clients: KnownClients
  /** How long an access token may live, in seconds: for as long an ended grant must be remembered. */
  readonly accessTokenSeconds: number
  readonly now: () => number
}

/** Ids that may be seen once: the engine looks first and writes then, so the write itself has to tell (trap in §5). */
const SINGLE_USE = 'ReplayDetection'
/** What the engine gives no end has a far one, in seconds. */
const FOREVER = 10 * 365 * 86_400
/** Whose own id the others stand on. */
const GRANT = 'Grant'

/** Lets the engine keep what it makes, with single use that holds across processes. One adapter per kind of thing. */
export function adapterFor(model: string, needs: AdapterNeeds): Adapter {
  if (model === 'Client') return clientAdapter(needs.clients)
  const { vault, now } = needs
  return {
    async upsert(id, payload, expiresIn) {
      const { consumed: _, ...kept } = payload
      const { accountId, clientId, uid } = payload
      const grantId = model === GRANT ? id : payload.grantId
      const marks = { grantId, uid, accountId, clientId, expiresAt: now() + (expiresIn ?? FOREVER) }
      if (model !== SINGLE_USE) return vault.put(model, id, kept as Payload, marks)
      if (!(await vault.putOnce(model, id, kept as Payload, marks))) {
        throw new errors.InvalidClient('the assertion was used before')
      }
    },
    async find(id) {
      return toPayload(await vault.find(model, id, now()))
    },
    async findByUid(uid) {
      return toPayload(await vault.findByUid(model, uid, now()))
    },
    findByUserCode: async () => undefined,
    async consume(id) {
      if ((await vault.spend(model, id, now())) !== 'spent') throw new errors.InvalidGrant('it was used before')
    },
    destroy: async (id) => (model === GRANT ? endGrant(id, needs) : vault.remove(model, id)),
    revokeByGrantId: (grantId) => endGrant(grantId, needs),
  }
}

/** Called once for each kind of thing that stands on a grant; the first call ends them all. */
async function endGrant(grantId: string, { vault, revocations, accessTokenSeconds, now }: AdapterNeeds): Promise<void> {
  if ((await vault.find(GRANT, grantId, now())) === undefined) return
  const at = now()
  // First what guards look at: if the rest fails, the grant is still there to be ended again.
  await revocations.revoke([{ kind: 'grant', id: grantId, at, expiresAt: at + accessTokenSeconds }])
  await vault.store.removeByGrant(grantId)
}

function toPayload(kept: Kept | undefined): AdapterPayload | undefined {
  if (kept === undefined) return undefined
  const { payload, consumedAt } = kept
  return { ...payload, ...(consumedAt === undefined ? {} : { consumed: consumedAt }) } as AdapterPayload
}

function clientAdapter(clients: KnownClients): Adapter {
  const none = async (): Promise<undefined> => undefined
  return {
    upsert: (_, payload) => clients.register(payload as Payload),
    find: async (id) => (await clients.find(id)) as AdapterPayload | undefined,
    destroy: (id) => clients.remove(id),
    findByUid: none,
    findByUserCode: none,
    consume: none,
    revokeByGrantId: none,
  }
}
