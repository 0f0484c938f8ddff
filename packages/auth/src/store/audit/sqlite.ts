import {
  type AuditEvent,
  type AuditFilter,
  type AuditRecord,
  type EndingRecord,
  firstIdAt,
  joinBatch,
  marksOf,
  SAMPLED,
  settleLimit,
  spellingsOf,
} from '../../events/index.ts'
import {
  durableTransaction,
  migrate,
  type SqliteDatabase,
  type SqliteStatement,
  transaction,
  writeAhead,
} from '../sqlite/database.ts'
import { callsSought, matcher } from './calls.ts'
import type { AuditStore } from './port.ts'

const MIGRATIONS: readonly string[] = [
  `create table audit (
     id text primary key,
     type text not null,
     server text,
     tenant text,
     client_id text,
     credential_id text,
     method text,
     name text,
     decision text,
     outcome text,
     body text not null
   ) without rowid;
   create index audit_by_client on audit (client_id) where client_id is not null;
   create index audit_by_credential on audit (credential_id) where credential_id is not null;
   create index audit_beside_requests on audit (type) where type <> 'request';
   create index audit_not_allowed on audit (decision) where decision <> 'allowed';
   create index audit_open on audit (outcome) where outcome = 'open';
   create table audit_sources (segment text primary key, read_to integer not null) without rowid;`,
]

/** How long opening waits for another process that migrates, in milliseconds. */
const OPENING_MS = 2000
/** How long a batch waits for another process's: it stands on the event loop, and can come again. */
const BUSY_MS = 50
/** Pages of write-ahead log before they are carried over. Small, so that no commit stops the loop for long. */
const CHECKPOINT_PAGES = 200

/**
 * Prepares a database of its own for the audit store: write-ahead log, migrations. Several processes may do so at
 * once; one migrates, the others find it done.
 * @throws when the database is of a later version than this code.
 */
export function prepareAuditDatabase(db: SqliteDatabase): void {
  db.exec(`pragma busy_timeout = ${OPENING_MS}`)
  writeAhead(db)
  db.exec(`pragma synchronous = normal; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES};`)
  migrate(db, MIGRATIONS)
  db.exec(`pragma busy_timeout = ${BUSY_MS}`)
}

/** Events in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteAudit(db: SqliteDatabase): AuditStore {
  const readTo = db.prepare('select read_to from audit_sources where segment = ?')
  const moveTo = db.prepare('insert into audit_sources values (?, ?2) on conflict do update set read_to = ?2')
  const insertion = db.prepare('insert into audit values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing')
  // A patch drops members that are null and keeps those it does not name: what an ending leaves out stays as it was.
  const ending = db.prepare(
    `update audit set outcome = ?2, body = json_patch(body, ?3) where id = ?1 and outcome in ('open', 'unknown')`,
  )
  const allOffsets = db.prepare(`select segment, read_to from audit_sources where segment <> ''`)
  const search = searches(db)

  const take = (batch: readonly AuditRecord[]): void => {
    const joined = joinBatch(batch)
    for (const event of joined.events) insertion.run(...toRow(event))
    for (const record of joined.endings) ending.run(record.id, record.outcome, toPatch(record))
  }

  return {
    ingest: (batch, { segment, from, to }) =>
      transaction(db, () => {
        if (Number(readTo.get(segment)?.read_to ?? 0) !== from) return false
        take(batch)
        moveTo.run(segment, to)
        return true
      }),
    offsets() {
      return new Map(allOffsets.all().map((row) => [row.segment as string, Number(row.read_to)]))
    },
    sync() {
      // A commit that syncs the log syncs all that stands before it; one that changes nothing would write nothing.
      durableTransaction(db, () =>
        db.exec(`insert into audit_sources values ('', 1) on conflict do update set read_to = read_to + 1`),
      )
    },
    query: (filter) => search(filter),
    matcher,
    find(ids) {
      const rows = db.prepare('select body from audit where id in (select value from json_each(?))')
      return rows.all(JSON.stringify(ids)).map(toEvent)
    },
    openProcesses() {
      const rows = db.prepare(`select distinct substr(id, 10, 6) as process from audit where outcome = 'open'`).all()
      return rows.map((row) => row.process as string)
    },
    giveUp(which) {
      const meant = 'process' in which ? 'substr(id, 10, 6) = ?' : 'id < ?'
      const update = db.prepare(
        `update audit set outcome = 'unknown', body = json_set(body, '$.outcome', 'unknown')
         where outcome = 'open' and ${meant}`,
      )
      return Number(update.run('process' in which ? which.process : firstIdAt(which.before)).changes)
    },
    prune(before, limit = 1000) {
      const oldest = 'select id from audit where id < ? order by id limit ?'
      return Number(db.prepare(`delete from audit where id in (${oldest})`).run(firstIdAt(before), limit).changes)
    },
    forget(segments) {
      db.prepare('delete from audit_sources where segment in (select value from json_each(?))').run(
        JSON.stringify(segments),
      )
    },
  }
}

function toRow(event: AuditEvent) {
  const { server, tenant, clientId, credentialId, method, name, decision, outcome } = marksOf(event)
  return [
    event.id,
    event.type,
    server ?? null,
    tenant ?? null,
    clientId ?? null,
    credentialId ?? null,
    method ?? null,
    name ?? null,
    decision ?? null,
    outcome ?? null,
    JSON.stringify(event),
  ] as const
}

function toPatch({ outcome, status, durationMs, reason }: EndingRecord): string {
  return JSON.stringify({ outcome, status, durationMs, reason })
}

function toEvent(row: Record<string, unknown>): AuditEvent {
  return JSON.parse(row.body as string) as AuditEvent
}

const COLUMNS = {
  server: 'server',
  tenant: 'tenant',
  clientId: 'client_id',
  credentialId: 'credential_id',
  decision: 'decision',
  outcome: 'outcome',
  type: 'type',
} as const

/** What is asked for by method and name is the event itself, or one of the requests in it. */
function callCondition(filter: AuditFilter) {
  const { method, name } = filter
  const exact = [method === undefined ? [] : is('method', method), name === undefined ? [] : is('name', name)].flat()
  if (exact.length === 0) return undefined
  const sought = callsSought(filter)
  const itself = exact.map(({ condition }) => condition).join(' and ')
  const oneOfIt = sought.map(() => `instr(', ' || name || ', ', ?) > 0`).join(' or ')
  return {
    condition: sought.length === 0 ? itself : `(${itself} or method = 'batch' and (${oneOfIt}))`,
    values: [...exact.flatMap(({ values }) => values), ...sought],
  }
}

