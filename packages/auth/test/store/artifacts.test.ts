import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sqliteArtifacts } from '../../src/store/index.ts'
import { artifact, artifactStoreContract } from './artifacts-contract.ts'
import { newFile, prepared } from './databases.ts'
import { NOON } from './given.ts'
import { run } from './processes/spawn.ts'

artifactStoreContract('sqlite', () => {
  const file = newFile()
  return [sqliteArtifacts(prepared(file)), sqliteArtifacts(prepared(file))]
})

it('of several processes that exchange the same tokens exactly one exchanges each, and leaves one successor', async () => {
  // Given tokens that three issuers are asked to exchange
  const count = 40
  const file = newFile()
  const store = sqliteArtifacts(prepared(file))
  for (let number = 1; number <= count; number++) await store.put(artifact(`old ${number}`))

  // When they do so at once
  const printed = await Promise.all(['a', 'b', 'c'].map((mark) => run('exchanging', file, count, mark)))

  // Then each was exchanged by one of them, for its successor
  const won = printed.flatMap((line) => line.split(',').filter((id) => id !== ''))
  assert.equal(won.length, count)
  assert.equal(new Set(won.map((id) => id.split(' ').at(-1))).size, count)
  const live = (await store.list({ model: 'RefreshToken' }, NOON)).filter(({ consumedAt }) => consumedAt === undefined)
  assert.deepEqual(live.map(({ idHash }) => idHash).toSorted(), won.toSorted())
})

it('the grants of a client are found without looking at those of others', () => {
  const db = prepared(newFile())
  const plans = [
    `select * from artifacts where model = 'Grant' and client_id = ?`,
    `delete from artifacts where grant_id in (select grant_id from artifacts where model = 'Grant' and client_id = ?)`,
    `select * from artifacts where model = 'Grant' and id_hash > ? and expires_at > ? and client_id = ?
       order by id_hash limit ?`,
  ].map((sql) => JSON.stringify(db.prepare(`explain query plan ${sql}`).all()))
  for (const plan of plans) assert.match(plan, /INDEX artifacts_grants \(client_id=\?/)
})
