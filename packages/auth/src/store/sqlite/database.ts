import { defer } from '../../crypto/index.ts'

/**
 * What the SQLite stores need of a database handle: `DatabaseSync` of `node:sqlite` as it is. The caller opens and
 * closes it; the library installs no driver.
 */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): SqliteStatement
}

type Value = null | number | bigint | string | Uint8Array

export interface SqliteStatement {
  run(...values: Value[]): { readonly changes: number | bigint }
  get(...values: Value[]): Record<string, unknown> | undefined
  all(...values: Value[]): Record<string, unknown>[]
}

/** Pages in the log before they are written back (16 MB): each page that many writes have changed goes once, then. */
const CHECKPOINT_PAGES = 4000

/** How long a write waits for another process's, in milliseconds. Ours are short; what takes longer is stuck. */
const BUSY_MS = 2000

const MIGRATIONS: readonly string[] = [
  `create table credentials (
     id text primary key,
     kind text not null,
     digest blob not null,
     client_id text not null,
     server text not null,
     tenant text,
     name text not null,
     scopes text,
     tools text,
     notes text,
     delivery text,
     created_at integer not null,
     expires_at integer,
     revoked_at integer,
     replaced_by text,
     last_used_at integer
   ) without rowid;
   create index credentials_by_age on credentials (created_at) where revoked_at is null and replaced_by is null;
   create index credentials_by_end on credentials (expires_at) where revoked_at is null and replaced_by is null;
   create table credential_changes (seq integer primary key autoincrement, id text not null);
   create table credential_claims (id text not null, mark text not null, at integer not null, primary key (id, mark)) without rowid;
   create table sessions (
     id_hash text primary key,
     server text not null,
     principal_key text not null,
     upstream_session blob,
     last_seen_at integer not null
   ) without rowid;
   create index sessions_by_last_seen on sessions (last_seen_at);`,
  `create index credentials_by_client on credentials (client_id) where delivery is not null;`,
  `create table artifacts (
     model text not null,
     id_hash text not null,
     payload blob not null,
     grant_id text,
     uid_hash text,
     account_id text,
     client_id text,
     consumed_at integer,
     expires_at integer not null,
     primary key (model, id_hash)
   ) without rowid;
   create index artifacts_by_grant on artifacts (grant_id) where grant_id is not null;
   create index artifacts_by_uid on artifacts (uid_hash) where uid_hash is not null;
   create index artifacts_by_account on artifacts (account_id, model) where account_id is not null;
   create index artifacts_by_end on artifacts (expires_at);
   create table accounts (
     id text primary key,
     name text not null unique collate nocase,
     password text,
     is_admin integer not null,
     created_at integer not null,
     disabled_at integer,
     last_sign_in_at integer
   ) without rowid;
   create table account_links (
     token_hash text primary key,
     kind text not null,
     account_id text,
     expires_at integer not null
   ) without rowid;
   create table clients (
     client_id text primary key,
     origin text not null,
     name text not null,
     metadata blob not null,
     created_at integer not null,
     network text,
     used_at integer,
     approved_at integer,
     blocked_at integer,
     expires_at integer
   ) without rowid;
   create index clients_unused on clients (expires_at) where used_at is null and expires_at is not null;
   create table signing_keys (
     kid text primary key,
     algorithm text not null,
     sealed blob not null,
     created_at integer not null,
     active_at integer not null,
     retired_at integer
   ) without rowid;
   create table revocations (
     seq integer primary key autoincrement,
     kind text not null,
     id text not null,
     at integer not null,
     expires_at integer not null
   );
   create index revocations_by_end on revocations (expires_at);`,
  `create index revocations_by_id on revocations (id);`,
  // With a rowid: rows as long as these, in the order of their hashes, would have every write touch pages far apart.
  `alter table artifacts rename to artifacts_before;
   create table artifacts (
     model text not null,
     id_hash text not null,
     payload blob not null,
     grant_id text,
     uid_hash text,
     account_id text,
     client_id text,
     consumed_at integer,
     expires_at integer not null,
     answer blob,
     primary key (model, id_hash)
   );
   insert into artifacts select *, null from artifacts_before;
   drop table artifacts_before;
   create index artifacts_by_grant on artifacts (grant_id) where grant_id is not null;
   create index artifacts_by_uid on artifacts (uid_hash) where uid_hash is not null;
   create index artifacts_by_account on artifacts (account_id, model) where account_id is not null;
   create index artifacts_by_end on artifacts (expires_at);`,
  // What is left of the spent, in a table of its own: rows that shrink where they are would leave their room unused.
  `create table spent_artifacts (
     model text not null,
     id_hash text not null,
     grant_id text not null,
     consumed_at integer not null,
     expires_at integer not null,
     primary key (model, id_hash)
   ) without rowid;
   create index spent_artifacts_by_end on spent_artifacts (expires_at);
   create index artifacts_spent on artifacts (model, consumed_at) where consumed_at is not null;`,
  // Of grants alone: every other artifact would pay for an index that nothing looks it up by.
  `create index artifacts_grants on artifacts (client_id, id_hash) where model = 'Grant' and client_id is not null;`,
  // What nobody has claimed, to count it: little, and all that strangers can have kept.
  `create index artifacts_unclaimed on artifacts (model, expires_at) where account_id is null;`,
]

