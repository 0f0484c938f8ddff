import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findMismatch, mirroredParams } from '../../src/upstream/stdio/mirrored-params.ts'

describe('mirrored arguments', () => {
  it('are those that properties alone lead to (TM-25)', () => {
    const wanted = (name: string) => ({ type: 'string', 'x-mcp-header': name })
    const schema = {
      'x-mcp-header': 'Root',
      properties: {
        a: wanted('A'),
        b: { properties: { c: wanted('Deep') } },
        d: { items: wanted('Items') },
        e: { anyOf: [wanted('Any')] },
        f: { 'x-mcp-header': 7 },
      },
      $defs: { g: wanted('Defs') },
    }

    assert.deepEqual(mirroredParams(schema), [
      { path: ['a'], header: 'mcp-param-a' },
      { path: ['b', 'c'], header: 'mcp-param-deep' },
    ])
  })

  it('are none in what is no schema', () => {
    for (const other of [undefined, null, 1, [], { properties: [] }]) assert.deepEqual(mirroredParams(other), [])
  })

  it('are compared as numbers where they are numbers, as far as numbers can be told apart', () => {
    const params = [{ path: ['n'], header: 'mcp-param-n' }]
    const isSame = (field: string, n: unknown) => findMismatch(params, { n }, ['mcp-param-n', field]) === undefined

    assert.ok(isSame('7', 7) && isSame('-7.50', -7.5) && isSame('true', true) && isSame('', ''))
    assert.ok(!isSame('0x7', 7) && !isSame('7e0', 7) && !isSame(' 7', 7) && !isSame('', 0) && !isSame('1', true))
    assert.ok(!isSame('9007199254740993', 2 ** 53))
  })

  it('are not found on the prototype', () => {
    assert.equal(findMismatch([{ path: ['constructor', 'name'], header: 'mcp-param-n' }], {}, []), undefined)
  })
})
