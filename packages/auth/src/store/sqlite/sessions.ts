import type { SessionRecord, SessionStore } from '../sessions.ts'
import { type SqliteDatabase, transaction } from './database.ts'

/** Legacy sessions in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteSessions(db: SqliteDatabase): SessionStore {
  const insertion = db.prepare(
    `insert or replace into sessions (id_hash, server, principal_key, upstream_session, last_seen_at)
     values (?, ?, ?, ?, ?)`,
  )
  const selection = db.prepare('select * from sessions where id_hash = ?')
  return {
    put({ idHash, server, principalKey, upstreamSession, lastSeenAt }) {
      insertion.run(idHash, server, principalKey, upstreamSession ?? null, lastSeenAt)
    },
    find(idHash) {
      const row = selection.get(idHash)
      return row === undefined ? undefined : toSession(row)
    },
    remove(idHash) {
      db.prepare('delete from sessions where id_hash = ?').run(idHash)
    },
    touch(seen) {
      const update = db.prepare('update sessions set last_seen_at = ? where id_hash = ?')
      transaction(db, () => {
        for (const [idHash, at] of seen) update.run(at, idHash)
      })
    },
    prune: (before) => Number(db.prepare('delete from sessions where last_seen_at < ?').run(before).changes),
    count: () => Number(db.prepare('select count(*) as n from sessions').get()?.n),
  }
}

function toSession(row: Record<string, unknown>): SessionRecord {
  return {
    idHash: row.id_hash as string,
    server: row.server as string,
    principalKey: row.principal_key as string,
    lastSeenAt: row.last_seen_at as number,
    ...(row.upstream_session === null ? {} : { upstreamSession: row.upstream_session as Uint8Array }),
  }
}
