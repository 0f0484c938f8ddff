import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { repeatedly, sweep } from '../../src/upkeep/index.ts'
import { storesOn } from '../given.ts'

const NOON = 1_800_000_000

it('forgets what has expired, batch after batch, and lets others have their turn', async () => {
  const db = new DatabaseSync(':memory:')
  const stores = storesOn(db)
  const row = { model: 'RefreshToken', payload: Uint8Array.of(1) }
  for (let number = 0; number < 1200; number++) {
    await stores.artifacts.put({ ...row, idHash: String(number), expiresAt: NOON + (number < 1100 ? 0 : 1) })
  }
  await stores.accounts.putLink({ tokenHash: 'old', kind: 'setup', expiresAt: NOON })
  await stores.revocations.revoke([{ kind: 'grant', id: 'g', at: NOON, expiresAt: NOON }])
  let turns = 0
  const turn = setInterval(() => turns++, 0)

  const gone = await sweep(stores, NOON)
  clearInterval(turn)

  assert.equal(gone, 1100)
  assert.ok(turns > 0)
  for (const [table, left] of [
    ['artifacts', 100],
    ['account_links', 0],
    ['revocations', 0],
  ]) {
    assert.equal(db.prepare(`select count(*) as n from ${table}`).get()?.n, left)
  }
})

it('a client that refreshes without end leaves a hash of each token and nothing else', async () => {
  const db = new DatabaseSync(':memory:')
  const stores = storesOn(db)
  const token = { model: 'RefreshToken', grantId: 'g', payload: new Uint8Array(600), expiresAt: NOON + 604_800 }
  await stores.artifacts.put({ ...token, model: 'Grant', idHash: 'g' })
  await stores.artifacts.put({ ...token, idHash: '0' })
  const used = () => {
    const pages = db.prepare('pragma page_count').get()?.page_count as number
    return (pages - (db.prepare('pragma freelist_count').get()?.freelist_count as number)) * 4096
  }
  const refresh = async (from: number, now: number) => {
    for (let number = from; number < from + 1000; number++) {
      const idHash = String(number)
      const successors = [{ ...token, idHash: String(number + 1) }]
      await stores.artifacts.exchange({ model: 'RefreshToken', idHash, successors, answer: new Uint8Array(1200) }, now)
    }
    await sweep(stores, now + 61)
  }

  await refresh(0, NOON)
  const before = used()
  for (let round = 1; round <= 4; round++) await refresh(round * 1000, NOON + round * 100)

  assert.ok((used() - before) / 4000 < 150, `${(used() - before) / 4000} bytes each`)
  assert.equal(db.prepare('select count(*) as n from artifacts').get()?.n, 2)
  assert.equal((await stores.artifacts.find('RefreshToken', '17', NOON + 500))?.consumedAt, NOON)
  await sweep(stores, NOON + 604_800)
  assert.equal(db.prepare('select count(*) as n from spent_artifacts').get()?.n, 0)
})

it('what is done from time to time is not done twice at once, survives its faults, and ends', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const settled = () => new Promise((done) => setImmediate(done))
  let begun = 0
  let go = () => {}
  const faults: unknown[] = []
  const work = () => {
    begun++
    return new Promise<void>((_, reject) => {
      go = () => reject(new Error('no'))
    })
  }
  const end = repeatedly(work, 5, (error) => faults.push(error))

  t.mock.timers.tick(15_000)
  await settled()
  assert.equal(begun, 1)
  go()
  await settled()
  t.mock.timers.tick(5000)
  assert.deepEqual([begun, faults.length], [2, 1])
  end()
  t.mock.timers.tick(50_000)
  assert.equal(begun, 2)
})
