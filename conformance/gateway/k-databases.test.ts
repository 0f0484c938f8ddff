import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { filesBelow, type Gate, launch, portcullis, startGate } from './harness/gate.ts'
import { bearer, speak } from './harness/mcp.ts'
import { until } from './harness/processes.ts'
import { scenario, setUp, tearDown, topic } from './harness/suite.ts'
import { Witness } from './servers/witness.ts'

topic('K. Databases that are damaged or held', () => {
  let gate: Gate
  let witness: Witness

  setUp(async () => {
    witness = await Witness.start()
    gate = await startGate({ servers: { http: { upstream: { url: witness.url() }, access: ['api-key'] } } })
  })
  tearDown(async () => {
    await gate?.stop()
    witness?.close()
  })

  const stateOf = ({ directory }: Gate): string[] =>
    filesBelow(join(directory, 'state'))
      .toSorted()
      .map((file) => `${file} ${hash('sha256', readFileSync(file))}`)

  for (const [name, how, spoil] of [
    ['gate.db', 'its beginning', (bytes) => bytes.fill(0x5a, 0, 512)],
    ['gate.db', 'its middle', (bytes) => bytes.fill(0x5a, 4096, 20_480)],
    ['audit.db', 'its beginning', (bytes) => bytes.fill(0x5a, 0, 512)],
  ] as const satisfies readonly (readonly [string, string, (bytes: Buffer) => Buffer])[]) {
    scenario(
      `${name} is damaged in ${how}: the gate does not start, names the file, and leaves all as it was`,
      { for: 'Store: nothing is lost; architecture §3: exit codes' },
      async () => {
        // Given a gate that has ended in good order, and a file that was spoilt afterwards
        const made = await gate.key('http')
        await gate.stop()
        const file = join(gate.directory, 'state', name)
        const sound = readFileSync(file)
        writeFileSync(file, spoil(Buffer.from(sound)))
        const before = stateOf(gate)

        // When somebody starts it, twice
        for (let time = 0; time < 2; time++) {
          const { code, stdout, stderr } = await portcullis(['serve', '--config', gate.configFile, '--json'])

          // Then it says which file is damaged and what to do, without a stack
          assert.equal(code, 1)
          assert.equal(stdout, '')
          assert.ok(stderr.includes(`the gate cannot start: ${file} is damaged, or no database`), stderr)
          assert.match(stderr, /It was not changed\. Put a backup in its place/)
          assert.doesNotMatch(stderr, /^ {4}at /m)
          assert.deepEqual(stateOf(gate), before)
        }
        if (name === 'gate.db' && how === 'its beginning') {
          const { code, stderr } = await gate.command('keys', 'list')
          assert.equal(code, 1)
          assert.ok(stderr.startsWith(`portcullis: ${file} is damaged, or no database`), stderr)
          assert.deepEqual(stateOf(gate), before)
        }

        // And with the backup in its place all is there again
        writeFileSync(file, sound)
        gate = await launch(gate.directory)
        const speaker = await speak(gate.mcp('http'), '2025-11-25', bearer(made.key))
        assert.equal((await speaker.request('tools/list')).status, 200)
        assert.equal((await gate.audit('--key', made.id, '--type', 'key.created')).length, 1)
      },
    )
  }

  scenario(
    'a key whose row is damaged is told of in the log, once, and the other keys work',
    { for: 'Store: nothing is lost' },
    async () => {
      // Given a gate that has ended, and one row that makes no sense any more
      const [damaged, whole] = [await gate.key('http'), await gate.key('http')]
      await gate.stop()
      const db = new DatabaseSync(join(gate.directory, 'state', 'gate.db'))
      db.prepare('update credentials set scopes = ? where id = ?').run('[', damaged.id)

      // When it starts and reads all keys, and reads them all again
      gate = await launch(gate.directory)
      const speaker = await speak(gate.mcp('http'), '2025-11-25', bearer(whole.key))
      const told = () => gate.logLines.filter(({ credential }) => credential === damaged.id)
      await until('the log tells of it', () => told().length > 0)
      db.prepare("insert into credential_changes (id) values ('*')").run()
      db.close()
      for (let times = 0; times < 3; times++) {
        assert.equal((await speaker.request('tools/list')).status, 200)
        await pause(50)
      }

      // Then the log has said so once
      assert.equal(told().length, 1)
      assert.match(String(told()[0]?.msg), /damaged/)
    },
  )

  scenario(
    'while another process holds the database, calls and new sessions go on, and the sessions outlive the gate',
    { for: 'Store: two processes at once; Legacy sessions: survive restart' },
    async () => {
      // Given callers of a gate, and a process that begins to write and takes its time
      const { key } = await gate.key('http')
      const known = await speak(gate.mcp('http'), '2025-11-25', bearer(key))
      const other = new DatabaseSync(join(gate.directory, 'state', 'gate.db'))
      other.exec('begin immediate')
      const heldAt = performance.now()

      // When they call and open sessions all the while
      const times: number[] = []
      const opened = []
      while (performance.now() - heldAt < 1500) {
        const begun = performance.now()
        const speaker = await speak(gate.mcp('http'), '2025-11-25', bearer(key))
        assert.equal((await speaker.request('tools/list')).status, 200)
        assert.equal((await known.request('tools/list')).status, 200)
        times.push(performance.now() - begun)
        opened.push(speaker)
        await pause(20)
      }
      const { count } = other.prepare('select count(*) as count from sessions').get() as { count: number }
      other.exec('commit')

      // Then nobody waited for the lock, and what could not be written then is written now
      times.sort((a, b) => a - b)
      assert.ok((times.at(-1) as number) < 1000, `one took ${Math.round(times.at(-1) as number)} ms`)
      assert.ok(
        (times[times.length >> 1] as number) < 200,
        `half took ${Math.round(times[times.length >> 1] as number)} ms`,
      )
      await until('the sessions are written', () => {
        const now = other.prepare('select count(*) as count from sessions').get() as { count: number }
        return now.count === count + opened.length
      })
      other.close()
      await gate.kill()
      gate = await launch(gate.directory)
      for (const speaker of opened.slice(-3)) assert.equal((await speaker.request('tools/list')).status, 200)
    },
  )
})
