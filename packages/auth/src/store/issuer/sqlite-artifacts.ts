import { type SqliteDatabase, together, transaction } from '../sqlite/database.ts'
import type { Artifact, ArtifactFilter, ArtifactStore, Spending } from './artifacts.ts'
import { spentArtifacts } from './sqlite-spent.ts'

/**
 * To make way means to look through all that nobody has claimed, which takes milliseconds when there are thousands. So it
 * is done at every so-many-th of what may remain, and for as many at once.
 */
const LOOKS = 100

/** The issuer's artifacts in SQLite. The database must have been prepared; the caller closes it. */
export function sqliteArtifacts(db: SqliteDatabase): ArtifactStore {
  const write = together(db)
  const insertion = `insert into artifacts
     (model, id_hash, payload, grant_id, uid_hash, account_id, client_id, consumed_at, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)`
  const putting = db.prepare(
    `${insertion} on conflict (model, id_hash) do update set payload = excluded.payload, grant_id = excluded.grant_id,
       uid_hash = excluded.uid_hash, account_id = excluded.account_id, client_id = excluded.client_id,
       expires_at = excluded.expires_at`,
  )
  const replacing = db.prepare(
    `update artifacts set id_hash = ?2, payload = ?3, grant_id = ?4, uid_hash = ?5, account_id = ?6, client_id = ?7,
       expires_at = ?8 where model = ?1 and id_hash = ?9`,
  )
  // What has expired is as good as gone, and must not keep its id for ever.
  const puttingOnce = db.prepare(
    `${insertion} on conflict (model, id_hash) do update set payload = excluded.payload,
       expires_at = excluded.expires_at where artifacts.expires_at <= ?10`,
  )
  const selection = db.prepare('select * from artifacts where model = ? and id_hash = ? and expires_at > ?')
  const byUid = db.prepare('select * from artifacts where model = ? and uid_hash = ? and expires_at > ?')
  const spending = db.prepare(
    'update artifacts set consumed_at = ? where model = ? and id_hash = ? and consumed_at is null',
  )
  const removal = db.prepare('delete from artifacts where model = ? and id_hash = ?')
  const answering = db.prepare(
    'update artifacts set consumed_at = ?, answer = ? where model = ? and id_hash = ? and consumed_at is null',
  )
  const spent = spentArtifacts(db)
  const makingWay = db.prepare(
    `delete from artifacts where rowid in
       (select rowid from artifacts where model = ?1 and account_id is null
            and rowid is not (select rowid from artifacts where model = ?1 and id_hash = ?2)
          order by expires_at desc limit -1 offset ?3)`,
  )
  const makingWayOfAccount = db.prepare(
    `delete from artifacts where rowid in
       (select rowid from artifacts indexed by artifacts_by_account where account_id = ? and model = ?
          order by expires_at desc limit -1 offset ?)`,
  )
  /** How many more may be put before the next look, by kind. */
  const room = new Map<string, number>()
  const pruning = db.prepare(
    `delete from artifacts where (model, id_hash) in
       (select model, id_hash from artifacts where expires_at <= ? limit ?)`,
  )
  const removalByGrant = db.prepare('delete from artifacts where grant_id = ?')
  const outcome = (changes: number | bigint, model: string, idHash: string): Spending => {
    if (Number(changes) === 1) return 'spent'
    const isKnown = selection.get(model, idHash, 0) !== undefined || spent.find(model, idHash, 0) !== undefined
    return isKnown ? 'replayed' : 'unknown'
  }
  /** What stands on the grants that `condition` picks, and they themselves; then `rest`, whichever it is. */
  const removeGrants = (condition: string, value: string, rest?: string): number =>
    transaction(db, () => {
      const standing = `delete from artifacts where grant_id in (select grant_id from artifacts where ${condition})`
      const first = Number(db.prepare(standing).run(value).changes)
      return rest === undefined ? first : first + Number(db.prepare(rest).run(value).changes)
    })
  return {
    put: (artifact) => write(() => void putting.run(...toRow(artifact))),
    replace: (artifact, formerIdHash = artifact.idHash) =>
      write(() => {
        const [model, idHash, payload, grantId, uidHash, accountId, clientId, , expiresAt] = toRow(artifact)
        const row = [model, idHash, payload, grantId, uidHash, accountId, clientId, expiresAt, formerIdHash] as const
        return Number(replacing.run(...row).changes) === 1
      }),
    putUnclaimed: (artifact, most) =>
      write(() => {
        const { model, idHash } = artifact
        const left = room.get(model) ?? 0
        const step = Math.floor(most / LOOKS)
        // The new one is put last, so that it stays whatever it shares its end with.
        if (left === 0) makingWay.run(model, idHash, most - step - 1)
        room.set(model, left === 0 ? step : left - 1)
        putting.run(...toRow(artifact))
      }),
    putOfAccount: (artifact, most) =>
      write(() => {
        const { model, idHash, accountId } = artifact
        if (selection.get(model, idHash, 0) === undefined) makingWayOfAccount.run(accountId, model, most - 1)
        putting.run(...toRow(artifact))
      }),
    putOnce: (artifact) => Number(puttingOnce.run(...toRow(artifact), Math.floor(Date.now() / 1000)).changes) === 1,
    find: (model, idHash, now) => read(selection.get(model, idHash, now)) ?? spent.find(model, idHash, now),
    findByUid: (model, uidHash, now) => read(byUid.get(model, uidHash, now)),
    spend: (model, idHash, now) => outcome(spending.run(now, model, idHash).changes, model, idHash),
    exchange: ({ model, idHash, successors, answer }, now) =>
      write(() => {
        const spending = outcome(answering.run(now, answer ?? null, model, idHash).changes, model, idHash)
        if (spending === 'spent') for (const successor of successors) putting.run(...toRow(successor))
        return spending
      }),
    forgetSpent: spent.take,
    remove(model, idHash) {
      const gone = Number(removal.run(model, idHash).changes)
      spent.remove(model, idHash)
      return gone > 0
    },
    removeAll({ model, accountId, clientId }, sparedUidHash) {
      const asked = [
        ...(accountId === undefined ? [] : ([['account_id = ?', accountId]] as const)),
        ...(clientId === undefined ? [] : ([['client_id = ?', clientId]] as const)),
        ...(sparedUidHash === undefined ? [] : ([['(uid_hash is null or uid_hash <> ?)', sparedUidHash]] as const)),
      ]
      const conditions = asked.map(([condition]) => `and ${condition}`).join(' ')
      const removing = db.prepare(`delete from artifacts where model = ? ${conditions}`)
      return Number(removing.run(model, ...asked.map(([, value]) => value)).changes)
    },
    removeByGrant: (grantId) => Number(removalByGrant.run(grantId).changes),
    removeByAccount: (accountId) =>
      removeGrants('account_id = ? and grant_id is not null', accountId, 'delete from artifacts where account_id = ?'),
    removeByClient: (clientId) => removeGrants(`model = 'Grant' and client_id = ?`, clientId),
    list(filter, now) {
      const { model, accountId, clientId, grantId, isUnspent = false, after = '', limit = 1000 } = filter
      const asked = [
        ...(accountId === undefined ? [] : ([['account_id', accountId]] as const)),
        ...(clientId === undefined ? [] : ([['client_id', clientId]] as const)),
        ...(grantId === undefined ? [] : ([['grant_id', grantId]] as const)),
      ]
      const conditions = [
        ...asked.map(([column]) => `and ${column} = ?`),
        ...(isUnspent ? ['and consumed_at is null'] : []),
      ].join(' ')
      const page = db.prepare(
        `select * from artifacts ${indexFor(filter)} where model = ? and id_hash > ? and expires_at > ? ${conditions}
         order by id_hash limit ?`,
      )
      return page.all(model, after, now, ...asked.map(([, value]) => value), limit).map(toArtifact)
    },
    prune(now, limit) {
      const gone = Number(pruning.run(now, limit).changes)
      return gone < limit ? gone + spent.prune(now, limit - gone) : gone
    },
  }
}