function is(column: string, word: string): { readonly condition: string; readonly values: readonly string[] } {
  const values = spellingsOf(word)
  return { condition: values.length === 1 ? `${column} = ?` : `${column} in (?, ?)`, values }
}

/** The event itself, or counted refusals with such a sample; said in the words of the index of what is no request. */
function isSampled(key: string, column: string, word: string) {
  const { condition, values } = is(column, word)
  const sample = is(`value ->> '${key}'`, word)
  const ofSample = `exists (select 1 from json_each(body, '$.samples') where ${sample.condition})`
  return {
    condition: `(${condition} or (type <> 'request' and type = 'refusals' and ${ofSample}))`,
    values: [...values, ...sample.values],
  }
}

/** Statements by what they filter; prepared once each. There are as many as combinations in use. */
function searches(db: SqliteDatabase): (filter: AuditFilter) => readonly AuditEvent[] {
  const prepared = new Map<string, SqliteStatement>()
  return (filter) => {
    const limit = settleLimit(filter)
    const conditions: string[] = []
    const values: (string | number)[] = []
    const require = (condition: string, ...wanted: readonly string[]): void => {
      conditions.push(condition)
      values.push(...wanted)
    }
    if (filter.since !== undefined) require('id >= ?', firstIdAt(filter.since))
    if (filter.until !== undefined) require('id < ?', firstIdAt(filter.until))
    if (filter.after !== undefined) require('id < ?', filter.after)
    for (const [key, column] of Object.entries(COLUMNS)) {
      const value = filter[key as keyof typeof COLUMNS]
      if (value === undefined) continue
      const wanted = SAMPLED.some((sampled) => sampled === key) ? isSampled(key, column, value) : is(column, value)
      require(wanted.condition, ...wanted.values)
    }
    const call = callCondition(filter)
    if (call !== undefined) require(call.condition, ...call.values)
    // Said in the words of the partial indices, which cannot know what a parameter will be.
    if (filter.decision !== undefined && filter.decision !== 'allowed') conditions.push(`decision <> 'allowed'`)
    if (filter.type !== undefined && filter.type !== 'request') conditions.push(`type <> 'request'`)
    if (filter.outcome === 'open') conditions.push(`outcome = 'open'`)
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
    const sql = `select body from audit ${where} order by id desc limit ?`
    let statement = prepared.get(sql)
    if (statement === undefined) {
      statement = db.prepare(sql)
      prepared.set(sql, statement)
    }
    return statement.all(...values, limit).map(toEvent)
  }
}
