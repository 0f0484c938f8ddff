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