/**
 * Prepares a database for the stores: write-ahead log, waiting for other writers, migrations. Several processes may
 * do so at once; one migrates, the others find it done.
 * @throws when the database is of a later version than this code.
 */
export function prepareDatabase(db: SqliteDatabase): void {
  db.exec(`pragma busy_timeout = ${BUSY_MS}`)
  writeAhead(db)
  db.exec(`pragma synchronous = normal; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  migrate(db, MIGRATIONS)
}

/** @throws when the database is of a later version than the migrations. */
export function migrate(db: SqliteDatabase, migrations: readonly string[]): void {
  const version = (): number => Number(db.prepare('pragma user_version').get()?.user_version)
  // What is up to date is not written to, and who only reads waits for nobody.
  if (version() === migrations.length) return
  transaction(db, () => {
    const before = version()
    if (before > migrations.length) throw new Error('the database belongs to a later version of Portcullis')
    for (const migration of migrations.slice(before)) db.exec(migration)
    db.exec(`pragma user_version = ${migrations.length}`)
  })
}

/**
 * Switches to the write-ahead log. SQLite does not wait for that while another process writes or switches, whatever
 * the busy timeout; so we do, for as long.
 */
export function writeAhead(db: SqliteDatabase): void {
  const until = Date.now() + BUSY_MS
  for (;;) {
    try {
      return db.exec('pragma journal_mode = wal')
    } catch (error) {
      const isLocked = error instanceof Error && error.message.includes('locked')
      if (!isLocked || Date.now() >= until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

/** Runs `work` in one immediate transaction: the write lock is taken first, so nothing read inside can change. */
export function transaction<T>(db: SqliteDatabase, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    try {
      db.exec('rollback')
    } catch {
      // A full disk has ended the transaction already, and is what the caller should hear of.
    }
    throw error
  }
}

interface Waiting {
  readonly work: () => unknown
  readonly done: (result: never) => void
  readonly failed: (error: unknown) => void
}

/**
 * Writes for several callers in one transaction: what is asked for in one turn of the event loop is done at its end, in
 * the order it was asked for. Each has what its own work gave once all of it is committed; where that fails, all do.
 */
export function together(db: SqliteDatabase): <R>(work: () => R) => Promise<R> {
  let waiting: Waiting[] = []
  const run = (): void => {
    const turn = waiting
    waiting = []
    try {
      const results = transaction(db, () => turn.map(({ work }) => work()))
      for (const [index, { done }] of turn.entries()) done(results[index] as never)
    } catch (error) {
      for (const { failed } of turn) failed(error)
    }
  }
  return <R>(work: () => R) => {
    const { promise, resolve, reject } = Promise.withResolvers<R>()
    if (waiting.push({ work, done: resolve, failed: reject }) === 1) defer(run)
    return promise
  }
}

/** A transaction that survives the loss of power once it has returned (the log is synced to the disk). */
export function durableTransaction<T>(db: SqliteDatabase, work: () => T): T {
  db.exec('pragma synchronous = full')
  try {
    return transaction(db, work)
  } finally {
    db.exec('pragma synchronous = normal')
  }
}
