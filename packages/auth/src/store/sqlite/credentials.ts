import type { CredentialRecord, CredentialStore } from '../credentials.ts'
import { replacementObstacle, rotationObstacle } from '../memory.ts'
import { readPage, toRecord, toRow } from './credential-rows.ts'
import { durableTransaction, type SqliteDatabase, transaction } from './database.ts'

/** As many changes are kept; who has slept longer reads everything anew. */
const CHANGES_KEPT = 10_000

/**
 * Credentials in SQLite. The database must have been prepared; the caller closes it.
 * @param onUnreadable Told the id of each record that a list leaves out because it cannot be read.
 */
export function sqliteCredentials(db: SqliteDatabase, onUnreadable: (id: string) => void = () => {}): CredentialStore {
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
  const end = (id: string, successorId: string, endsAt: number): void => {
    db.prepare(
      'update credentials set replaced_by = ?, expires_at = min(coalesce(expires_at, ?2), ?2) where id = ?3',
    ).run(successorId, endsAt, id)
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
    list({ after = '', limit = 1000, ...filter }) {
      // Only what is asked for stands in the statement, so that an index on it can be used.
      const asked = COLUMNS.filter((column) => filter[column.member] !== undefined)
      const conditions = asked.map(({ name }) => `and ${name} = ?`).join(' ')
      const page = db.prepare(`select * from credentials where id > ? ${conditions} order by id limit ?`)
      const values = asked.map(({ member }) => filter[member] as string)
      return readPage((behind, count) => page.all(behind, ...values, count), after, limit, onUnreadable)
    },
    due({ createdBy, expiresBy, after = '', limit = 1000 }) {
      // "union all": without it each half would be read in the order of ids, all keys there are instead of those due.
      const page = db.prepare(
        `select * from credentials where id in (
             select id from credentials where revoked_at is null and replaced_by is null and created_at <= ?1
             union all
             select id from credentials where revoked_at is null and replaced_by is null and expires_at <= ?2
           ) and id > ?3 order by id limit ?4`,
      )
      return readPage((behind, count) => page.all(createdBy, expiresBy, behind, count), after, limit, onUnreadable)
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
        end(id, successor.id, endsAt)
        note(id, successor.id)
        return 'rotated'
      }),
    replace: (id, successorId, endsAt, now) =>
      durableTransaction(db, () => {
        const obstacle = replacementObstacle(find(id), find(successorId), now)
        if (obstacle !== undefined) return obstacle
        end(id, successorId, endsAt)
        note(id)
        return 'rotated'
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

/** What lists can be narrowed by. */
const COLUMNS = [
  { member: 'server', name: 'server' },
  { member: 'kind', name: 'kind' },
  { member: 'clientId', name: 'client_id' },
  { member: 'delivery', name: 'delivery' },
] as const
