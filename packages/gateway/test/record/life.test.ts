import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { it } from 'node:test'
import { openHere, thisPlace, watchWriters } from '../../src/record/life.ts'
import { readSegmentName, type Segment, segmentName } from '../../src/record/segment.ts'
import { NOON } from './given.ts'

function givenSegment(facts: Partial<Segment> = {}): Segment {
  const named = { process: 'aaaaaa', number: 1, pid: process.ppid, place: thisPlace(), openedAt: NOON, ...facts }
  return { ...named, name: segmentName(named) }
}

async function givenDeadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'exit')
  return child.pid as number
}

it('a name says who writes the segment', () => {
  const segment = givenSegment({ number: 12_345 })

  assert.deepEqual(readSegmentName(segment.name), segment)
  for (const name of ['', 'x.jsonl', `${segment.name}~`, `../${segment.name}`]) {
    assert.equal(readSegmentName(name), undefined)
  }
})

it('a writer whose process runs is not gone, and one whose process has ended is at once', async () => {
  const writers = watchWriters()

  assert.equal(writers.isGone(givenSegment(), 'sign'), false)
  assert.equal(writers.isGone(givenSegment({ pid: await givenDeadPid() }), 'sign'), true)
})

it('the process id of another machine or container proves nothing', async () => {
  const elsewhere = givenSegment({ pid: await givenDeadPid(), place: '00000000' })

  assert.equal(watchWriters().isGone(elsewhere, 'sign'), false)
})

it('who has this process id, but is not open here, was somebody before us', () => {
  const own = givenSegment({ pid: process.pid })
  assert.equal(watchWriters().isGone(own, 'sign'), true)

  openHere.add(own.process)
  assert.equal(watchWriters().isGone(own, 'sign'), false)
  openHere.delete(own.process)
})

it('a writer is gone when it was watched for a minute without a sign of life', () => {
  let now = 0
  const writers = watchWriters({ clock: () => now })
  const elsewhere = givenSegment({ place: '00000000' })
  const isGone = (sign: string, afterMs: number) => {
    now += afterMs
    return writers.isGone(elsewhere, sign)
  }

  assert.equal(isGone('a', 1e9), false)
  assert.equal(isGone('a', 59_999), false)
  assert.equal(isGone('b', 1), false)
  assert.equal(isGone('b', 59_999), false)
  assert.equal(isGone('b', 1), true)
  assert.equal(isGone('c', 1), false)
})
