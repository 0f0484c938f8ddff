import { durableTransaction, type SqliteDatabase, transaction } from '../sqlite/database.ts'
import type { ClientOrigin, ClientRecord, ClientStore } from './clients.ts'
import { waitingClients } from './sqlite-waiting.ts'

/** Clients in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteClients(db: SqliteDatabase): ClientStore {
  const insertion = `insert into clients
    (client_id, origin, name, metadata, created_at, network, used_at, approved_at, blocked_at, expires_at)`
  const live = '(used_at is not null or expires_at is null or expires_at > ?)'
  const selection = db.prepare(`select * from clients where client_id = ? and ${live}`)
  const use = db.prepare('update clients set used_at = ?1, expires_at = null where client_id = ?2 and used_at is null')
  const inserting = db.prepare(`${insertion} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const waiting = waitingClients(db)
  const changed = (sql: string, ...values: (string | number | null)[]): boolean =>
    durableTransaction(db, () => Number(db.prepare(sql).run(...values).changes) === 1)
  return {
    insert(client) {
      inserting.run(...toRow(client))
    },
    keep(client) {
      db.prepare(`${insertion} values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`).run(...toRow(client))
    },
    insertRegistered: (client, room) =>
      transaction(db, () => {
        if (!waiting.hasRoomFor(client, room)) return false
        inserting.run(...toRow(client))
        return true
      }),
    find: (clientId, now) => read(selection.get(clientId, now)),
    list({ origin, after = '', limit = 1000 }, now) {
      const narrowed = origin === undefined ? '' : 'and origin = ?'
      const page = db.prepare(
        `select * from clients where client_id > ? and ${live} ${narrowed} order by client_id limit ?`,
      )
      return page.all(after, now, ...(origin === undefined ? [] : [origin]), limit).map(toClient)
    },
    noteUse(clientId, at) {
      use.run(at, clientId)
    },
    setBlocked: (clientId, at) =>
      changed('update clients set blocked_at = ? where client_id = ?', at ?? null, clientId),
    setApproved: (clientId, at) =>
      changed('update clients set approved_at = ?, expires_at = null where client_id = ?', at ?? null, clientId),
    remove: (clientId) => changed('delete from clients where client_id = ?', clientId),
    prune: (now) =>
      Number(db.prepare('delete from clients where used_at is null and expires_at <= ?').run(now).changes),
  }
}

function toRow(client: ClientRecord) {
  const { clientId, origin, name, metadata, createdAt, network, usedAt, approvedAt, blockedAt, expiresAt } = client
  return [
    clientId,
    origin,
    name,
    metadata,
    createdAt,
    network ?? null,
    usedAt ?? null,
    approvedAt ?? null,
    blockedAt ?? null,
    expiresAt ?? null,
  ] as const
}

function read(row: Record<string, unknown> | undefined): ClientRecord | undefined {
  return row === undefined ? undefined : toClient(row)
}

function toClient(row: Record<string, unknown>): ClientRecord {
  return {
    clientId: row.client_id as string,
    origin: row.origin as ClientOrigin,
    name: row.name as string,
    metadata: row.metadata as Uint8Array,
    createdAt: row.created_at as number,
    ...(row.network === null ? {} : { network: row.network as string }),
    ...(row.used_at === null ? {} : { usedAt: row.used_at as number }),
    ...(row.approved_at === null ? {} : { approvedAt: row.approved_at as number }),
    ...(row.blocked_at === null ? {} : { blockedAt: row.blocked_at as number }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at as number }),
  }
}
