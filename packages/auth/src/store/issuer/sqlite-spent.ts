import { type SqliteDatabase, transaction } from '../sqlite/database.ts'
import type { Artifact } from './artifacts.ts'

/** What is left of artifacts that were spent: that they were. Whose they were stands with their grants. */
export function spentArtifacts(db: SqliteDatabase) {
  const oldest = `from artifacts where model = ?1 and consumed_at <= ?2 order by consumed_at, rowid limit ?3`
  const keeping = db.prepare(
    `insert into spent_artifacts select model, id_hash, grant_id, consumed_at, expires_at
       from artifacts where rowid in (select rowid ${oldest}) and grant_id is not null`,
  )
  const removalOfWhole = db.prepare(`delete from artifacts where rowid in (select rowid ${oldest})`)
  const selection = db.prepare(
    `select spent.*, standing.account_id, standing.client_id from spent_artifacts as spent
       join artifacts as standing on standing.grant_id = spent.grant_id and standing.model = 'Grant'
     where spent.model = ? and spent.id_hash = ? and spent.expires_at > ?`,
  )
  const removal = db.prepare('delete from spent_artifacts where model = ? and id_hash = ?')
  const pruning = db.prepare(
    `delete from spent_artifacts where (model, id_hash) in
       (select model, id_hash from spent_artifacts where expires_at <= ? limit ?)`,
  )
  return {
    /** Takes rows over from the whole ones. @returns how many. */
    take: (model: string, before: number, limit: number): number =>
      transaction(db, () => {
        keeping.run(model, before, limit)
        return Number(removalOfWhole.run(model, before, limit).changes)
      }),
    /** Nothing where the grant is gone. */
    find(model: string, idHash: string, now: number): Artifact | undefined {
      const row = selection.get(model, idHash, now)
      if (row === undefined) return undefined
      return {
        model,
        idHash,
        payload: new Uint8Array(),
        grantId: row.grant_id as string,
        consumedAt: row.consumed_at as number,
        expiresAt: row.expires_at as number,
        ...(row.account_id === null ? {} : { accountId: row.account_id as string }),
        ...(row.client_id === null ? {} : { clientId: row.client_id as string }),
      }
    },
    remove(model: string, idHash: string): void {
      removal.run(model, idHash)
    },
    prune: (now: number, limit: number): number => Number(pruning.run(now, limit).changes),
  }
}
