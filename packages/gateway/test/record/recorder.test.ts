import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AuditEvent, RefusalsEvent } from '@portcullis/auth/events'
import { createRecorder, openSpool, type Spool } from '../../src/record/index.ts'
import { readLine } from '../../src/record/lines.ts'
import { ANSWERED, acknowledged, eventOf, givenDirectory, givenLog, intentOf, linesIn, NOON } from './given.ts'

function givenRecorder(mirror?: (event: AuditEvent) => void) {
  const directory = givenDirectory()
  const spool = openSpool({ directory })
  // A disk that can be made to refuse.
  const disk = { isFull: false }
  const refusing: Spool = {
    ...spool,
    append: (line, written) =>
      disk.isFull ? setImmediate(written, new Error('no room')) : spool.append(line, written),
  }
  const log = givenLog()
  const recorder = createRecorder({ spool: refusing, log, mirror, now: () => NOON, refusalsMs: 20 })
  return { recorder, disk, log, records: () => linesIn(directory).map(readLine) }
}

it('a call leaves its intent before it goes and its ending before it is answered', async () => {
  const { recorder, records } = givenRecorder()
  const id = recorder.newId(NOON)

  await acknowledged((then) => recorder.intent(intentOf(id), then))
  assert.deepEqual(
    records().map((record) => record?.type === 'request' && record.outcome),
    ['open'],
  )
  await acknowledged((then) => recorder.outcome(id, ANSWERED, then))

  assert.deepEqual(records()[1], { type: 'ending', id, ...ANSWERED })
  recorder.close()
})

it('when nothing can be written, whoever wants to call is told', async () => {
  const { recorder, disk, log, records } = givenRecorder()
  disk.isFull = true
  const id = recorder.newId(NOON)

  await assert.rejects(acknowledged((then) => recorder.intent(intentOf(id), then)))
  await assert.rejects(acknowledged((then) => recorder.outcome(id, ANSWERED, then)))
  await assert.rejects(acknowledged((then) => recorder.complete(eventOf(id), then)))
  recorder.operation({ type: 'gate.started', actor: 'gate' })
  await new Promise((resolve) => setTimeout(resolve, 5))

  assert.deepEqual(records(), [])
  assert.deepEqual(
    log.said.map(({ level }) => level),
    ['error'],
  )
  recorder.close()
})

it('what the gate answers by itself and what is done to it are one line each', async () => {
  const { recorder, records } = givenRecorder()
  const event = eventOf(recorder.newId(NOON), { decision: 'denied', reason: 'tool_unknown', outcome: 'gate' })

  await acknowledged((then) => recorder.complete(event, then))
  await acknowledged((then) => recorder.operation({ type: 'child.started', actor: 'gate', server: 'files' }, then))

  const [request, operation] = records()
  assert.equal(request?.type === 'request' && request.reason, 'tool_unknown')
  assert.equal(operation?.type === 'child.started' && operation.at, NOON)
  recorder.close()
})

it('a hundred thousand refusals are a few lines', () => {
  const { recorder, records } = givenRecorder()
  for (let knock = 0; knock < 100_000; knock++) {
    recorder.refusal({ peer: `192.0.${knock % 3}.${knock % 256}`, reason: 'credential_missing', server: 'files' })
  }

  recorder.close()

  const tallies = records() as RefusalsEvent[]
  assert.deepEqual(tallies.map(({ network }) => network).sort(), ['192.0.0.0/24', '192.0.1.0/24', '192.0.2.0/24'])
  assert.equal(
    tallies.reduce((sum, { counts }) => sum + (counts.credential_missing ?? 0), 0),
    100_000,
  )
})

it('refusals that could not be written are counted in the next round', async () => {
  const { recorder, disk, log, records } = givenRecorder()
  disk.isFull = true
  recorder.refusal({ peer: '192.0.2.1', reason: 'x' })
  while (log.said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))

  disk.isFull = false
  recorder.refusal({ peer: '192.0.2.2', reason: 'x' })
  recorder.close()

  const [tally] = records() as RefusalsEvent[]
  assert.deepEqual(tally?.counts, { x: 2 })
})

it('a mirror is shown each finished event, whole', async () => {
  const shown: AuditEvent[] = []
  const { recorder } = givenRecorder((event) => shown.push(event))
  const [called, failed] = [recorder.newId(NOON), recorder.newId(NOON)]

  await acknowledged((then) => recorder.intent(intentOf(called, { reason: 'kept' }), then))
  await acknowledged((then) => recorder.intent(intentOf(failed), then))
  recorder.outcome(called, ANSWERED, () => {})
  recorder.outcome('0'.repeat(19), ANSWERED, () => {})

  assert.deepEqual(shown, [{ ...intentOf(called), ...ANSWERED, reason: 'kept' }])
  recorder.close()
})

it('a mirror that fails changes nothing', async () => {
  const { recorder, records } = givenRecorder(() => {
    throw new Error('EPIPE')
  })

  await acknowledged((then) => recorder.complete(eventOf(recorder.newId(NOON)), then))

  assert.equal(records().length, 1)
  recorder.close()
})
