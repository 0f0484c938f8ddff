import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { faultOfAccess, faultOfState } from '../../src/cli/access.ts'
import { loadConfig } from '../../src/config/index.ts'
import { ownerOf } from '../../src/config/owner.ts'
import { givenDirectory } from '../record/given.ts'

const denied = (path: string) => Object.assign(new Error('EACCES'), { code: 'EACCES', path })

it('who may not use a file is told whose it is, and to be that user', () => {
  const directory = givenDirectory()
  const { uid } = statSync(directory)

  const advice = ownerOf(join(directory, 'state', 'gate.db'), uid + 1)

  assert.match(advice, /^\. It belongs to the user (\S+|with the id \d+): run as that user$/)
  assert.equal(ownerOf(directory, uid), '', 'it is their own')
  assert.ok(faultOfAccess(denied(directory))?.startsWith(`${directory}: permission denied (EACCES)`))
})

it('what failed of something else is left to those who know it', () => {
  assert.equal(faultOfAccess(new Error('no')), undefined)
  assert.equal(faultOfAccess(Object.assign(new Error('no'), { code: 'ENOENT' })), undefined)
})

it('a state directory that others get into is warned of; one that is closed is not', () => {
  const directory = givenDirectory()
  const state = join(directory, 'state')
  const file = join(directory, 'portcullis.yaml')
  writeFileSync(
    file,
    'store: sqlite:./state/gate.db\nservers: { a: { upstream: { command: node }, access: [api-key] } }\n',
  )
  const { settings } = loadConfig(file, { PATH: process.env.PATH })
  assert.ok(settings)

  assert.equal(faultOfState(settings), undefined, 'the gate makes it, for itself')
  mkdirSync(state)
  for (const [mode, words] of [
    [0o700, undefined],
    [0o755, /may look into .*state.*chmod 700/],
    [0o770, /may change what is in .*state.*chmod 700/],
  ] as const) {
    chmodSync(state, mode)
    const fault = faultOfState(settings)
    if (words === undefined) assert.equal(fault, undefined)
    else assert.match(fault ?? '', words)
  }
})
