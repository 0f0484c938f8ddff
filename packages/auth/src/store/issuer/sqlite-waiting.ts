import type { SqliteDatabase } from '../sqlite/database.ts'
import type { ClientRecord, WaitingRoom } from './clients.ts'

export interface WaitingClients {
  /** Whether one more may wait, after another made way for it where one had to. In the transaction that inserts it. */
  hasRoomFor(client: ClientRecord, room: WaitingRoom): boolean
}

/** Registered clients that wait to be used for the first time, by the network that they came from. */
export function waitingClients(db: SqliteDatabase): WaitingClients {
  const waiting = `from clients where origin = 'registered' and used_at is null and expires_at > ?1`
  const counting = db.prepare(`select count(*) as count ${waiting}`)
  // Of networks that have as many, the newcomer's own gives way.
  const fullest = db.prepare(
    `select network, count(*) as count ${waiting} group by network order by count desc, network is ?2 desc,
       min(created_at) limit 1`,
  )
  const oldest = db.prepare(`select client_id, created_at ${waiting} order by created_at, client_id limit 1`)
  const oldestOf = db.prepare(`select client_id ${waiting} and network is ?2 order by created_at, client_id limit 1`)
  const removal = db.prepare('delete from clients where client_id = ?')
  const count = (now: number) => Number(counting.get(now)?.count)
  const leaverFor = ({ network, createdAt: now }: ClientRecord, safeFor: number): unknown => {
    const most = fullest.get(now, network ?? null)
    if (most !== undefined && Number(most.count) > 1) return oldestOf.get(now, most.network as string | null)?.client_id
    const first = oldest.get(now)
    return first !== undefined && Number(first.created_at) <= now - safeFor ? first.client_id : undefined
  }
  return {
    hasRoomFor(client, { limit, safeFor }) {
      const now = client.createdAt
      if (count(now) < limit) return true
      const leaver = leaverFor(client, safeFor)
      if (leaver === undefined) return false
      removal.run(leaver as string)
      return count(now) < limit
    },
  }
}
