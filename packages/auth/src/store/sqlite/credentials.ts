import { storedDigest } from '../../crypto/index.ts'
import type { CredentialKind, CredentialRecord, CredentialStore } from '../credentials.ts'
import { rotationObstacle } from '../memory.ts'
import { durableTransaction, type SqliteDatabase, transaction } from './database.ts'

/** As many changes are kept; who has slept longer reads everything anew. */
const CHANGES_KEPT = 10_000

/** Credentials in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteCredentials(db: SqliteDatabase): CredentialStore {
  const insertion = db.prepare(
    `insert into credentials (id, kind, digest, client_id, server, tenant, name, scopes, tools, notes, delivery,
       created_at, expires_at, revoked_at, replaced_by, last_used_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const selection = db.prepare('select * from credentials where id = ?')
  const noting = db.prepare('insert into credential_changes (id) values (?)')
  const feed = changeFeed(db)

  const note = (...ids: string[]): void => {
    for (const id of ids) noting.run(id)
    db.prepare('delete from credential_changes where seq <= (select max(seq) from credential_changes) - ?').run(
      CHANGES_KEPT,
    )
    feed.wroteHere()
  }
  const insert = (record: CredentialRecord): void => {
    insertion.run(...toRow(record))
  }
  const find = (id: string): CredentialRecord | undefined => {
    const row = selection.get(id)
    return row === undefined ? undefined : toRecord(row)
  }

  return {
    insert: (record) =>
      durableTransaction(db, () => {
        insert(record)
        note(record.id)
      }),
    insertMany: (records) =>
      durableTransaction(db, () => {
        for (const record of records) insert(record)
        // One entry beyond what is kept makes everyone read everything, which is what many new ones amount to.
        db.exec(`delete from credential_changes; insert into credential_changes (id) values ('*')`)
        feed.wroteHere()
      }),
    find,
    list({ server, kind, clientId, after = '', limit = 1000 }) {
      const rows = db
        .prepare(
          `select * from credentials where id > ? and (?2 is null or server = ?2) and (?3 is null or kind = ?3)
             and (?4 is null or client_id = ?4) order by id limit ?5`,
        )
        .all(after, server ?? null, kind ?? null, clientId ?? null, limit)
      return rows.map(toRecord)
    },
    due({ createdBy, expiresBy, after = '', limit = 1000 }) {
      const rows = db
        .prepare(
          `select * from credentials where id in (
             select id from credentials where revoked_at is null and replaced_by is null and created_at <= ?1
             union
             select id from credentials where revoked_at is null and replaced_by is null and expires_at <= ?2
           ) and id > ?3 order by id limit ?4`,
        )
        .all(createdBy, expiresBy, after, limit)
      return rows.map(toRecord)
    },
    count: () => Number(db.prepare('select count(*) as n from credentials').get()?.n),
    revoke: (id, now) =>
      durableTransaction(db, () => {
        const { changes } = db
          .prepare('update credentials set revoked_at = ? where id = ? and revoked_at is null')
          .run(now, id)
        if (Number(changes) === 1) {
          note(id)
          return 'revoked'
        }
        return find(id) === undefined ? 'unknown' : 'already'
      }),
    rotate: (id, successor, endsAt, now) =>
      durableTransaction(db, () => {
        const obstacle = rotationObstacle(find(id), now)
        if (obstacle !== undefined) return obstacle
        insert(successor)
        db.prepare(
          'update credentials set replaced_by = ?, expires_at = min(coalesce(expires_at, ?2), ?2) where id = ?3',
        ).run(successor.id, endsAt, id)
        note(id, successor.id)
        return 'rotated'
      }),
    undoRotation: (id, expiresAt, now) =>
      durableTransaction(db, () => {
        const successor = find(id)?.replacedBy
        if (successor === undefined) return
        db.prepare('update credentials set revoked_at = ? where id = ? and revoked_at is null').run(now, successor)
        db.prepare('update credentials set replaced_by = null, expires_at = ? where id = ?').run(expiresAt ?? null, id)
        note(id, successor)
      }),
    touch(uses) {
      const update = db.prepare('update credentials set last_used_at = ? where id = ?')
      transaction(db, () => {
        for (const [id, at] of uses) update.run(at, id)
      })
    },
    changes: () => feed.read(),
    claim: (id, mark, now) =>
      Number(
        db
          .prepare('insert into credential_claims (id, mark, at) values (?, ?, ?) on conflict do nothing')
          .run(id, mark, now).changes,
      ) === 1,
    release(id, mark) {
      db.prepare('delete from credential_claims where id = ? and mark = ?').run(id, mark)
    },
  }
}

/** How often a connection has written changes, whichever store object did so. */
const writesByConnection = new WeakMap<SqliteDatabase, { count: number }>()

/**
 * What anyone wrote since the last look. `data_version` moves only when another connection commits (2.8 µs to ask),
 * so what our own connection writes is counted here.
 */
function changeFeed(db: SqliteDatabase): { read(): readonly string[] | 'everything'; wroteHere(): void } {
  const version = db.prepare('pragma data_version')
  const newest = db.prepare('select seq, id from credential_changes order by seq desc limit 1')
  const since = db.prepare('select seq, id from credential_changes where seq >= ? order by seq')
  const writes = writesByConnection.get(db) ?? { count: 0 }
  writesByConnection.set(db, writes)
  let seenVersion: unknown
  let seenWrites = -1
  let seen: { readonly seq: number; readonly id: unknown } | undefined

  return {
    wroteHere() {
      writes.count++
    },
    read() {
      const current = version.get()?.data_version
      const { count } = writes
      if (current === seenVersion && count === seenWrites) return NOTHING
      // Versions are remembered only after the rows were read: a failure in between must be noticed again.
      const { seq = 0, id } = seen ?? {}
      const known = seen === undefined ? [] : since.all(seq)
      const first = Number(known[0]?.seq ?? 1)
      // Where the last change that was seen is another one now, or none, a backup was put back: its numbers begin again
      // lower, and what is written then would seem to have been seen.
      const isContinued = seen !== undefined && (first === seq + 1 || (first === seq && known[0]?.id === id))
      const rows = first === seq ? known.slice(1) : known
      const latest = isContinued ? known.at(-1) : newest.get()
      seen = { seq: Number(latest?.seq ?? 0), id: latest?.id }
      seenVersion = current
      seenWrites = count
      if (!isContinued || rows.some(({ id }) => id === '*')) return 'everything'
      return rows.map(({ id }) => id as string)
    },
  }
}

const NOTHING: readonly string[] = []

function toRow(record: CredentialRecord) {
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

function toRecord(row: Record<string, unknown>): CredentialRecord {
  const optional = {
    tenant: row.tenant,
    scopes: row.scopes === null ? null : JSON.parse(row.scopes as string),
    tools: row.tools === null ? null : JSON.parse(row.tools as string),
    notes: row.notes,
    delivery: row.delivery,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    replacedBy: row.replaced_by,
    lastUsedAt: row.last_used_at,
  }
  return {
    id: row.id as string,
    kind: row.kind as CredentialKind,
    digest: storedDigest(row.digest as Uint8Array),
    clientId: row.client_id as string,
    server: row.server as string,
    name: row.name as string,
    createdAt: row.created_at as number,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  }
}
