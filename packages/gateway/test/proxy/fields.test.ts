import assert from 'node:assert/strict'
import { it } from 'node:test'
import { withoutParams } from '../../src/proxy/fields.ts'

it('mirrored arguments do not travel on in an era where nobody checks them', () => {
  const fields = ['accept', 'mcp-param-x', 'mcp-param-region', 'Bern', 'mcp-name', 'echo', 'mcp-param-size', '7']

  assert.deepEqual(withoutParams(fields, []), ['accept', 'mcp-param-x', 'mcp-name', 'echo'])
})

it('those that the operator lets through travel on', () => {
  assert.deepEqual(withoutParams(['mcp-param-a', '1', 'mcp-param-b', '2'], ['mcp-param-b']), ['mcp-param-b', '2'])
})

it('what has none travels on as it is', () => {
  const fields = ['accept', '*/*', 'mcp-name', 'mcp-param-region']

  assert.equal(withoutParams(fields, []), fields)
  assert.deepEqual(withoutParams([], []), [])
})
