import { durableTransaction, type SqliteDatabase } from '../sqlite/database.ts'
import type { RevocationEntry, RevocationKind, RevocationStore } from './revocations.ts'

const NOTHING: readonly RevocationEntry[] = []

/** Ended access tokens in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteRevocations(db: SqliteDatabase): RevocationStore {
  const version = db.prepare('pragma data_version')
  const since = db.prepare('select * from revocations where seq > ? and expires_at > ? order by seq')
  const ending = db.prepare(
    'select 1 from revocations where id = ? and kind = ? and at >= ? and expires_at > ? limit 1',
  )
  let seenVersion: unknown
  let seenSeq = 0
  let hasWritten = true
  return {
    revoke(entries) {
      durableTransaction(db, () => {
        const insertion = db.prepare('insert into revocations (kind, id, at, expires_at) values (?, ?, ?, ?)')
        for (const { kind, id, at, expiresAt } of entries) insertion.run(kind, id, at, expiresAt)
      })
      // What our own connection writes does not move its `data_version`.
      hasWritten = true
    },
    news(now) {
      const current = version.get()?.data_version
      if (current === seenVersion && !hasWritten) return NOTHING
      const rows = since.all(seenSeq, now)
      seenSeq = Number(rows.at(-1)?.seq ?? seenSeq)
      seenVersion = current
      hasWritten = false
      return rows.length === 0 ? NOTHING : rows.map(toEntry)
    },
    isEnded: (subjects, issuedAt, now) =>
      subjects.some(({ kind, id }) => ending.get(id, kind, issuedAt, now) !== undefined),
    prune: (now) => Number(db.prepare('delete from revocations where expires_at <= ?').run(now).changes),
  }
}

function toEntry(row: Record<string, unknown>): RevocationEntry {
  return {
    kind: row.kind as RevocationKind,
    id: row.id as string,
    at: row.at as number,
    expiresAt: row.expires_at as number,
  }
}
