import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { apiKeys, guard } from '../../src/index.ts'
import { issue } from '../../src/keys/index.ts'
import { memoryCredentials } from '../../src/store/index.ts'

const NOW = 1_800_000_000

describe('several guards of one process', () => {
  it('all hear of a key that was revoked, whoever asks their store first', async () => {
    // Given two guards on one store, and a key for the second that has been in
    const store = memoryCredentials()
    const access = [apiKeys(store)]
    const [notes, files] = ['notes', 'files'].map((name) =>
      guard({ resource: `https://mcp.example.com/${name}/mcp`, access, now: () => NOW }),
    ) as [ReturnType<typeof guard>, ReturnType<typeof guard>]
    const { record, secret } = await issue(store, { kind: 'api-key', server: files.name, name: 'a key' }, NOW)
    const view = {
      header: (name: string) => (name === 'x-api-key' ? secret : undefined),
      isRepeated: () => false,
    }
    assert.equal((await files.check(view)).kind, 'granted')

    // When it is revoked, and the first guard is asked before the second
    await store.revoke(record.id, NOW)
    await turn()
    const [elsewhere, revoked] = [await notes.check(view), await files.check(view)]

    // Then it is good at neither
    assert.equal(elsewhere.kind === 'refused' && elsewhere.refusal.reason, 'key_invalid')
    assert.equal(revoked.kind === 'refused' && revoked.refusal.reason, 'key_revoked')
  })
})