/**
 * Which way to what a filter picks. Unless it is told, SQLite goes through everybody's things of that kind, because those
 * lie in the order that is asked for.
 */
function indexFor({ grantId, accountId }: ArtifactFilter): string {
  if (grantId !== undefined) return 'indexed by artifacts_by_grant'
  return accountId === undefined ? '' : 'indexed by artifacts_by_account'
}

function toRow(artifact: Artifact) {
  const { model, idHash, payload, grantId, uidHash, accountId, clientId, consumedAt, expiresAt } = artifact
  return [
    model,
    idHash,
    payload,
    grantId ?? null,
    uidHash ?? null,
    accountId ?? null,
    clientId ?? null,
    consumedAt ?? null,
    expiresAt,
  ] as const
}

function read(row: Record<string, unknown> | undefined): Artifact | undefined {
  return row === undefined ? undefined : toArtifact(row)
}

function toArtifact(row: Record<string, unknown>): Artifact {
  return {
    model: row.model as string,
    idHash: row.id_hash as string,
    payload: row.payload as Uint8Array,
    expiresAt: row.expires_at as number,
    ...(row.grant_id === null ? {} : { grantId: row.grant_id as string }),
    ...(row.uid_hash === null ? {} : { uidHash: row.uid_hash as string }),
    ...(row.account_id === null ? {} : { accountId: row.account_id as string }),
    ...(row.client_id === null ? {} : { clientId: row.client_id as string }),
    ...(row.consumed_at === null ? {} : { consumedAt: row.consumed_at as number }),
    ...(row.answer === null ? {} : { answer: row.answer as Uint8Array }),
  }
}
