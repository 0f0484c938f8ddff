import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { policy, principalOf } from '@portcullis/auth'
import { guardTools, requires, stdioPrincipal } from '@portcullis/auth/mcp'

// Whoever started this process calls; the environment says what they want of it. No key: it would protect nothing.
const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), {
  policy: policy({ scopes: { 'notes:read': ['whoami'] } }),
  principal: stdioPrincipal(),
})
server.registerTool('whoami', {}, (extra) => ({
  content: [{ type: 'text', text: principalOf(extra)?.subject ?? 'nobody' }],
}))
server.registerTool(
  'drop_note',
  {},
  requires({ roles: ['editor'] }, () => ({ content: [{ type: 'text', text: 'dropped' }] })),
)
await server.connect(new StdioServerTransport())
