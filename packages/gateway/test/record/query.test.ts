import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import type { AuditEvent, AuditFilter, Outcome, RequestEvent } from '@portcullis/auth/events'
import { memoryAudit } from '@portcullis/auth/store'
import fc from 'fast-check'
import { type AuditStore, queryRecord } from '../../src/record/index.ts'
import { openIntake } from '../../src/record/intake.ts'
import { endingLine, eventLine, intentLine } from '../../src/record/lines.ts'
import { segmentName } from '../../src/record/segment.ts'
import { giveUpGone } from '../../src/record/upkeep.ts'
import {
  ANSWERED,
  eventOf,
  givenDirectory,
  givenGone,
  givenIds,
  givenLog,
  givenSqliteStore,
  intentOf,
  NOON,
} from './given.ts'

/** A spool written line by line, and an intake that takes in as many lines as it is told to. */
function givenRecord(store: AuditStore = memoryAudit()) {
  const directory = givenDirectory()
  const writers = givenGone()
  const intake = openIntake({ directory, store, writers, log: givenLog() })
  return {
    directory,
    store,
    writers,
    intake,
    write(process: string, line: string, number = 1): void {
      const name = segmentName({ process, number, pid: 1, place: '00000000', openedAt: NOON })
      appendFileSync(join(directory, name), `${line}\n`)
    },
    query: (filter: AuditFilter = {}) => queryRecord(filter, { directory, store, writers }),
  }
}

const briefly = (events: readonly AuditEvent[]) =>
  events.map((event) => [event.id, event.type === 'request' ? event.outcome : event.type])

it('finds what is in the store, what is in the spool, and what is half in either, each once', async () => {
  const record = givenRecord()
  const newId = givenIds()
  const [stored, half, fresh, running] = [newId(), newId(), newId(), newId()]
  record.write('aaaaaa', eventLine(eventOf(stored)))
  record.write('aaaaaa', intentLine(intentOf(half)))
  await record.intake.step(10)
  record.write('aaaaaa', endingLine(half, ANSWERED))
  record.write('aaaaaa', eventLine(eventOf(fresh)))
  record.write('aaaaaa', intentLine(intentOf(running)))

  assert.deepEqual(briefly(await record.query()), [
    [running, 'open'],
    [fresh, 'answered'],
    [half, 'answered'],
    [stored, 'answered'],
  ])
  assert.deepEqual(briefly(await record.query({ outcome: 'open' })), [[running, 'open']])
  assert.deepEqual(briefly(await record.query({ outcome: 'answered', limit: 2 })), [
    [fresh, 'answered'],
    [half, 'answered'],
  ])
})

it('calls of a gate that is gone are unknown at once, taken in or not', async () => {
  const record = givenRecord()
  const newId = givenIds()
  const [stored, fresh] = [newId(), newId()]
  record.write('aaaaaa', intentLine(intentOf(stored)))
  await record.intake.step(10)
  record.write('aaaaaa', intentLine(intentOf(fresh)))
  assert.equal((await record.query({ outcome: 'open' })).length, 2)

  record.writers.add('aaaaaa')

  assert.deepEqual(briefly(await record.query({ outcome: 'unknown' })), [
    [fresh, 'unknown'],
    [stored, 'unknown'],
  ])
  assert.deepEqual(await record.query({ outcome: 'open' }), [])
})

it('an event that is taken in while the question is being answered is found, and once', async () => {
  const store = memoryAudit()
  const newId = givenIds()
  // Between the reading of the tail and the question to the store everything is taken in.
  const overtaking: AuditStore = {
    ...store,
    async query(filter) {
      while (await record.intake.step(1));
      return store.query(filter)
    },
  }
  const record = givenRecord(overtaking)
  for (let index = 0; index < 20; index++) record.write('aaaaaa', eventLine(eventOf(newId())))

  assert.equal((await record.query()).length, 20)
})

it('a page that yields little, because its calls have ended meanwhile, is followed by the next', async () => {
  const record = givenRecord()
  const newId = givenIds()
  const ids = Array.from({ length: 30 }, newId)
  for (const id of ids) record.write('aaaaaa', intentLine(intentOf(id)))
  await record.intake.step(100)
  for (const id of ids.slice(5)) record.write('aaaaaa', endingLine(id, ANSWERED))

  const open = await record.query({ outcome: 'open', limit: 5 })

  assert.deepEqual(
    open.map(({ id }) => id),
    ids.slice(0, 5).reverse(),
  )
})

