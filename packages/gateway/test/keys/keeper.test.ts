import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDigestOf } from '@portcullis/auth/crypto'
import type { OperationEvent } from '@portcullis/auth/events'
import { issue } from '@portcullis/auth/keys'
import { readSecretText } from '@portcullis/auth/protocol'
import { type CredentialStore, prepareDatabase, sqliteCredentials } from '@portcullis/auth/store'
import type { Delivery, KeySettings } from '../../src/config/index.ts'
import { keepKeys } from '../../src/keys/index.ts'

const DAY = 86_400
const MADE = 1_000_000

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {} }

function givenKeeper(deliveries: Record<string, Delivery> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'keeper-'))
  const file = join(directory, 'keys.db')
  const open = (): CredentialStore => {
    const db = new DatabaseSync(file)
    prepareDatabase(db)
    return sqliteCredentials(db)
  }
  const settings: KeySettings = {
    maxAgeSeconds: 90 * DAY,
    remindBeforeSeconds: [14 * DAY, 7 * DAY, DAY],
    overlapSeconds: DAY,
    rotateBeforeSeconds: 7 * DAY,
    deliveries: new Map(Object.entries(deliveries)),
  }
  const events: Omit<OperationEvent, 'id' | 'at'>[] = []
  const recorder = { operation: (event: Omit<OperationEvent, 'id' | 'at'>) => void events.push(event) }
  const keepAt = (now: number, credentials = open()): Promise<void> =>
    keepKeys({ credentials, settings, recorder, log: SILENT, now: () => now })
  return { directory, file, open, events, keepAt }
}

const TERMS = { kind: 'api-key', server: 'files', name: 'agent' } as const

it('reminds of a key 14, 7 and 1 days before the age limit, once each, whoever looks first', async () => {
  const { open, events, keepAt } = givenKeeper()
  const { record } = await issue(open(), TERMS, MADE)

  const days = [75, 76, 77, 82, 83, 84, 88, 89, 90].map((day) => MADE + day * DAY)
  for (const now of days) await Promise.all([keepAt(now, open()), keepAt(now, open())])

  assert.deepEqual(
    events.map(({ type, credentialId, detail }) => [type, credentialId, detail]),
    [
      ['key.rotation_due', record.id, 'due in 14 days'],
      ['key.rotation_due', record.id, 'due in 7 days'],
      ['key.rotation_due', record.id, 'due in 1 day'],
    ],
  )
})

it('reminds of an earlier expiry, and not of keys that are revoked, replaced or expired', async () => {
  const { open, events, keepAt } = givenKeeper()
  const store = open()
  const ending = await issue(store, { ...TERMS, expiresAt: MADE + 30 * DAY }, MADE)
  const revoked = await issue(store, { ...TERMS, expiresAt: MADE + 30 * DAY }, MADE)
  await issue(store, { ...TERMS, expiresAt: MADE + 60 }, MADE)
  await store.revoke(revoked.record.id, MADE)

  await keepAt(MADE + 17 * DAY)

  assert.deepEqual(
    events.map(({ credentialId }) => credentialId),
    [ending.record.id],
  )
})

it('sends one reminder, not all it missed, when the gate was away', async () => {
  const { open, events, keepAt } = givenKeeper()
  await issue(open(), TERMS, MADE)

  await keepAt(MADE + 89.5 * DAY)

  assert.deepEqual(
    events.map(({ detail }) => detail),
    ['due in 1 day'],
  )
})

it('rotates a key that has a delivery, and hands the new one over in a file that only this user reads', async () => {
  const place = mkdtempSync(join(tmpdir(), 'delivery-'))
  const keeper = givenKeeper({ vault: { kind: 'file', file: join(place, '{server}', '{client}.key') } })
  const old = await issue(keeper.open(), { ...TERMS, delivery: 'vault', expiresAt: MADE + 90 * DAY }, MADE)
  const now = MADE + 83 * DAY

  await Promise.all([keeper.keepAt(now), keeper.keepAt(now)])

  const file = join(place, 'files', `${old.record.clientId}.key`)
  const key = readFileSync(file, 'utf8').trim()
  const read = readSecretText('api-key', key)
  assert.equal(read.kind, 'readable')
  const store = keeper.open()
  const successor = await store.find(read.kind === 'readable' ? read.id : '')
  assert.ok(successor && isDigestOf(successor.digest, key))
  assert.equal(successor.clientId, old.record.clientId)
  assert.equal(successor.expiresAt, now + 90 * DAY)
  assert.equal((await store.find(old.record.id))?.expiresAt, now + DAY)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal((await store.list({})).length, 2)
  assert.deepEqual(
    keeper.events.map(({ type }) => type),
    ['key.delivered', 'key.rotated'],
  )
})

it('gives a command the new key on stdin, its id in the environment, and nothing of the gate’s own', async () => {
  const { directory, ...keeper } = givenKeeper()
  const script = join(directory, 'receive.sh')
  writeFileSync(script, `#!/bin/sh\ncat > "$1"\nenv >> "$1"\n`)
  chmodSync(script, 0o700)
  const out = join(directory, 'received')
  const delivering = givenKeeper({ script: { kind: 'command', command: script, args: [out] } })
  process.env.GATE_SECRET = 'not-for-you'
  const old = await issue(delivering.open(), { ...TERMS, delivery: 'script' }, MADE)

  await delivering.keepAt(MADE + 89 * DAY)

  const received = readFileSync(out, 'utf8')
  assert.match(received, /^pcls_[0-9a-z]{16}_/)
  assert.match(received, new RegExp(`PORTCULLIS_CLIENT=${old.record.clientId}`))
  assert.doesNotMatch(received, /not-for-you/)
  assert.equal(keeper.events.length, 0)
})

