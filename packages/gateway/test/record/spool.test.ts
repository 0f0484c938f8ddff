import assert from 'node:assert/strict'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import fc from 'fast-check'
import { BEAT_MS, STALE_MS } from '../../src/record/life.ts'
import { type Files, systemFiles } from '../../src/record/segment-file.ts'
import { openSpool } from '../../src/record/spool.ts'
import { acknowledged, givenDirectory, linesIn, nextTurn, segmentsIn } from './given.ts'

/** A kernel that takes `room` bytes more and then has none, until it is given some. */
function givenDisk(room = Number.POSITIVE_INFINITY) {
  const disk = { room, writes: 0, canTruncate: true, canOpen: true, code: 'ENOSPC' }
  const fail = (code: string) => {
    throw Object.assign(new Error(`${code}: as the test wants it`), { code })
  }
  const files: Files = {
    ...systemFiles,
    writeSync: ((fd: number, bytes: Uint8Array, offset: number, length: number) => {
      disk.writes++
      if (disk.room === 0) fail(disk.code)
      const count = systemFiles.writeSync(fd, bytes, offset, Math.min(length, disk.room))
      disk.room -= count
      return count
    }) as typeof systemFiles.writeSync,
    ftruncateSync: (fd, length) => (disk.canTruncate ? systemFiles.ftruncateSync(fd, length) : fail('EIO')),
    openSync: ((...args: Parameters<typeof systemFiles.openSync>) =>
      disk.canOpen ? systemFiles.openSync(...args) : fail('EMFILE')) as typeof systemFiles.openSync,
  }
  return { disk, files }
}

/** Appends in one turn and tells which lines were acknowledged. */
function appendAll(spool: ReturnType<typeof openSpool>, lines: readonly string[]): Promise<boolean[]> {
  return Promise.all(
    lines.map((line) => new Promise<boolean>((resolve) => spool.append(line, (error) => resolve(error === undefined)))),
  )
}

it('the lines of one turn go to the kernel in one write, and are acknowledged when it has them', async () => {
  const directory = givenDirectory()
  const { disk, files } = givenDisk()
  const spool = openSpool({ directory, files })
  const onDisk: number[] = []

  for (const line of ['"a"', '"ä €"', '"c"']) spool.append(line, () => onDisk.push(linesIn(directory).length))
  assert.deepEqual(onDisk, [])
  await nextTurn()

  assert.deepEqual(onDisk, [3, 3, 3])
  assert.deepEqual(linesIn(directory), ['"a"', '"ä €"', '"c"'])
  assert.equal(disk.writes, 1)
  spool.close()
})

it('nobody else on the machine may read it', () => {
  const directory = join(givenDirectory(), 'spool')
  const spool = openSpool({ directory })

  assert.equal(statSync(directory).mode & 0o777, 0o700)
  assert.equal(statSync(join(directory, segmentsIn(directory)[0] ?? '')).mode & 0o777, 0o600)
  spool.close()
})

it('a gate that cannot make its spool does not start', () => {
  assert.throws(() => openSpool({ directory: '/dev/null/spool' }))
})

it('a full segment is followed by a fresh one, and names stand in the order of writing', async () => {
  const directory = givenDirectory()
  const spool = openSpool({ directory, segmentBytes: 100 })
  const lines = Array.from({ length: 50 }, (_, index) => JSON.stringify(`line ${index}`))

  for (const line of lines) await acknowledged((written) => spool.append(line, written))

  assert.ok(segmentsIn(directory).length > 3)
  assert.deepEqual(linesIn(directory), lines)
  spool.close()
})

it('a line longer than any buffer goes through', async () => {
  const directory = givenDirectory()
  const spool = openSpool({ directory })
  const line = JSON.stringify('€'.repeat(500_000))

  await acknowledged((written) => spool.append(line, written))

  assert.deepEqual(linesIn(directory), [line])
  spool.close()
})

it('on a full disk the lines that fit are acknowledged, the others refused, and nothing is torn', async () => {
  const directory = givenDirectory()
  const { disk, files } = givenDisk(12)
  const spool = openSpool({ directory, files })

  assert.deepEqual(await appendAll(spool, ['"aaaa"', '"bbbb"', '"cccc"']), [true, false, false])
  assert.deepEqual(await appendAll(spool, ['"dddd"']), [false])
  assert.deepEqual(linesIn(directory), ['"aaaa"'])

  // When there is room again, it goes on by itself in the same segment
  disk.room = 100
  assert.deepEqual(await appendAll(spool, ['"eeee"']), [true])
  assert.deepEqual(linesIn(directory), ['"aaaa"', '"eeee"'])
  assert.equal(segmentsIn(directory).length, 1)
  spool.close()
})

it('where a torn line cannot be taken away, the next one stands in a fresh segment', async () => {
  const directory = givenDirectory()
  const { disk, files } = givenDisk(10)
  const spool = openSpool({ directory, files })
  disk.canTruncate = false

  assert.deepEqual(await appendAll(spool, ['"aaaa"', '"bbbb"']), [true, false])
  disk.room = 100
  assert.deepEqual(await appendAll(spool, ['"cccc"']), [true])

  assert.deepEqual(linesIn(directory), ['"aaaa"', '"cccc"'])
  assert.equal(segmentsIn(directory).length, 2)
  spool.close()
})

