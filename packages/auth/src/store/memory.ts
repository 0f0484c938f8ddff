import type { CredentialFilter, CredentialRecord, CredentialStore, Revocation, Rotation } from './credentials.ts'

/** Credentials that end with the process: for tests and for trying things out. */
export function memoryCredentials(): CredentialStore {
  const records = new Map<string, CredentialRecord>()
  const claims = new Set<string>()
  let changed = new Set<string>()

  const put = (record: CredentialRecord): void => {
    records.set(record.id, record)
    changed.add(record.id)
  }
  const insert = (record: CredentialRecord): void => {
    if (records.has(record.id)) throw taken()
    put(record)
  }
  const end = (record: CredentialRecord, replacedBy: string, endsAt: number): void =>
    put({ ...record, replacedBy, expiresAt: Math.min(endsAt, record.expiresAt ?? endsAt) })

  return {
    insert,
    insertMany(added) {
      const many = [...added]
      const ids = new Set(many.map(({ id }) => id))
      if (ids.size < many.length || many.some(({ id }) => records.has(id))) throw taken()
      for (const record of many) put(record)
    },
    find: (id) => records.get(id),
    list: (filter) => select(records.values(), filter),
    due: ({ createdBy, expiresBy, after, limit = 1000 }) =>
      select(records.values(), { limit: records.size, ...(after === undefined ? {} : { after }) })
        .filter(({ revokedAt, replacedBy }) => revokedAt === undefined && replacedBy === undefined)
        .filter(({ createdAt, expiresAt }) => createdAt <= createdBy || (expiresAt ?? Infinity) <= expiresBy)
        .slice(0, limit),
    count: () => records.size,
    revoke(id, now): Revocation {
      const record = records.get(id)
      if (record === undefined) return 'unknown'
      if (record.revokedAt !== undefined) return 'already'
      put({ ...record, revokedAt: now })
      return 'revoked'
    },
    rotate(id, successor, endsAt, now): Rotation {
      const record = records.get(id)
      const obstacle = rotationObstacle(record, now)
      if (record === undefined || obstacle !== undefined) return obstacle ?? 'unknown'
      insert(successor)
      end(record, successor.id, endsAt)
      return 'rotated'
    },
    replace(id, successorId, endsAt, now): Rotation {
      const record = records.get(id)
      const obstacle = replacementObstacle(record, records.get(successorId), now)
      if (record === undefined || obstacle !== undefined) return obstacle ?? 'unknown'
      end(record, successorId, endsAt)
      return 'rotated'
    },
    touch(uses) {
      for (const [id, lastUsedAt] of uses) {
        const record = records.get(id)
        if (record !== undefined) records.set(id, { ...record, lastUsedAt })
      }
    },
    changes() {
      const ids = [...changed]
      if (ids.length > 0) changed = new Set()
      return ids
    },
    claim(id, mark) {
      const claim = `${id} ${mark}`
      if (claims.has(claim)) return false
      claims.add(claim)
      return true
    },
    release(id, mark) {
      claims.delete(`${id} ${mark}`)
    },
  }
}

function taken(): Error {
  return new Error('a credential with this id exists')
}

/** Why a credential cannot be rotated at `now`; undefined when it can. */
export function rotationObstacle(
  record: CredentialRecord | undefined,
  now: number,
): Exclude<Rotation, 'rotated'> | undefined {
  if (record === undefined) return 'unknown'
  if (record.revokedAt !== undefined) return 'revoked'
  if (record.replacedBy !== undefined) return 'replaced'
  if (record.expiresAt !== undefined && record.expiresAt <= now) return 'expired'
  return undefined
}

/** Why a credential cannot be replaced by this successor at `now`; undefined when it can. */
export function replacementObstacle(
  record: CredentialRecord | undefined,
  successor: CredentialRecord | undefined,
  now: number,
): Exclude<Rotation, 'rotated'> | undefined {
  const obstacle = rotationObstacle(record, now)
  if (obstacle !== undefined) return obstacle
  return rotationObstacle(successor, now) === undefined && successor?.id !== record?.id ? undefined : 'unknown'
}

function select(records: Iterable<CredentialRecord>, filter: CredentialFilter): readonly CredentialRecord[] {
  const { server, kind, clientId, delivery, after, limit = 1000 } = filter
  return [...records]
    .filter((record) => server === undefined || record.server === server)
    .filter((record) => kind === undefined || record.kind === kind)
    .filter((record) => clientId === undefined || record.clientId === clientId)
    .filter((record) => delivery === undefined || record.delivery === delivery)
    .filter((record) => after === undefined || record.id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .slice(0, limit)
}
