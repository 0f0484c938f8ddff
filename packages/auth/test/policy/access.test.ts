import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type AccessTerms, compileAccess, compileScopes, holds } from '../../src/policy/index.ts'

const server = compileScopes({
  'files:read': ['read_*', 'stat'],
  'files:write': ['write_*', 'stat'],
  'files:all': ['*_file'],
})

function given(scopes: readonly string[], terms: Partial<AccessTerms> = {}) {
  return compileAccess(server, { scopes: new Set(scopes), reads: false, listsOnly: false, ...terms })
}

it('a tool is opened by any of the scopes that name it', () => {
  assert.deepEqual(server.opening('read_dir'), ['files:read'])
  assert.deepEqual(server.opening('read_file'), ['files:read', 'files:all'])

  assert.equal(given(['files:read']).sees('stat'), true)
  assert.equal(given(['files:write']).sees('stat'), true)
  assert.equal(given(['files:all']).sees('stat'), false)
  assert.equal(given(['files:all']).sees('read_file'), true)
  assert.equal(given([]).sees('stat'), false)
})

it('a tool that no scope names needs mcp:write', () => {
  assert.deepEqual(server.opening('format_disk'), ['mcp:write'])

  assert.equal(given(['files:read', 'files:write', 'files:all', 'mcp:read']).sees('format_disk'), false)
  assert.equal(given(['mcp:write']).sees('format_disk'), true)
})

it('mcp:write opens what mcp:read opens, and no scope of the operator’s', () => {
  const readers = compileScopes({ 'mcp:read': ['list_*'], 'files:read': ['read_*'] })
  const writer = compileAccess(readers, { scopes: new Set(['mcp:write']), reads: true, listsOnly: false })
  const reader = compileAccess(readers, { scopes: new Set(['mcp:read']), reads: true, listsOnly: false })

  assert.equal(holds(new Set(['mcp:write']), 'mcp:read'), true)
  assert.equal(holds(new Set(['mcp:read']), 'mcp:write'), false)
  assert.equal(holds(new Set(['files:write']), 'files:read'), false)
  assert.equal(writer.sees('list_x') && writer.sees('other'), true)
  assert.equal(writer.sees('read_x'), false)
  assert.equal(reader.sees('list_x'), true)
  assert.equal(reader.sees('other'), false)
})

it('an operator may name tools for mcp:write itself without opening all others', () => {
  const named = compileScopes({ 'mcp:write': ['write_*'], 'files:read': ['read_*'] })
  const access = compileAccess(named, { scopes: new Set(['files:read']), reads: false, listsOnly: false })

  assert.equal(access.sees('read_x'), true)
  assert.equal(access.sees('write_x') || access.sees('other'), false)
})

it('limits on tools narrow what scopes open, and never widen it', () => {
  const access = given(['files:read'], { tools: ['read_file', 'write_*'] })

  assert.equal(access.sees('read_file'), true)
  assert.equal(access.sees('read_dir'), false)
  assert.equal(access.sees('write_file'), false)
  assert.equal(given(['files:read'], { tools: [] }).sees('read_file'), false)
})

it('everything is on the list only for who holds every scope and has no limits', () => {
  const all = ['files:read', 'files:write', 'files:all', 'mcp:write']

  assert.equal(given(all).seesEverything, true)
  assert.equal(given([...all, 'mcp:read', 'unknown:scope']).seesEverything, true)
  for (const missing of all)
    assert.equal(given(all.filter((scope) => scope !== missing)).seesEverything, false, missing)
  assert.equal(given(all, { tools: ['read_*'] }).seesEverything, false)
  assert.equal(given(all).sees('whatever'), true)
})

it('scopes that mean nothing here open nothing, whatever they are called', () => {
  for (const scope of [
    '*',
    'mcp:*',
    'files:*',
    'FILES:READ',
    'files:read ',
    '__proto__',
    'constructor',
    '',
    'mcp:everything',
  ]) {
    const access = given([scope])
    assert.equal(access.sees('read_file') || access.sees('other') || access.seesEverything, false, scope)
  }
})

it('a server without a scope map knows mcp:read and mcp:write', () => {
  const plain = compileScopes({})

  assert.deepEqual([...plain.all].sort(), ['mcp:read', 'mcp:write'])
  assert.equal(
    compileAccess(plain, { scopes: new Set(['mcp:write']), reads: true, listsOnly: false }).seesEverything,
    true,
  )
  assert.equal(compileAccess(plain, { scopes: new Set(['mcp:read']), reads: true, listsOnly: false }).sees('x'), false)
})

it('a monitor sees all there is and may neither call nor read, whatever else its key says', () => {
  const access = given(['mcp:write'], { listsOnly: true, reads: true, tools: ['read_*'] })

  assert.equal(access.sees('anything'), true)
  assert.deepEqual([access.mayCall, access.mayRead, access.seesEverything], [false, false, true])
})

it('reading is granted apart from tools', () => {
  assert.equal(given(['files:read'], { reads: true }).mayRead, true)
  assert.equal(given(['mcp:write'], { reads: false }).mayRead, false)
})