it('a limit on the size of files is met with a fresh file', async () => {
  const directory = givenDirectory()
  const { disk, files } = givenDisk(10)
  const spool = openSpool({ directory, files })
  disk.code = 'EFBIG'

  assert.deepEqual(await appendAll(spool, ['"aaaa"', '"bbbb"']), [true, false])
  disk.room = 100
  assert.deepEqual(await appendAll(spool, ['"cccc"']), [true])

  assert.equal(segmentsIn(directory).length, 2)
  spool.close()
})

it('whatever room there is at any moment: acknowledged is what stands, in its order, and every line is whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ room: fc.nat(60), lines: fc.nat(6), canTruncate: fc.boolean(), isLimit: fc.boolean() }), {
        maxLength: 12,
      }),
      async (turns) => {
        const directory = givenDirectory()
        const { disk, files } = givenDisk()
        const spool = openSpool({ directory, files, segmentBytes: 100 })
        const acknowledgedLines: string[] = []
        let count = 0
        for (const { room, lines, canTruncate, isLimit } of turns) {
          Object.assign(disk, { room, canTruncate, code: isLimit ? 'EFBIG' : 'ENOSPC' })
          const batch = Array.from({ length: lines }, () => JSON.stringify(`zeile ${'ü'.repeat(count % 5)} ${count++}`))
          const answers = await appendAll(spool, batch)
          acknowledgedLines.push(...batch.filter((_, index) => answers[index]))
        }
        spool.close()
        assert.deepEqual(linesIn(directory), acknowledgedLines)
      },
    ),
    { numRuns: 150 },
  )
})

it('where no fresh segment can be begun, a full one still takes lines', async () => {
  const directory = givenDirectory()
  const { disk, files } = givenDisk()
  const spool = openSpool({ directory, files, segmentBytes: 5 })
  disk.canOpen = false

  assert.deepEqual(await appendAll(spool, ['"aaaa"']), [true])
  assert.deepEqual(await appendAll(spool, ['"bbbb"']), [true])

  assert.equal(segmentsIn(directory).length, 1)
  spool.close()
})

it('a listener that throws keeps nobody else waiting', async (test) => {
  const spool = openSpool({ directory: givenDirectory() })
  const mistakes: unknown[] = []
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').once('uncaughtException', (error) => mistakes.push(error))
  test.after(() => {
    for (const listener of listeners) process.on('uncaughtException', listener)
  })

  const told = new Promise<string>((resolve) => {
    spool.append('"a"', () => {
      throw new Error('a mistake')
    })
    spool.append('"b"', () => resolve('told'))
  })

  assert.equal(await told, 'told')
  await nextTurn()
  await nextTurn()
  assert.match(String(mistakes[0]), /a mistake/)
  spool.close()
})

it('on the way out everything is written at once, and later lines are refused', async () => {
  const directory = givenDirectory()
  const spool = openSpool({ directory })
  let told = 0
  spool.append('"waits"', () => {
    told++
    spool.append('"added by a listener"', () => told++)
  })

  spool.appendNow('"now"')
  spool.close()

  assert.deepEqual(linesIn(directory), ['"waits"', '"now"', '"added by a listener"'])
  assert.equal(told, 2)
  await assert.rejects(acknowledged((written) => spool.append('"late"', written)))
  assert.throws(() => spool.appendNow('"late"'))
})

it('a spool that was never written to leaves nothing behind', () => {
  const directory = givenDirectory()
  openSpool({ directory }).close()

  assert.deepEqual(segmentsIn(directory), [])
})

it('who has slept so long that others may think it dead goes on in a fresh segment', async () => {
  const directory = givenDirectory()
  let now = 0
  const spool = openSpool({ directory, clock: () => now })
  await acknowledged((written) => spool.append('"before"', written))

  now += STALE_MS - 1
  await acknowledged((written) => spool.append('"awake"', written))
  assert.equal(segmentsIn(directory).length, 1)
  now += STALE_MS
  await acknowledged((written) => spool.append('"after"', written))

  assert.equal(segmentsIn(directory).length, 2)
  assert.deepEqual(linesIn(directory), ['"before"', '"awake"', '"after"'])
  spool.close()
})

it('a quiet gate touches its segment, and begins a fresh one when somebody has deleted it', async (test) => {
  test.mock.timers.enable({ apis: ['setInterval'] })
  const directory = givenDirectory()
  let now = 0
  const spool = openSpool({ directory, clock: () => now })
  await acknowledged((written) => spool.append('"a"', written))
  const beat = () => {
    now += BEAT_MS
    test.mock.timers.tick(BEAT_MS)
  }

  for (let beats = 0; beats < 10; beats++) beat()
  await acknowledged((written) => spool.append('"b"', written))
  assert.equal(segmentsIn(directory).length, 1)

  rmSync(directory, { recursive: true })
  beat()
  await acknowledged((written) => spool.append('"c"', written))

  assert.deepEqual(linesIn(directory), ['"c"'])
  spool.close()
})

it('a segment that was deleted takes no lines a moment later, before any beat', async () => {
  const directory = givenDirectory()
  let now = 0
  const spool = openSpool({ directory, clock: () => now })
  await acknowledged((written) => spool.append('"a"', written))

  rmSync(directory, { recursive: true })
  now += 100
  await acknowledged((written) => spool.append('"b"', written))

  assert.deepEqual(linesIn(directory), ['"b"'])
  spool.close()
})
