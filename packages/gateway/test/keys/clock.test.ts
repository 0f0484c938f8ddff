import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import type { OperationEvent } from '@portcullis/auth/events'
import { Guard, type GuardedServer, type Principal } from '@portcullis/auth/guard'
import { type Issued, type IssueTerms, issue } from '@portcullis/auth/keys'
import { compileScopes } from '@portcullis/auth/policy'
import { prepareDatabase, sqliteCredentials } from '@portcullis/auth/store'
import { keepKeys } from '../../src/keys/index.ts'
import { openLog } from '../../src/log/index.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const NOON = 1_800_000_000

const FILES: GuardedServer = { name: 'files', access: new Set(['api-key']), scopes: compileScopes({}) }

/** A gate's guard and keeper on one database, by a clock that a test sets. */
function given() {
  const clock = { now: NOON }
  const db = new DatabaseSync(':memory:')
  prepareDatabase(db)
  const credentials = sqliteCredentials(db)
  const guard = new Guard({ credentials, now: () => clock.now, defer: setImmediate })
  const file = join(mkdtempSync(join(tmpdir(), 'clock-')), 'key')
  const events: Omit<OperationEvent, 'id' | 'at'>[] = []
  const settings = {
    maxAgeSeconds: 90 * DAY,
    remindBeforeSeconds: [DAY],
    overlapSeconds: DAY,
    rotateBeforeSeconds: 7 * DAY,
    deliveries: new Map([['vault', { kind: 'file', file } as const]]),
  }
  return {
    clock,
    credentials,
    guard,
    events,
    file,
    key: (terms: Partial<IssueTerms> = {}): Promise<Issued> =>
      issue(credentials, { kind: 'api-key', server: 'files', name: 'agent', ...terms }, clock.now),
    /** `granted`, or why not. */
    async check(secret: string): Promise<string> {
      const verdict = await checked(guard, secret)
      return verdict.kind === 'granted' ? 'granted' : verdict.refusal.reason
    },
    async principal(secret: string): Promise<Principal> {
      const verdict = await checked(guard, secret)
      assert.ok(verdict.kind === 'granted')
      return verdict.principal
    },
    keep: () =>
      keepKeys({
        credentials,
        settings,
        recorder: { operation: (event) => void events.push(event) },
        log: openLog('silent'),
        now: () => clock.now,
      }),
  }
}

async function checked(guard: Guard, secret: string) {
  // Requests come in turns of the event loop of their own.
  await new Promise((resolve) => setImmediate(resolve))
  return guard.check({ header: (name) => (name === 'x-api-key' ? secret : undefined), isRepeated: () => false }, FILES)
}

it('a clock that jumps a day ahead and back ends no key for longer than it is ahead', async () => {
  const { clock, check, key } = given()
  const [long, short, endless] = [
    await key({ expiresAt: NOON + 30 * DAY }),
    await key({ expiresAt: NOON + 12 * HOUR }),
    await key(),
  ]
  const all = async () => [await check(long.secret), await check(short.secret), await check(endless.secret)]
  assert.deepEqual(await all(), ['granted', 'granted', 'granted'])

  clock.now += DAY
  assert.deepEqual(await all(), ['granted', 'key_expired', 'granted'])

  clock.now -= DAY
  assert.deepEqual(await all(), ['granted', 'granted', 'granted'])

  clock.now -= DAY
  assert.deepEqual(await all(), ['granted', 'granted', 'granted'], 'keys from a day that has not begun yet, too')
})

it('what was revoked while the clock was a day ahead stays revoked when it is set back', async () => {
  const { clock, check, key, credentials } = given()
  const { record, secret } = await key()
  clock.now += DAY
  await credentials.revoke(record.id, clock.now)
  assert.equal(await check(secret), 'key_revoked')

  clock.now -= 2 * DAY

  assert.equal(await check(secret), 'key_revoked')
})

it('a stream ends when its key has, by the clock as it is now, and no other does', async () => {
  const { clock, guard, principal, key } = given()
  const [short, long] = [await key({ expiresAt: NOON + 12 * HOUR }), await key({ expiresAt: NOON + 30 * DAY })]
  const ended: string[] = []
  for (const { secret, record } of [short, long]) {
    guard.watch.until(await principal(secret), () => ended.push(record.id))
  }

  clock.now -= DAY
  await guard.watch.look()
  assert.deepEqual(ended, [])

  clock.now += 2 * DAY
  await guard.watch.look()
  assert.deepEqual(ended, [short.record.id])
})

it('a key that was rotated by a clock a day ahead is not rotated again, and its reminder comes once', async () => {
  // Given one key that is handed over by itself, and one that is reminded of, a day before their time
  const { clock, check, credentials, events, file, keep, key } = given()
  const rotated = await key({ delivery: 'vault', expiresAt: NOON + 90 * DAY })
  const reminded = await key({ expiresAt: NOON + 90 * DAY })
  clock.now = NOON + 82 * DAY + HOUR
  await keep()
  assert.deepEqual(events, [])

  // When the clock jumps ahead and back, and time goes on from there
  clock.now += DAY
  await keep()
  const delivered = readFileSync(file, 'utf8').trim()
  clock.now -= DAY
  for (let hour = 0; hour <= 7 * 24; hour++) {
    await keep()
    clock.now += HOUR
  }

  // Then there is one successor, good all the while, and one reminder
  assert.equal(readFileSync(file, 'utf8').trim(), delivered)
  assert.equal(await credentials.count(), 3)
  assert.deepEqual(events.map(({ type, credentialId }) => [type, credentialId]).slice(1), [
    ['key.rotated', rotated.record.id],
    ['key.rotation_due', reminded.record.id],
  ])
  assert.equal(await check(delivered), 'granted')
  assert.equal(await check(rotated.secret), 'key_expired')
})
