import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { fixedKeys, Guard, type GuardedServer, readFixedKeys, toReply } from '../../src/guard/index.ts'
import { issue } from '../../src/keys/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'
import { bearer, files, NOON, reasonOf, turn, unknown, view } from './given.ts'

const CI = 'ci-0123456789abcdefghijklmnopqrstuvwxyz'
const OPS = 'ops+0123456789/abcdefghijklmnopqrstuvwxyz=='
const sha256 = (key: string) => hash('sha256', key, 'hex')

function read(text: string | undefined) {
  const warnings: string[] = []
  const keys = readFixedKeys(text, { source: 'MCP_API_KEYS', onWarning: (warning) => warnings.push(warning) })
  return { keys, warnings }
}

async function given(text: string) {
  const store = memoryCredentials()
  const { keys } = read(text)
  const guard = new Guard({ credentials: store, now: () => NOON, defer: setImmediate, fixedKeys: keys })
  const check = async (request = view(), server: GuardedServer = files) => {
    await turn()
    return guard.check(request, server)
  }
  return { store, guard, check }
}

describe('a key from the environment', () => {
  it('lets its holder in by either field, as who it was named for, with all of the server', async () => {
    const { check } = await given(`ci:${sha256(CI)}`)

    for (const request of [bearer(CI), view({ 'x-api-key': CI })]) {
      const verdict = await check(request)
      assert.ok(verdict.kind === 'granted')
      const { scopes, ...principal } = verdict.principal
      assert.deepEqual(principal, {
        kind: 'api-key',
        issuer: 'operator',
        subject: 'ci',
        clientId: 'ci',
        credentialId: 'ci',
        roles: new Set(),
      })
      assert.deepEqual(scopes, files.scopes.all)
    }
  })

  it('lets nobody in with another key, its hash, its id or a part of it', async () => {
    const { check } = await given(`ci:${sha256(CI)}`)

    for (const key of [`${CI}x`, CI.slice(1), sha256(CI), 'ci', `ci:${sha256(CI)}`, CI.toUpperCase()]) {
      assert.equal(reasonOf(await check(view({ 'x-api-key': key }))), 'key_invalid', key)
    }
    assert.equal(reasonOf(await check()), 'key_missing')
  })

  it('is told apart from a key of the store, which goes on as before', async () => {
    const { store, check } = await given(`ci:${sha256(CI)}`)
    const { secret, record } = await issue(store, { kind: 'api-key', server: 'files', name: 'laptop' }, NOON)

    const verdict = await check(bearer(secret))
    assert.ok(verdict.kind === 'granted' && verdict.principal.credentialId === record.id)
    assert.equal(reasonOf(await check(bearer(unknown()))), 'key_invalid')
    assert.equal(reasonOf(await check(bearer('pcls_short'))), 'key_malformed')
  })

  it('may look like a key of the store', async () => {
    const key = unknown()
    const { check } = await given(`ci:${sha256(key)}`)

    const verdict = await check(bearer(key))
    assert.ok(verdict.kind === 'granted' && verdict.principal.subject === 'ci')
  })

  it('opens no server that takes no keys, and is in force at all that do', async () => {
    const { check } = await given(`ci:${sha256(CI)}`)
    const other: GuardedServer = { ...files, name: 'mail', tenant: 'acme' }

    assert.equal(reasonOf(await check(bearer(CI), { ...files, access: new Set(['unlisted']) })), 'url_unknown')
    const verdict = await check(bearer(CI), other)
    assert.ok(verdict.kind === 'granted' && verdict.principal.tenant === 'acme')
  })

  it('keeps its streams open, whoever else is called the same', async () => {
    const { store, guard, check } = await given(`ci:${sha256(CI)}`)
    const { record } = await issue(store, { kind: 'api-key', server: 'files', name: 'laptop' }, NOON)
    const ended: string[] = []
    const verdict = await check(bearer(CI))
    assert.ok(verdict.kind === 'granted')
    guard.watch.until({ ...verdict.principal, credentialId: record.id }, () => ended.push('fixed'))
    guard.watch.until({ ...verdict.principal, issuer: 'portcullis', credentialId: record.id }, () => ended.push('ours'))

    await store.revoke(record.id, NOON)
    await turn()
    await guard.watch.look()

    assert.deepEqual(ended, ['ours'])
  })

  it('is refused in words that name no form where keys have none', async () => {
    const { check } = await given(`ci:${sha256(CI)}`)
    const verdict = await check(bearer('a-wrong-one'))

    assert.ok(verdict.kind === 'refused')
    assert.match(toReply(verdict.refusal, files).body, /"The API key is not valid here\."/)
  })
})

