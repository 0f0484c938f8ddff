import { randomId } from '@portcullis/auth/crypto'
import type { ClientFilter, ClientOrigin, ClientStore } from '@portcullis/auth/store'
import type { ClientMetadata, MetadataRefusal } from '../client-metadata/index.ts'
import { type Documents, isDocumentAddress } from '../documents/index.ts'
import { ClientRefused, type KnownClients } from '../engine/index.ts'
import type { OnIssuerEvent } from '../events.ts'
import type { Grants } from '../grants/index.ts'
import type { Payload } from '../vault/index.ts'
import { draftClient, type NewClient } from './drafts.ts'
import { type ClientView, mayIntrospect, OpenedMetadata, sealMetadata, viewOf } from './records.ts'
import { isSecretOf } from './secrets.ts'

/** How long a client that registered itself is kept before a person lets it in for the first time. */
const UNUSED_SECONDS = 24 * 3600
const MAX_UNUSED = 1000
/** How long it is safe from making way for others, where it is the only one of its network. */
export const SAFE_SECONDS = 600

export interface ClientsNeeds {
  readonly store: ClientStore
  /** 32 bytes that metadata is sealed under. */
  readonly key: Uint8Array
  readonly grants: Pick<Grants, 'endClient'>
  /** Absent: no client may name itself by a URL. */
  readonly documents: Documents | undefined
  readonly onEvent: OnIssuerEvent
  /** Current time, seconds since the epoch. */
  readonly now: () => number
}

/** A client that was created, with its secret, which exists here and nowhere else. */
export interface Created {
  readonly kind: 'created'
  readonly clientId: string
  /** Absent for a public client. */
  readonly secret?: string
}

/**
 * Who may be a client: those that registered themselves, those that the operator made, those that name themselves by a
 * URL. What the operator decides about one counts from the next request on, for all three kinds.
 */
export class Clients implements KnownClients {
  private readonly needs: ClientsNeeds
  private readonly opened: OpenedMetadata

  constructor(needs: ClientsNeeds) {
    this.needs = needs
    this.opened = new OpenedMetadata(needs.key)
  }

  /** @throws {ClientRefused} when it names itself by a URL, and what is there does not count. */
  async find(clientId: string, hasKey = false, peer?: string): Promise<Payload | undefined> {
    const { store, documents, now } = this.needs
    const found = store.find(clientId, now())
    const record = found instanceof Promise ? await found : found
    if (record?.blockedAt !== undefined) throw new ClientRefused('This client is not admitted here.')
    if (isDocumentAddress(clientId)) {
      const isApproved = record?.approvedAt !== undefined
      const isKnown = isApproved || record?.usedAt !== undefined
      return documents?.find(clientId, { isApproved, isKnown, hasKey, peer })
    }
    if (record === undefined || record.origin === 'document') return undefined
    // What a client registered as its scope is a wish: people decide at consent, and may be asked for more later on.
    const { scope: _, ...metadata } = this.opened.of(record)
    return metadata
  }

  async isLive(clientId: string): Promise<boolean> {
    const { store, documents, now } = this.needs
    const record = await store.find(clientId, now())
    if (record?.blockedAt !== undefined) return false
    return isDocumentAddress(clientId) ? documents !== undefined : record !== undefined
  }

  async mayIntrospect(clientId: string): Promise<boolean> {
    const record = await this.needs.store.find(clientId, this.needs.now())
    if (record === undefined || record.origin !== 'created' || record.blockedAt !== undefined) return false
    return mayIntrospect(record, this.opened.of(record))
  }

  isSecret(stored: string, given: string): boolean {
    return isSecretOf(stored, given)
  }

  /** How a client came to be known. */
  async originOf(clientId: string): Promise<ClientOrigin> {
    if (isDocumentAddress(clientId)) return 'document'
    return (await this.needs.store.find(clientId, this.needs.now()))?.origin ?? 'registered'
  }

