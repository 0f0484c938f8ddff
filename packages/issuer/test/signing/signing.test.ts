import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, it } from 'node:test'
import { prepareDatabase, sqliteSigningKeys } from '@portcullis/auth/store'
import type { IssuerEvent } from '../../src/events.ts'
import { type Algorithm, type RotationKind, SigningKeys } from '../../src/signing/index.ts'

const DAY = 86_400
const NOON = 1_800_000_000

describe('signing keys', () => {
  let db: DatabaseSync
  let clock: number
  let events: IssuerEvent[]
  const sealingKey = randomBytes(32)
  beforeEach(() => {
    db = new DatabaseSync(':memory:')
    prepareDatabase(db)
    clock = NOON
    events = []
  })
  /** An issuer's own view of the store; several may have one. */
  const open = (algorithm: Algorithm = 'ES256', key: Uint8Array = sealingKey) =>
    new SigningKeys({
      store: sqliteSigningKeys(db),
      sealingKey: key,
      algorithm,
      rotateAfter: 90 * DAY,
      publishAhead: DAY,
      keepAfter: 960,
      now: () => clock,
      onEvent: (event) => events.push(event),
    })
  const kids = async (keys: SigningKeys) => (await keys.refresh())?.map(({ kid }) => kid)
  const states = async (keys: SigningKeys) => (await keys.list()).map(({ state }) => state)
  const told = () => events.map(({ type, actor }) => [type, actor])

  it('are made on the first start, once for all processes, and the same after a restart', async () => {
    const [one, two] = [open(), open()]
    const [first, second] = await Promise.all([kids(one), kids(two)])

    assert.equal(first?.length, 1)
    assert.deepEqual(second, first)
    assert.deepEqual(await kids(open()), first)
    assert.equal(await kids(one), undefined)
    assert.deepEqual(told(), [['signing_key.created', 'issuer']])
  })

  it('cannot be opened with another sealing key, and are nowhere in clear', async () => {
    const [key] = (await open().refresh()) ?? []

    await assert.rejects(() => open('ES256', randomBytes(32)).refresh())
    const stored = Buffer.from(db.serialize()).toString('latin1')
    assert.ok(!stored.includes(String(key?.d)))
  })

  it('rotate every ninety days: published for a day, then signing, the old one kept until its tokens ended', async () => {
    const keys = open()
    const other = open()
    const [first] = (await kids(keys)) ?? []
    await kids(other)

    clock = NOON + 89 * DAY - 1
    assert.equal(await kids(keys), undefined)
    clock += 1
    const [signs, next] = (await kids(keys)) ?? []
    assert.equal(signs, first)
    assert.deepEqual(await states(keys), ['signs', 'next'])
    assert.deepEqual(await kids(other), [first, next])

    clock = NOON + 90 * DAY
    assert.deepEqual(await kids(other), [next, first])
    assert.deepEqual(await kids(keys), [next, first])
    assert.deepEqual(await states(keys), ['previous', 'signs'])

    clock += 959
    assert.equal(await kids(keys), undefined)
    clock += 1
    assert.deepEqual(await kids(keys), [next])
    assert.deepEqual(told(), [
      ['signing_key.created', 'issuer'],
      ['signing_key.rotated', 'issuer'],
      ['signing_key.retired', 'issuer'],
    ])
  })

  const rotated = async (kind: RotationKind) => {
    const keys = open()
    const [first] = (await kids(keys)) ?? []
    clock += 60
    const next = await keys.rotate(kind)
    return { keys, first, next, published: await kids(keys) }
  }

  it('rotate by command in a planned way, once', async () => {
    const { keys, first, next, published } = await rotated('planned')

    assert.deepEqual(published, [first, next])
    assert.equal(await keys.rotate('planned'), undefined)
    assert.deepEqual(told().at(-1), ['signing_key.rotated', 'command'])
  })

  it('rotate by command at once, and what the old one signed still counts', async () => {
    const { first, next, published } = await rotated('at_once')

    assert.deepEqual(published, [next, first])
  })

  it('rotate by command twice in a second, and the later one signs', async () => {
    const { keys, next } = await rotated('at_once')

    const later = await keys.rotate('at_once')

    assert.equal((await kids(keys))?.[0], next)
    clock += 1
    assert.equal((await kids(keys))?.[0], later)
  })

  it('rotate by command when one is compromised: nothing that it signed counts any more', async () => {
    const { next, published } = await rotated('compromised')

    assert.deepEqual(published, [next])
  })

  it('change their algorithm by rotating', async () => {
    await kids(open('ES256'))
    const keys = open('EdDSA')

    assert.deepEqual(
      (await keys.refresh())?.map(({ alg }) => alg),
      ['ES256', 'EdDSA'],
    )
    clock += DAY
    assert.deepEqual(
      (await keys.refresh())?.map(({ alg }) => alg),
      ['EdDSA', 'ES256'],
    )
  })
})