it('a call in a batch is found by its name, in the store, in the spool and half in either', async () => {
  const record = givenRecord(givenSqliteStore())
  const newId = givenIds()
  const [stored, half, fresh, other] = [newId(), newId(), newId(), newId()]
  const batch = { method: 'batch', name: 'tools/call echo, tools/call "two\nlines"' }
  record.write('aaaaaa', eventLine(eventOf(stored, batch)))
  record.write('aaaaaa', intentLine(intentOf(half, batch)))
  await record.intake.step(10)
  record.write('aaaaaa', endingLine(half, ANSWERED))
  record.write('aaaaaa', eventLine(eventOf(fresh, batch)))
  record.write('aaaaaa', eventLine(eventOf(other, { ...batch, name: 'tools/call echoes' })))

  for (const filter of [{ name: 'echo' }, { name: '"two\nlines"' }, { name: 'echo', method: 'tools/call' }]) {
    assert.deepEqual(briefly(await record.query({ ...filter, outcome: 'answered' })), [
      [fresh, 'answered'],
      [half, 'answered'],
      [stored, 'answered'],
    ])
  }
  assert.deepEqual(await record.query({ name: 'ech' }), [])
})

it('refuses a page out of bounds', async () => {
  await assert.rejects(givenRecord().query({ limit: 0 }), TypeError)
})

/** What may happen to a record, one after the other. */
type Step =
  | { readonly kind: 'intent' | 'complete'; readonly gate: number; readonly server: number }
  | { readonly kind: 'ending'; readonly gate: number; readonly which: number }
  | { readonly kind: 'rotate' | 'die'; readonly gate: number }
  | { readonly kind: 'take'; readonly lines: number }

const gate = fc.nat(1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('intent', 'complete'), gate, server: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ending'), gate, which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rotate'), gate }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('take'), lines: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('die', 'rotate'), gate }) },
)

it('however writing, taking in, rotating and dying interleave, the answer is as if there were no store', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), async (steps, limit) => {
      const record = givenRecord()
      const model = new Map<string, RequestEvent>()
      const gates = ['aaaaaa', 'bbbbbb'].map((process) => ({
        process,
        newId: givenIds(process),
        number: 1,
        isDead: false,
      }))
      for (const each of steps) {
        if (each.kind === 'take') {
          await record.intake.step(each.lines)
          await giveUpGone(record.directory, record.store)
          continue
        }
        const writer = gates[each.gate] as (typeof gates)[number]
        if (writer.isDead) continue
        const write = (line: string) => record.write(writer.process, line, writer.number)
        const mine = [...model.values()].filter(({ id, outcome }) => id.includes(writer.process) && outcome === 'open')
        if (each.kind === 'rotate') writer.number++
        if (each.kind === 'intent' || each.kind === 'complete') {
          const event = eventOf(writer.newId(), { server: `s${each.server}` })
          const isIntent = each.kind === 'intent'
          write(isIntent ? intentLine(event) : eventLine(event))
          model.set(event.id, isIntent ? { ...event, outcome: 'open' } : event)
        }
        if (each.kind === 'ending') {
          const event = mine[each.which]
          if (event === undefined) continue
          write(endingLine(event.id, { outcome: 'left' }))
          model.set(event.id, { ...event, outcome: 'left' })
        }
        if (each.kind === 'die') {
          writer.isDead = true
          record.writers.add(writer.process)
          for (const event of mine) model.set(event.id, { ...event, outcome: 'unknown' })
        }
      }
      const expected = [...model.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
      const outcomes: (Outcome | undefined)[] = [undefined, 'open', 'unknown', 'left', 'answered']
      for (const outcome of outcomes) {
        for (const server of [undefined, 's0']) {
          const wanted = expected.filter(
            (event) => (outcome ?? event.outcome) === event.outcome && (server ?? event.server) === event.server,
          )
          assert.deepEqual(briefly(await record.query({ outcome, server, limit })), briefly(wanted.slice(0, limit)))
        }
      }
    }),
    { numRuns: 200 },
  )
})