  /**
   * Keeps a client that registered itself. Where too many wait, one makes way for it.
   * @param network Whose it is: the network with the most makes way first. @returns its metadata with the id it has got (RFC 7591 §3.2.1); undefined
   * while too many wait to be used for the first time, each from a network of its own.
   */
  async register(settled: ClientMetadata, network: string): Promise<ClientMetadata | undefined> {
    const { store, key, now, onEvent } = this.needs
    const clientId = newClientId()
    const metadata = { client_id: clientId, client_id_issued_at: now(), ...settled }
    const name = String(settled.client_name ?? '')
    const record = {
      clientId,
      origin: 'registered',
      name,
      metadata: sealMetadata(key, clientId, metadata),
      network,
      createdAt: now(),
      expiresAt: now() + UNUSED_SECONDS,
    } as const
    if (!(await store.insertRegistered(record, { limit: MAX_UNUSED, safeFor: SAFE_SECONDS }))) return undefined
    onEvent({ type: 'client.registered', actor: 'client', clientId, detail: { name, network } })
    return metadata
  }

  /** Notes that a person let a client in: from then on it is kept. */
  async noteUse(clientId: string, name: string): Promise<void> {
    const { store, now } = this.needs
    if (isDocumentAddress(clientId)) await this.keepDocument(clientId, name)
    await store.noteUse(clientId, now())
  }

  /** Makes a client for the operator. @returns what is wrong with its redirect URIs, or the client. */
  async create(wanted: NewClient): Promise<Created | ({ readonly kind: 'refused' } & MetadataRefusal)> {
    const { store, key, now, onEvent } = this.needs
    const clientId = newClientId()
    const draft = draftClient(wanted)
    if (draft.kind === 'refused') return draft
    const metadata = { client_id: clientId, client_id_issued_at: now(), ...draft.metadata }
    const name = String(draft.metadata.client_name ?? '')
    await store.insert({
      clientId,
      origin: 'created',
      name,
      metadata: sealMetadata(key, clientId, metadata),
      createdAt: now(),
      approvedAt: now(),
    })
    const isConfidential = draft.secret !== undefined
    onEvent({ type: 'client.created', actor: 'command', clientId, detail: { name, confidential: isConfidential } })
    return { kind: 'created', clientId, ...(draft.secret === undefined ? {} : { secret: draft.secret }) }
  }

  /** In the order of their ids, a page at a time. Clients with a document are listed once a person has let them in. */
  async list(filter: ClientFilter = {}): Promise<readonly ClientView[]> {
    const { store, key, now } = this.needs
    return (await store.list(filter, now())).map((record) => viewOf(key, record))
  }

  async view(clientId: string): Promise<ClientView | undefined> {
    const { store, key, now } = this.needs
    const record = await store.find(clientId, now())
    return record === undefined ? undefined : viewOf(key, record)
  }

  /** Lets a client in, whatever was decided about it or its host before; it is kept from then on. */
  async approve(clientId: string): Promise<boolean> {
    const { store, now, onEvent } = this.needs
    if (isDocumentAddress(clientId)) await this.keepDocument(clientId, '')
    if (!(await store.setApproved(clientId, now()))) return false
    await store.setBlocked(clientId, undefined)
    onEvent({ type: 'client.approved', actor: 'command', clientId })
    return true
  }

  /** Shuts a client out: what it was granted ends at once, and nothing is issued to it any more. */
  async block(clientId: string): Promise<boolean> {
    const { store, now, onEvent, grants } = this.needs
    if (isDocumentAddress(clientId)) await this.keepDocument(clientId, '')
    // First nothing new, then an end to what there is: in between, nothing can be added.
    if (!(await store.setBlocked(clientId, now()))) return false
    await grants.endClient(clientId, { actor: 'command', reason: 'the client was blocked' })
    onEvent({ type: 'client.blocked', actor: 'command', clientId })
    return true
  }

  /** Forgets a client and ends what it was granted. Of a client with a document, what was decided about it is forgotten. */
  async delete(clientId: string): Promise<boolean> {
    const { store, now, onEvent, grants } = this.needs
    // Shut out first, and forgotten last: who is interrupted in between can do it again.
    if (!(await store.setBlocked(clientId, now()))) return false
    await grants.endClient(clientId, { actor: 'command', reason: 'the client was deleted' })
    await store.remove(clientId)
    onEvent({ type: 'client.deleted', actor: 'command', clientId })
    return true
  }

  private async keepDocument(clientId: string, name: string): Promise<void> {
    const { store, now } = this.needs
    await store.keep({ clientId, origin: 'document', name, metadata: new Uint8Array(), createdAt: now() })
  }
}

/**
 * Random, 124 bits. The dot keeps it apart from the ids of accounts, which have none (requirements AS-86); no character
 * of it is written differently in an `Authorization` header (IT-15), and no URL begins like this (AS-37).
 */
function newClientId(): string {
  return `client.${randomId(24)}`
}
