import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { storedDigest } from '@portcullis/auth/crypto'
import type { CredentialRecord, SessionRecord } from '@portcullis/auth/store'
import { openStores, openStoresForCommand } from '../../src/state/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'portcullis-busy-'))
after(() => rmSync(directory, { recursive: true }))
let files = 0

/** A gate's stores, and another connection to their database that holds it, as a command or a backup does. */
function given() {
  const file = join(directory, `${++files}.db`)
  const stores = openStores({ kind: 'sqlite', file })
  const other = new DatabaseSync(file)
  const hold = () => other.exec('begin immediate')
  const letGo = () => other.exec('commit')
  return { file, ...stores, other, hold, letGo }
}

const session = (idHash: string): SessionRecord => ({ idHash, server: 'tools', principalKey: 'me', lastSeenAt: 1000 })

const record = (number: number): CredentialRecord => ({
  id: String(number).padStart(16, '0'),
  kind: 'api-key',
  digest: storedDigest(new Uint8Array(32)),
  clientId: 'c'.repeat(16),
  server: 'tools',
  name: 'x',
  createdAt: 1000,
})

/** The longest that the event loop stood still, in milliseconds, since this was called. */
function watchLoop(): () => number {
  let last = performance.now()
  let longest = 0
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }, 5)
  return () => {
    clearInterval(timer)
    return Math.max(longest, performance.now() - last)
  }
}

it('while another process holds the database for a second, the loop goes on, and all is written afterwards', async () => {
  // Given a session and a key, and somebody who holds the database
  const { credentials, sessions, hold, letGo, close } = given()
  await sessions.put(session('ended'))
  await credentials.insert(record(1))
  hold()
  const longest = watchLoop()

  const late: unknown[] = []

  // When the gate writes all that it writes while it serves, many times over
  const written = Promise.all([
    ...Array.from({ length: 5 }, (_, at) => sessions.put(session(`new ${at}`))),
    sessions.remove('ended'),
    sessions.touch(new Map([['new 1', 2000]])),
    sessions.prune(10),
    credentials.touch(new Map([[record(1).id, 2000]])),
    credentials.claim(record(1).id, 'reminded', 2000),
    credentials.revoke(record(1).id, 2000),
  ])
  for (const until = performance.now() + 1000; performance.now() < until; ) {
    await sleep(10)
    late.push(sessions.put(session(`late ${late.length % 10}`)))
  }

  // Then it stood still for no longer than a first try takes, reads went on, and nothing is lost
  assert.equal(await credentials.find('nobody'), undefined)
  const stood = longest()
  assert.ok(stood < 200, `the loop stood still for ${Math.round(stood)} ms`)
  assert.equal((await sessions.find('ended'))?.server, 'tools')
  letGo()
  const outcomes = await written
  assert.deepEqual(outcomes.slice(-4), [0, undefined, true, 'revoked'])
  await Promise.all(late)
  assert.equal(await sessions.count(), 15)
  assert.equal(await sessions.find('ended'), undefined)
  assert.equal((await sessions.find('new 1'))?.lastSeenAt, 2000)
  const { lastUsedAt, revokedAt } = (await credentials.find(record(1).id)) as CredentialRecord
  assert.deepEqual([lastUsedAt, revokedAt], [2000, 2000])
  close()
})

it('what waits is written in the order in which it was asked for', async () => {
  const { sessions, hold, letGo, close } = given()
  hold()
  const written = [sessions.put(session('a')), sessions.remove('a'), sessions.put(session('b'))]
  letGo()
  // Though the database is free, this one does not overtake the others
  written.push(sessions.remove('b'))
  await Promise.all(written)

  assert.equal(await sessions.count(), 0)
  close()
})

it('what fails in the line fails for whoever asked for it, and for nobody else', async () => {
  const { credentials, hold, letGo, close } = given()
  await credentials.insert(record(1))
  hold()
  const taken = assert.rejects(async () => credentials.insert(record(1)), /UNIQUE/)
  const good = credentials.insert(record(2))
  letGo()

  await taken
  await good
  assert.equal(await credentials.count(), 2)
  close()
})

it('a gate that closes writes what still waits, if it may', async () => {
  const { file, sessions, hold, letGo, close } = given()
  hold()
  const first = sessions.put(session('a'))
  letGo()
  close()
  await first

  const held = given()
  held.hold()
  const lost = [held.sessions.put(session('a')), held.sessions.put(session('b'))].map((each) =>
    assert.rejects(async () => each, /locked/),
  )
  const began = performance.now()
  held.close()
  await Promise.all(lost)
  assert.ok(performance.now() - began < 500)

  const later = openStoresForCommand({ kind: 'sqlite', file })
  assert.equal(await later.sessions.count(), 1)
  later.close()
})

it('a process does not end before what it waits for is written', async () => {
  const file = join(directory, `${++files}.db`)
  const args = [...process.execArgv, join(import.meta.dirname, 'ending-gate.ts'), file]

  const { stdout } = await promisify(execFile)(process.execPath, args)

  assert.equal(stdout, '1 written')
})

it('a command waits for another process where it is', () => {
  const { file, hold, close } = given()
  const command = openStoresForCommand({ kind: 'sqlite', file })
  hold()

  const began = performance.now()
  assert.throws(() => command.credentials.insert(record(1)), /locked/)

  assert.ok(performance.now() - began > 1500)
  command.close()
  close()
})
