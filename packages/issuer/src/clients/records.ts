import { openBytes, sealBytes } from '@portcullis/auth/crypto'
import type { ClientOrigin, ClientRecord } from '@portcullis/auth/store'
import type { ClientMetadata } from '../client-metadata/index.ts'

/** A client as the operator sees it. Times are seconds since the epoch. */
export interface ClientView {
  readonly clientId: string
  readonly origin: ClientOrigin
  readonly name: string
  /** Empty for clients with a document: they say it there. */
  readonly redirectUris: readonly string[]
  /** Whether it has to show a secret. */
  readonly isConfidential: boolean
  /** Whether it may ask about access tokens of all clients. */
  readonly mayIntrospect: boolean
  readonly createdAt: number
  /** From where it registered itself. */
  readonly network?: string
  /** The first time a person let it in. */
  readonly usedAt?: number
  readonly approvedAt?: number
  readonly blockedAt?: number
  /** Forgotten then unless it is used. */
  readonly expiresAt?: number
}

/** Ours, beside what RFC 7591 has: only the operator's own clients get it. */
export const INTROSPECTS = 'introspects'

/** Whether a client may ask about access tokens of others: the operator made it, and for that. */
export function mayIntrospect({ origin }: ClientRecord, metadata: Readonly<Record<string, unknown>>): boolean {
  return origin === 'created' && metadata[INTROSPECTS] === true
}

/** Metadata is sealed with AES-256-GCM, bound to its client: a row cannot be given another client's. */
export function sealMetadata(key: Uint8Array, clientId: string, metadata: ClientMetadata): Uint8Array {
  return sealBytes(key, Buffer.from(JSON.stringify(metadata)), clientId)
}

/** @throws when it was sealed with another key, for another client, or changed since. */
export function openMetadata(key: Uint8Array, { clientId, metadata }: ClientRecord): Record<string, unknown> {
  return JSON.parse(Buffer.from(openBytes(key, metadata, clientId)).toString('utf8'))
}

/** How many clients are kept open. */
const MOST = 1000

/** Metadata as it was opened last, for as long as the row holds the same bytes. */
export class OpenedMetadata {
  private readonly key: Uint8Array
  private readonly known = new Map<
    string,
    { readonly sealed: Uint8Array; readonly metadata: Record<string, unknown> }
  >()

  constructor(key: Uint8Array) {
    this.key = key
  }

  /** Not to be written to. @throws as `openMetadata` does. */
  of(record: ClientRecord): Readonly<Record<string, unknown>> {
    const last = this.known.get(record.clientId)
    if (last !== undefined && Buffer.compare(last.sealed, record.metadata) === 0) return last.metadata
    const metadata = openMetadata(this.key, record)
    if (this.known.size >= MOST) this.known.delete(this.known.keys().next().value as string)
    this.known.set(record.clientId, { sealed: record.metadata, metadata })
    return metadata
  }
}

/** What cannot be opened (sealed with another key) has no redirect URIs to show. */
export function viewOf(key: Uint8Array, record: ClientRecord): ClientView {
  const { metadata: _, ...rest } = record
  const metadata = record.origin === 'document' ? {} : tryOpen(key, record)
  return {
    ...rest,
    name: record.name === '' ? hostOf(record) : record.name,
    redirectUris: Array.isArray(metadata.redirect_uris) ? metadata.redirect_uris.map(String) : [],
    isConfidential: 'client_secret' in metadata,
    mayIntrospect: mayIntrospect(record, metadata),
  }
}

/** What stands for a name where something was decided before a document was seen. */
function hostOf({ origin, clientId }: ClientRecord): string {
  return origin === 'document' ? (URL.parse(clientId)?.host ?? '') : ''
}

function tryOpen(key: Uint8Array, record: ClientRecord): Record<string, unknown> {
  try {
    return openMetadata(key, record)
  } catch {
    return {}
  }
}
