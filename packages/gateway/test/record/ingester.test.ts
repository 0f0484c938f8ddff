import assert from 'node:assert/strict'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { memoryAudit } from '@portcullis/auth/store'
import { type AuditStore, startIngester } from '../../src/record/index.ts'
import { endingLine, eventLine, intentLine } from '../../src/record/lines.ts'
import { segmentName } from '../../src/record/segment.ts'
import {
  ANSWERED,
  eventOf,
  givenDatabase,
  givenDirectory,
  givenGone,
  givenIds,
  givenLog,
  givenSqliteStore,
  intentOf,
  NOON,
  segmentsIn,
  until,
} from './given.ts'

const DAY = 86_400_000

/** A directory with writers that the test speaks for. */
function givenSpool() {
  const directory = givenDirectory()
  const writers = givenGone()
  const log = givenLog()
  return {
    directory,
    writers,
    log,
    /** Adds text to a writer's segment. */
    write(process: string, text: string, number = 1): void {
      const name = segmentName({ process, number, pid: 1, place: '00000000', openedAt: NOON + number })
      appendFileSync(join(directory, name), text)
    },
    ingest: (store: AuditStore, now = NOON + 1000) =>
      startIngester({ directory, store, writers, log, now: () => now, retentionMs: 90 * DAY, giveUpMs: DAY }),
  }
}

async function drainOnce(spool: ReturnType<typeof givenSpool>, store: AuditStore, now?: number): Promise<void> {
  const ingester = spool.ingest(store, now)
  await ingester.drain()
  await ingester.close()
}

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('')

it('takes in what the spool holds, and comes again for what is added', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  const [first, second] = [eventOf(newId()), eventOf(newId())]
  const ingester = spool.ingest(store)

  spool.write('aaaaaa', lines(eventLine(first)))
  await until(async () => (await store.query({})).length === 1)
  spool.write('aaaaaa', lines(eventLine(second)))
  await until(async () => (await store.query({})).length === 2)

  assert.deepEqual(
    (await store.query({})).map(({ id }) => id),
    [second.id, first.id],
  )
  await ingester.close()
})

it('an ending comes to its intent, over batches, restarts and segments', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  const ids = Array.from({ length: 500 }, newId)
  spool.write('aaaaaa', lines(...ids.map((id) => intentLine(intentOf(id)))))
  await drainOnce(spool, store)
  assert.equal((await store.query({ outcome: 'open', limit: 1000 })).length, 500)

  spool.write('aaaaaa', lines(...ids.slice(0, 250).map((id) => endingLine(id, ANSWERED))))
  await drainOnce(spool, store)
  spool.write('aaaaaa', lines(...ids.slice(250).map((id) => endingLine(id, ANSWERED))), 2)
  await drainOnce(spool, store)

  assert.equal((await store.query({ outcome: 'answered', limit: 1000 })).length, 500)
})

it('a line that is still being written is left until it is whole', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  const line = lines(eventLine(eventOf(newId())))
  spool.write('aaaaaa', line.slice(0, 50))
  await drainOnce(spool, store)
  assert.deepEqual(await store.query({}), [])

  spool.write('aaaaaa', line.slice(50))
  await drainOnce(spool, store)

  assert.equal((await store.query({})).length, 1)
  assert.deepEqual(spool.log.said, [])
})

it('when a gate is gone, its torn last line is passed over, its running calls become unknown, its spool goes', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  const [running, done] = [newId(), newId()]
  const torn = intentLine(intentOf(newId()))
  spool.write('aaaaaa', lines(intentLine(intentOf(running)), eventLine(eventOf(done))) + torn.slice(0, 99))
  await drainOnce(spool, store)
  assert.deepEqual(
    (await store.query({ outcome: 'open' })).map(({ id }) => id),
    [running],
  )

  spool.writers.add('aaaaaa')
  await drainOnce(spool, store)

  assert.deepEqual(
    (await store.query({ outcome: 'unknown' })).map(({ id }) => id),
    [running],
  )
  assert.deepEqual(segmentsIn(spool.directory), [])
  assert.deepEqual(spool.log.said[0]?.detail, { segment: segmentOf('aaaaaa'), bytes: 99 })
})

function segmentOf(process: string): string {
  return segmentName({ process, number: 1, pid: 1, place: '00000000', openedAt: NOON + 1 })
}

it('of a living gate only segments that it has left are let go', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  for (const number of [1, 2, 3]) spool.write('aaaaaa', lines(eventLine(eventOf(newId()))), number)

  await drainOnce(spool, store)

  assert.equal((await store.query({})).length, 3)
  assert.deepEqual(segmentsIn(spool.directory).length, 1)
})

it('a call that has run for longer than a day is given up, and counts when it ends after all', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  const id = newId()
  spool.write('aaaaaa', lines(intentLine(intentOf(id))))
  await drainOnce(spool, store)
  await drainOnce(spool, store, NOON + DAY - 1)
  assert.equal((await store.query({ outcome: 'open' })).length, 1)

  await drainOnce(spool, store, NOON + DAY + 1)
  assert.equal((await store.query({ outcome: 'unknown' })).length, 1)

  spool.write('aaaaaa', lines(endingLine(id, ANSWERED)))
  await drainOnce(spool, store)
  assert.equal((await store.query({ outcome: 'answered' })).length, 1)
})

