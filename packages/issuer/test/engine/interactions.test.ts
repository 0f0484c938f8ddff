import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { adapterFor } from '../../src/engine/adapter.ts'
import { Vault } from '../../src/vault/index.ts'
import { storesOn } from '../given.ts'

it('an interaction that two requests have read ends for one of them; the other one goes no further', async () => {
  const vault = new Vault(storesOn(new DatabaseSync(':memory:')).artifacts, randomBytes(32))
  const needs = { vault, grants: { revoke: async () => false }, clients: {}, now: () => 100 }
  const [one, two] = [adapterFor('Interaction', needs as never), adapterFor('Interaction', needs as never)]
  await one.upsert('i', { result: { consent: { grantId: 'g' } } } as never, 900)
  assert.ok((await one.find('i')) !== undefined && (await two.find('i')) !== undefined)

  await one.destroy('i')

  await assert.rejects(two.destroy('i') as Promise<void>, { name: 'SessionNotFound' })
})
