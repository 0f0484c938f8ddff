import assert from 'node:assert/strict'
import { it } from 'node:test'
import { settleAuthorization } from '../../src/edge/authorize.ts'

const resource = {
  uri: 'https://mcp.example.com/files/mcp',
  name: 'files',
  scopes: ['files:read', 'files:write', 'mcp:read', 'mcp:write'],
  defaultScopes: ['files:read'],
  opens: {},
}
const settled = (query: string, resources = [resource]) => settleAuthorization(new URLSearchParams(query), resources)

it('who asks for no scope of the server, or for none that there is, asks for what is usual there', () => {
  for (const [asked, expected] of [
    ['', 'files:read'],
    ['scope=', 'files:read'],
    ['scope=openid', 'openid files:read'],
    ['scope=offline_access%20nonsense', 'offline_access nonsense files:read'],
    ['scope=files:write', 'files:write'],
    ['scope=files:write%20offline_access', 'files:write offline_access'],
  ] as const) {
    assert.equal(settled(asked).get('scope'), expected, asked)
  }
})

it('nothing is put in where it is not clear for what', () => {
  const other = { ...resource, uri: 'https://mcp.example.com/other/mcp' }
  assert.equal(settled('scope=', [resource, other]).get('scope'), '')
  assert.equal(settled('resource=https://else.example&scope=openid').get('scope'), 'openid')
  assert.deepEqual(settled('scope=a&scope=b').getAll('scope'), ['a', 'b'], 'twice is for the engine to refuse')
})
