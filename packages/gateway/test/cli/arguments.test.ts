import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readArguments } from '../../src/cli/arguments.ts'

const OPTIONS = {
  client: { type: 'string', help: 'whose' },
  now: { type: 'boolean', help: 'at once' },
} as const
const ID = '-VpDsLX5Rh3N0JTsFskcHqzCnL269GL2ctSdk2DtxTq'
const DASHED = '--pDsLX5Rh3N0JTsFskcHqzCnL269GL2ctSdk2DtxTq'

it('an id that begins with a hyphen is an id', () => {
  for (const id of [ID, DASHED]) {
    assert.deepEqual([...readArguments([id], OPTIONS).positionals], [id])
    assert.deepEqual([...readArguments(['--now', id], OPTIONS).positionals], [id])
    assert.deepEqual([...readArguments([id, '--client', 'c1'], OPTIONS).positionals], [id])
    assert.deepEqual([...readArguments(['--', id], OPTIONS).positionals], [id])
  }
})

it('also as the value of an option', () => {
  const { values, positionals } = readArguments(['--client', ID, 'other'], OPTIONS)

  assert.equal(values.client, ID)
  assert.deepEqual([...positionals], ['other'])
})

it('what is no id is still an unknown option', () => {
  for (const wrong of ['-V', '--nwo', '--a-long-option-that-does-not=exist', '-x=y']) {
    assert.throws(() => readArguments([wrong], OPTIONS), /unknown option/, wrong)
  }
})