describe('a text of keys', () => {
  it('separates entries by commas, white space and lines', async () => {
    const names = ['a', 'B.2', 'c_3-x', 'd'.repeat(64)]
    const { keys, warnings } = read(` ${names.map((id) => `${id}:${sha256(`key of ${id}`)}`).join(' ,\n\t')},\n`)

    for (const id of names) assert.deepEqual(await keys.find(`key of ${id}`), { id })
    assert.deepEqual(warnings, [])
  })

  it('takes hex digits in either case', async () => {
    assert.deepEqual(await read(`ci:${sha256(CI).toUpperCase()}`).keys.find(CI), { id: 'ci' })
  })

  it('takes a key in clear under a name of its hash, and says how to write it', async () => {
    const { keys, warnings } = read(`ci:${sha256(CI)} ${OPS}`)

    assert.deepEqual(await keys.find(OPS), { id: `env-${sha256(OPS).slice(0, 8)}` })
    assert.deepEqual(warnings, [
      `MCP_API_KEYS: entry 2 is a key in clear; write its hash: id:$(printf %s "$KEY" | sha256sum | cut -d' ' -f1)`,
    ])
  })

  it('is a mistake of the start where it names nobody', () => {
    for (const text of [undefined, '', ' \n,, ']) assert.throws(() => read(text), { name: 'TypeError' })
    assert.throws(() => read(undefined), { message: /^MCP_API_KEYS is not set: / })
    assert.throws(() => read(''), { message: /^MCP_API_KEYS is empty: / })
    assert.throws(() => fixedKeys([]), TypeError)
  })

  const good = `ci:${sha256(CI)}`
  const faults: Readonly<Record<string, string>> = {
    'a hash that was cut': `ops:${sha256(OPS).slice(1)}`,
    'a hash that has grown': `ops:${sha256(OPS)}0`,
    'a hash with other letters': `ops:${sha256(OPS).slice(1)}g`,
    'the hash of nothing': `ops:${sha256('')}`,
    'no hash': 'ops:',
    'no id': `:${sha256(OPS)}`,
    'an id that is too long': `${'o'.repeat(65)}:${sha256(OPS)}`,
    'an id of other letters': `öps:${sha256(OPS)}`,
    'a key of 31 bytes': 'k'.repeat(31),
    'a key that no header can carry': `${'k'.repeat(32)}é`,
    'a key where a hash should stand': `ops:${OPS}`,
    'an id that is taken': `ci:${sha256(OPS)}`,
    'a key that is there already': `ops:${sha256(CI)}`,
    'a key in clear that is there already': CI,
  }
  for (const [fault, entry] of Object.entries(faults)) {
    it(`with ${fault} is a mistake that is told by its place, not by its text`, async () => {
      const reading = async () => read(`${good}, ${entry}`).keys.find(CI)

      await assert.rejects(reading, (error: Error) => {
        assert.ok(error instanceof TypeError)
        assert.match(error.message, /^MCP_API_KEYS: entry 2\b/)
        for (const part of entry.split(':')) assert.ok(part.length < 4 || !error.message.includes(part))
        return true
      })
    })
  }
})

it('looking takes as long for a key that nobody has', async () => {
  const keys = fixedKeys([{ id: 'ci', sha256: sha256(CI) }])
  const best = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY }
  const secrets = { known: CI, unknown: `x${CI.slice(1)}` }

  for (let round = 0; round < 40; round++) {
    for (const which of ['known', 'unknown'] as const) {
      const start = performance.now()
      for (let time = 0; time < 500; time++) await keys.find(secrets[which])
      best[which] = Math.min(best[which], performance.now() - start)
    }
  }

  assert.ok(best.unknown > best.known / 2 && best.unknown < best.known * 2, JSON.stringify(best))
})