it('gives a command the user’s search path, not what npm put before it when it started the gate', async (test) => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const path = process.env.PATH
  test.after(() => Object.assign(process.env, { PATH: path }))
  process.env.PATH = `${root}node_modules/.bin:/lib/node_modules/npm/node-gyp-bin:/usr/bin:/bin`
  const out = join(mkdtempSync(join(tmpdir(), 'received-')), 'path')
  const args = ['-c', 'echo "$PATH" > "$0"', out]
  const delivering = givenKeeper({ script: { kind: 'command', command: 'sh', args } })
  await issue(delivering.open(), { ...TERMS, delivery: 'script' }, MADE)

  await delivering.keepAt(MADE + 89 * DAY)

  assert.equal(readFileSync(out, 'utf8'), '/usr/bin:/bin\n')
})

it('keeps the old key, and tries again, when nobody takes the new one', async () => {
  const keeper = givenKeeper({ gone: { kind: 'command', command: '/bin/false', args: [] } })
  const expiresAt = MADE + 90 * DAY
  const old = await issue(keeper.open(), { ...TERMS, delivery: 'gone', expiresAt }, MADE)

  await keeper.keepAt(MADE + 85 * DAY)
  await keeper.keepAt(MADE + 86 * DAY)

  const records = await keeper.open().list({})
  const kept = records.find(({ id }) => id === old.record.id)
  assert.equal(kept?.expiresAt, expiresAt)
  assert.equal(kept?.replacedBy, undefined)
  assert.deepEqual(
    records.filter(({ id }) => id !== old.record.id).map(({ revokedAt }) => revokedAt !== undefined),
    [true, true],
  )
  assert.deepEqual(
    keeper.events.map(({ type }) => type),
    ['key.delivery_failed', 'key.delivery_failed'],
  )
})

it('a gate that dies between handing over and ending the old key leaves both good, and the next one ends them', async () => {
  // Given a gate that is killed by the very program that has taken the new key
  const keeper = givenKeeper({ vault: { kind: 'file', file: join(tmpdir(), 'taken-by-the-next.key') } })
  const expiresAt = MADE + 90 * DAY
  const old = await issue(keeper.open(), { ...TERMS, delivery: 'vault', expiresAt }, MADE)
  const taken = join(keeper.directory, 'taken')
  const now = MADE + 83 * DAY
  const gate = spawn(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, 'dying-gate.ts'), keeper.file, String(now), taken],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const [, signal] = await once(gate, 'exit')
  assert.equal(signal, 'SIGKILL')

  // Then the old key is as it was, and what was handed over is good
  const read = readSecretText('api-key', readFileSync(taken, 'utf8').trim())
  assert.ok(read.kind === 'readable')
  const records = await keeper.open().list({})
  assert.deepEqual(records.map(({ id }) => id).toSorted(), [old.record.id, read.id].toSorted())
  for (const { expiresAt: end, replacedBy } of records)
    assert.ok((end as number) >= expiresAt && replacedBy === undefined)

  // When the next gate looks, at once and later
  await keeper.keepAt(now + 1)
  assert.equal((await keeper.open().list({})).length, 2)
  await keeper.keepAt(now + 600)

  // Then there is one more, and the other two end with the overlap
  const later = await keeper.open().list({})
  assert.equal(later.length, 3)
  const successor = later.find(({ id }) => id !== old.record.id && id !== read.id)?.id as string
  for (const { id, expiresAt: end, replacedBy } of later) {
    if (id !== successor) assert.deepEqual([end, replacedBy], [now + 600 + DAY, successor])
  }
  assert.deepEqual(
    keeper.events.map(({ type, credentialId }) => [type, credentialId]),
    [
      ['key.delivered', successor],
      ['key.rotated', old.record.id],
    ],
  )
  await keeper.keepAt(now + 7200)
  assert.equal((await keeper.open().list({})).length, 3)
})

it('a key is rotated once, though another gate looks while its successor is handed over', async () => {
  const { directory, ...keeper } = givenKeeper({
    slow: { kind: 'command', command: '/bin/sh', args: ['-c', 'cat > /dev/null; sleep 0.3'] },
  })
  const old = await issue(keeper.open(), { ...TERMS, delivery: 'slow' }, MADE)
  // At the end of five minutes and at the beginning of the next five
  const now = Math.ceil((MADE + 89 * DAY) / 300) * 300

  await Promise.all([keeper.keepAt(now - 1), keeper.keepAt(now), keeper.keepAt(now + 299)])

  const records = await keeper.open().list({})
  assert.equal(records.length, 2)
  assert.ok(records.find(({ id }) => id === old.record.id)?.replacedBy)
})

it('rotates a key that lives for a day in its last third, and not from its first hour on', async () => {
  const place = mkdtempSync(join(tmpdir(), 'delivery-'))
  const keeper = givenKeeper({ vault: { kind: 'file', file: join(place, 'key') } })
  await issue(keeper.open(), { ...TERMS, delivery: 'vault', expiresAt: MADE + DAY }, MADE)

  await keeper.keepAt(MADE)
  await keeper.keepAt(MADE + DAY / 2)
  assert.equal((await keeper.open().list({})).length, 1)

  await keeper.keepAt(MADE + 0.7 * DAY)
  await keeper.keepAt(MADE + 0.71 * DAY)
  assert.equal((await keeper.open().list({})).length, 2)
  assert.deepEqual(
    keeper.events.map(({ type }) => type),
    ['key.delivered', 'key.rotated'],
  )
})
