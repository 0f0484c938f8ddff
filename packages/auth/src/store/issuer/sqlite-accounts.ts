import { durableTransaction, type SqliteDatabase } from '../sqlite/database.ts'
import type { AccountRecord, AccountStore, LinkKind, LinkRecord } from './accounts.ts'

/** Accounts and one-time links in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteAccounts(db: SqliteDatabase): AccountStore {
  const insertion = `insert into accounts (id, name, password, is_admin, created_at, disabled_at, last_sign_in_at)`
  const changed = (sql: string, ...values: (string | number | null)[]): boolean =>
    durableTransaction(db, () => Number(db.prepare(sql).run(...values).changes) === 1)
  const selection = db.prepare('select * from accounts where id = ?')
  return {
    insert: (account) => changed(`${insertion} values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`, ...toRow(account)),
    insertFirst: (account) =>
      changed(`${insertion} select ?, ?, ?, ?, ?, ?, ? where not exists (select 1 from accounts)`, ...toRow(account)),
    find: (id) => read(selection.get(id)),
    findByName: (name) => read(db.prepare('select * from accounts where name = ?').get(name)),
    list: () => db.prepare('select * from accounts order by name').all().map(toAccount),
    count: () => Number(db.prepare('select count(*) as n from accounts').get()?.n),
    setPassword: (id, password) => changed('update accounts set password = ? where id = ?', password, id),
    changePassword: (id, password, former) =>
      changed(
        'update accounts set password = ? where id = ? and password is ? and disabled_at is null',
        ...[password, id, former ?? null],
      ),
    setDisabled: (id, at) => changed('update accounts set disabled_at = ? where id = ?', at ?? null, id),
    noteSignIn(id, at) {
      db.prepare('update accounts set last_sign_in_at = ? where id = ?').run(at, id)
    },
    putLink({ tokenHash, kind, accountId, expiresAt }) {
      durableTransaction(db, () => {
        db.prepare('delete from account_links where kind = ? and account_id is ?').run(kind, accountId ?? null)
        db.prepare('insert into account_links (token_hash, kind, account_id, expires_at) values (?, ?, ?, ?)').run(
          tokenHash,
          kind,
          accountId ?? null,
          expiresAt,
        )
      })
    },
    findLink: (tokenHash, now) =>
      readLink(db.prepare('select * from account_links where token_hash = ? and expires_at > ?').get(tokenHash, now)),
    takeLink: (tokenHash, now) =>
      durableTransaction(db, () =>
        readLink(
          db
            .prepare('delete from account_links where token_hash = ? and expires_at > ? returning *')
            .get(tokenHash, now),
        ),
      ),
    pruneLinks: (now) => Number(db.prepare('delete from account_links where expires_at <= ?').run(now).changes),
    removeLinks(kind) {
      db.prepare('delete from account_links where kind = ?').run(kind)
    },
    removeLinksOf(accountId) {
      db.prepare('delete from account_links where account_id = ?').run(accountId)
    },
  }
}

function toRow({ id, name, password, isAdmin, createdAt, disabledAt, lastSignInAt }: AccountRecord) {
  return [id, name, password ?? null, isAdmin ? 1 : 0, createdAt, disabledAt ?? null, lastSignInAt ?? null] as const
}

function read(row: Record<string, unknown> | undefined): AccountRecord | undefined {
  return row === undefined ? undefined : toAccount(row)
}

function toAccount(row: Record<string, unknown>): AccountRecord {
  return {
    id: row.id as string,
    name: row.name as string,
    isAdmin: row.is_admin === 1,
    createdAt: row.created_at as number,
    ...(row.password === null ? {} : { password: row.password as string }),
    ...(row.disabled_at === null ? {} : { disabledAt: row.disabled_at as number }),
    ...(row.last_sign_in_at === null ? {} : { lastSignInAt: row.last_sign_in_at as number }),
  }
}

function readLink(row: Record<string, unknown> | undefined): LinkRecord | undefined {
  if (row === undefined) return undefined
  return {
    tokenHash: row.token_hash as string,
    kind: row.kind as LinkKind,
    expiresAt: row.expires_at as number,
    ...(row.account_id === null ? {} : { accountId: row.account_id as string }),
  }
}