it('damaged lines are counted, said and passed over', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  const good = () => eventLine(eventOf(newId()))
  const oversized = `"${'x'.repeat(3_000_000)}`
  spool.write('aaaaaa', lines(good(), 'not json', '\0\0\0\0', good(), '{"type":"request"}', '', oversized, good()))

  const ingester = spool.ingest(store)
  await ingester.drain()

  assert.equal((await store.query({})).length, 3)
  assert.ok(ingester.state.brokenLines >= 5)
  assert.ok(spool.log.said.every(({ level }) => level === 'error'))
  assert.doesNotMatch(JSON.stringify(spool.log.said), /not json|xxx/)
  await ingester.close()
})

it('several gates on one directory take in each event once', async () => {
  const spool = givenSpool()
  const database = givenDatabase()
  const stores = [database.open(), database.open(), database.open()]
  const perWriter = 400
  for (const process of ['aaaaaa', 'bbbbbb']) {
    const newId = givenIds(process)
    for (let index = 0; index < perWriter; index++) {
      const id = newId()
      spool.write(process, lines(intentLine(intentOf(id)), endingLine(id, ANSWERED)), 1 + Math.floor(index / 150))
    }
  }
  const ingested = countIngested()
  const gates = stores.map((store) => spool.ingest(ingested.by(store)))

  await Promise.all(gates.map((gate) => gate.drain()))
  await Promise.all(gates.map((gate) => gate.close()))

  assert.equal((await stores[0]?.query({ outcome: 'answered', limit: 10_000 }))?.length, 2 * perWriter)
  assert.equal(ingested.records, 2 * 2 * perWriter)
  assert.equal(segmentsIn(spool.directory).length, 2)
})

/** Counts what stores have accepted. */
function countIngested() {
  const count = {
    records: 0,
    by: (store: AuditStore): AuditStore => ({
      ...store,
      async ingest(batch, range) {
        await new Promise(setImmediate)
        const isOurs = await store.ingest(batch, range)
        if (isOurs) count.records += batch.length
        return isOurs
      },
    }),
  }
  return count
}

it('while the store does not answer, events wait in the spool', async () => {
  const [spool, store, newId] = [givenSpool(), memoryAudit(), givenIds()]
  let isBroken = true
  const failing: AuditStore = {
    ...store,
    ingest(batch, range) {
      if (isBroken) throw new Error('database is locked')
      return store.ingest(batch, range)
    },
  }
  spool.write('aaaaaa', lines(eventLine(eventOf(newId()))))
  const ingester = spool.ingest(failing)
  await until(() => spool.log.said.length > 0)
  assert.ok(ingester.state.backlogBytes > 0)

  isBroken = false
  await until(async () => (await store.query({})).length === 1)
  await until(() => spool.log.said.length === 2)

  assert.deepEqual(
    spool.log.said.map(({ level }) => level),
    ['error', 'info'],
  )
  await ingester.close()
})

/** Keeps the event loop working until it is told to stop. */
function givenBusyLoop(): () => void {
  let isOver = false
  const work = () => {
    const end = performance.now() + 5
    while (performance.now() < end);
    if (!isOver) setImmediate(work)
  }
  work()
  return () => {
    isOver = true
  }
}

it('while the gate is busy nothing is taken in, and afterwards everything', async () => {
  const [spool, store, newId] = [givenSpool(), memoryAudit(), givenIds()]
  const calmDown = givenBusyLoop()
  spool.write('aaaaaa', lines(eventLine(eventOf(newId()))))
  const ingester = spool.ingest(store)

  await new Promise((resolve) => setTimeout(resolve, 600))
  assert.equal((await store.query({})).length, 0)

  calmDown()
  await until(async () => (await store.query({})).length === 1)
  await ingester.close()
})

it('however busy the gate, the spool does not grow beyond its bound', async () => {
  const [{ directory, log, writers, write }, store, newId] = [givenSpool(), memoryAudit(), givenIds()]
  const calmDown = givenBusyLoop()
  write('aaaaaa', lines(eventLine(eventOf(newId()))))
  const ingester = startIngester({ directory, store, log, writers, backlogBytes: 100 })

  await until(async () => (await store.query({})).length === 1)

  calmDown()
  await ingester.close()
})

it('events go when their retention is over, however many', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  spool.write('aaaaaa', lines(...Array.from({ length: 1000 }, () => eventLine(eventOf(newId())))))
  await drainOnce(spool, store)
  assert.equal((await store.query({ limit: 10_000 })).length, 1000)

  await drainOnce(spool, store, NOON + 90 * DAY + 500)
  assert.equal((await store.query({ limit: 10_000 })).length, 500)
})

it('offsets of segments that are no more are forgotten, but not at once', async () => {
  const [spool, store, newId] = [givenSpool(), givenSqliteStore(), givenIds()]
  spool.write('aaaaaa', lines(eventLine(eventOf(newId()))))
  spool.writers.add('aaaaaa')
  const ingester = spool.ingest(store)
  await ingester.drain()
  assert.equal((await store.offsets()).size, 1)

  await ingester.drain()
  assert.equal((await store.offsets()).size, 0)
  await ingester.close()
})

it('what else lies in the directory is left alone', async () => {
  const [spool, store] = [givenSpool(), givenSqliteStore()]
  writeFileSync(join(spool.directory, 'notes.jsonl'), 'mine\n')

  await drainOnce(spool, store)

  assert.deepEqual(segmentsIn(spool.directory), ['notes.jsonl'])
})
