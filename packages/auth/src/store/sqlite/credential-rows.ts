import { type Digest, storedDigest } from '../../crypto/index.ts'
import { PUBLIC_ID_LENGTH } from '../../protocol/index.ts'
import type { CredentialKind, CredentialRecord } from '../credentials.ts'

type Row = Record<string, unknown>

export function toRow(record: CredentialRecord) {
  return [
    record.id,
    record.kind,
    record.digest,
    record.clientId,
    record.server,
    record.tenant ?? null,
    record.name,
    record.scopes === undefined ? null : JSON.stringify(record.scopes),
    record.tools === undefined ? null : JSON.stringify(record.tools),
    record.notes ?? null,
    record.delivery ?? null,
    record.createdAt,
    record.expiresAt ?? null,
    record.revokedAt ?? null,
    record.replacedBy ?? null,
    record.lastUsedAt ?? null,
  ] as const
}

/**
 * A row as the record that was stored. What cannot have been stored is not half believed: a list that is none would
 * open everything.
 * @throws {TypeError} that names the row and its column.
 */
export function toRecord(row: Row): CredentialRecord {
  const optional = {
    tenant: row.tenant,
    scopes: namesIn(row, 'scopes'),
    tools: namesIn(row, 'tools'),
    notes: row.notes,
    delivery: row.delivery,
    expiresAt: timeIn(row, 'expires_at'),
    revokedAt: timeIn(row, 'revoked_at'),
    replacedBy: row.replaced_by,
    lastUsedAt: timeIn(row, 'last_used_at'),
  }
  return {
    id: publicIdIn(row, 'id'),
    kind: kindIn(row),
    digest: digestIn(row),
    clientId: publicIdIn(row, 'client_id'),
    server: row.server as string,
    name: row.name as string,
    createdAt: timeIn(row, 'created_at') as number,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  }
}

/**
 * One page of records, in the order of their ids. Rows that cannot be read are left out and made up for: a page that is
 * shorter than its limit is the last one.
 * @param select As many rows as it is told, behind an id.
 */
export function readPage(
  select: (behind: string, count: number) => Row[],
  after: string,
  limit: number,
  onUnreadable: (id: string) => void,
): CredentialRecord[] {
  const records: CredentialRecord[] = []
  for (let behind = after; ; ) {
    const count = limit - records.length
    const rows = select(behind, count)
    for (const row of rows) {
      try {
        records.push(toRecord(row))
      } catch {
        onUnreadable(String(row.id))
      }
    }
    if (rows.length < count || records.length === limit) return records
    behind = rows[rows.length - 1]?.id as string
  }
}

const PUBLIC_ID = new RegExp(`^[!-~]{${PUBLIC_ID_LENGTH}}$`)
const KINDS: Readonly<Record<CredentialKind, true>> = { 'api-key': true, probe: true, 'secret-url': true }

function publicIdIn(row: Row, column: 'id' | 'client_id'): string {
  const text = row[column]
  if (typeof text !== 'string' || !PUBLIC_ID.test(text)) throw unreadable(row, column)
  return text
}

function digestIn(row: Row): Digest {
  const { digest } = row
  if (!(digest instanceof Uint8Array) || digest.length !== 32) throw unreadable(row, 'digest')
  return storedDigest(digest)
}

function kindIn(row: Row): CredentialKind {
  if (!Object.hasOwn(KINDS, String(row.kind))) throw unreadable(row, 'kind')
  return row.kind as CredentialKind
}

function timeIn(row: Row, column: string): number | null {
  const time = row[column]
  if (time !== null && typeof time !== 'number') throw unreadable(row, column)
  return time
}

function namesIn(row: Row, column: 'scopes' | 'tools'): readonly string[] | null {
  if (row[column] === null) return null
  const names = parsed(row[column])
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) throw unreadable(row, column)
  return names
}

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(text as string)
  } catch {
    return undefined
  }
}

function unreadable({ id }: Row, column: string): TypeError {
  return new TypeError(`the credential ${JSON.stringify(id)} cannot be read: its ${column} is damaged`)
}
