import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { keepRecord } from '../../src/record/index.ts'
import { thisPlace } from '../../src/record/life.ts'
import { segmentName } from '../../src/record/segment.ts'
import { givenDirectory, givenLog, NOON } from './given.ts'

/** What a gate says when it begins to keep its record where the process with this id has begun to. */
async function toldBeside(pid: number, place = thisPlace()): Promise<unknown[]> {
  const [directory, log] = [givenDirectory(), givenLog()]
  writeFileSync(join(directory, segmentName({ process: 'aaaaaa', number: 1, pid, place, openedAt: NOON })), '')
  const options = { segmentBytes: 4096, retentionMs: 1000, store: undefined, isRequired: true, mirror: undefined }
  const kept = keepRecord({ ...options, directory, log })
  await kept.close()
  return log.said.filter(({ message }) => message.includes('another process')).map(({ detail }) => detail)
}

it('a gate that starts beside another says so', async () => {
  const [told, ...further] = await toldBeside(process.ppid)

  assert.deepEqual((told as { pids: unknown }).pids, [process.ppid])
  assert.deepEqual(further, [])
})

it('what a gate has left behind that has ended, or keeps elsewhere, is no gate', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(child, 'exit')

  assert.deepEqual(await toldBeside(child.pid as number), [])
  assert.deepEqual(await toldBeside(process.ppid, '00000000'), [])
})
