import assert from 'node:assert/strict'
import { it } from 'node:test'
import { shownScope } from '../../src/consent/index.ts'

const SERVER = { uri: 'https://gate.example/mcp', name: 'files', scopes: [], defaultScopes: [] }

it('a scope has the operator’s words, else ours where every server has it, and shows its name in any case', () => {
  const bare = { ...SERVER, opens: {} }
  const split = { ...SERVER, opens: { 'files:read': ['read_*'] } }
  const described = { ...split, describes: { 'mcp:write': 'Change <things>', 'files:read': 'Read files' } }
  const cases = [
    [bare, 'mcp:read', 'Read its resources and prompts <code class="raw">mcp:read</code>'],
    [bare, 'mcp:write', 'Use all of its tools <code class="raw">mcp:write</code>'],
    [split, 'mcp:write', 'Use all of its tools that no other permission covers <code class="raw">mcp:write</code>'],
    [split, 'files:read', '<code>files:read</code>'],
    [described, 'files:read', 'Read files <code class="raw">files:read</code>'],
    [described, 'mcp:write', 'Change &#60;things&#62; <code class="raw">mcp:write</code>'],
    [undefined, 'gone', '<code>gone</code>'],
  ] as const
  for (const [resource, scope, shown] of cases) assert.equal(shownScope(resource, scope).text, shown)
})
