import { openBytes, sealBytes } from '@portcullis/auth/crypto'
import type { ClientStore } from '@portcullis/auth/store'
import type { KnownClients } from '../engine/index.ts'
import { deriveKey, type Payload } from '../vault/index.ts'

const UNUSED_SECONDS = 24 * 3600
const MAX_UNUSED = 1000

/** Clients that registered themselves or that the operator made: their metadata, sealed. */
export class Clients implements KnownClients {
  readonly store: ClientStore
  private readonly key: Uint8Array
  private readonly now: () => number

  constructor(store: ClientStore, sealingKey: Uint8Array, now: () => number) {
    this.store = store
    this.key = deriveKey(sealingKey, 'clients')
    this.now = now
  }

  async find(clientId: string): Promise<Payload | undefined> {
    const record = await this.store.find(clientId, this.now())
    if (record === undefined || record.blockedAt !== undefined || record.origin === 'document') return undefined
    return JSON.parse(Buffer.from(openBytes(this.key, record.metadata, clientId)).toString('utf8'))
  }

  async register(metadata: Payload): Promise<void> {
    const clientId = String(metadata.client_id)
    const record = {
      clientId,
      origin: 'registered',
      name: String(metadata.client_name ?? ''),
      metadata: sealBytes(this.key, Buffer.from(JSON.stringify(metadata)), clientId),
      createdAt: this.now(),
      expiresAt: this.now() + UNUSED_SECONDS,
    } as const
    if (!(await this.store.insertRegistered(record, MAX_UNUSED))) throw new Error('too many clients wait to be used')
  }

  async remove(clientId: string): Promise<void> {
    await this.store.remove(clientId)
  }
}
