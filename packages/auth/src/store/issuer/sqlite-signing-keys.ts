import { durableTransaction, type SqliteDatabase } from '../sqlite/database.ts'
import type { SigningKeyRecord, SigningKeyStore } from './signing-keys.ts'

/** Signing keys in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteSigningKeys(db: SqliteDatabase): SigningKeyStore {
  const insertion = 'insert into signing_keys (kid, algorithm, sealed, created_at, active_at, retired_at)'
  const version = db.prepare(
    `select coalesce(group_concat(kid || ' ' || coalesce(retired_at, '')), '') as version from signing_keys`,
  )
  return {
    insertFirst: (key) =>
      durableTransaction(
        db,
        () =>
          Number(
            db
              .prepare(`${insertion} select ?, ?, ?, ?, ?, ? where not exists (select 1 from signing_keys)`)
              .run(...toRow(key)).changes,
          ) === 1,
      ),
    insertAfter: (newest, key) =>
      durableTransaction(
        db,
        () =>
          Number(
            db
              .prepare(
                `${insertion} select ?, ?, ?, ?, ?, ? where ? =
                   (select kid from signing_keys order by active_at desc, kid desc limit 1)`,
              )
              .run(...toRow(key), newest).changes,
          ) === 1,
      ),
    list: (now) =>
      db
        .prepare('select * from signing_keys where retired_at is null or retired_at > ? order by active_at, kid')
        .all(now)
        .map(toKey),
    retire: (kid, at) =>
      durableTransaction(
        db,
        () =>
          Number(
            db
              .prepare('update signing_keys set retired_at = ?1 where kid = ?2 and coalesce(retired_at, ?1 + 1) > ?1')
              .run(at, kid).changes,
          ) === 1,
      ),
    prune: (now) => Number(db.prepare('delete from signing_keys where retired_at <= ?').run(now).changes),
    version: () => version.get()?.version as string,
  }
}

function toRow({ kid, algorithm, sealed, createdAt, activeAt, retiredAt }: SigningKeyRecord) {
  return [kid, algorithm, sealed, createdAt, activeAt, retiredAt ?? null] as const
}

function toKey(row: Record<string, unknown>): SigningKeyRecord {
  return {
    kid: row.kid as string,
    algorithm: row.algorithm as string,
    sealed: row.sealed as Uint8Array,
    createdAt: row.created_at as number,
    activeAt: row.active_at as number,
    ...(row.retired_at === null ? {} : { retiredAt: row.retired_at as number }),
  }
}
