import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { it } from 'node:test'

it('lists the ids to whoever asks for one that is not there', () => {
  const main = join(import.meta.dirname, '..', 'main.ts')

  const { status, stderr } = spawnSync(process.execPath, [...process.execArgv, main, '--only', 'gateway.speed'], {
    encoding: 'utf8',
  })

  assert.equal(status, 2)
  assert.match(stderr, /no id begins with gateway\.speed/)
  for (const id of ['gateway.api-key', 'gateway.stdio', 'bare.ways', 'guard.key-checks', 'guard.jwt-warm.vs-sdk'])
    assert.ok(stderr.includes(`  ${id}\n`), id)
})
