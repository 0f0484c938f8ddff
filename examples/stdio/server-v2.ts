import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { policy, principalOf } from '@portcullis/auth'
import { guardTools, requires, stdioPrincipal } from '@portcullis/auth/mcp'

const local = { policy: policy({ scopes: { 'notes:read': ['whoami'] } }), principal: stdioPrincipal() }

serveStdio(() => {
  const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), local)
  server.registerTool('whoami', {}, (context) => ({
    content: [{ type: 'text', text: principalOf(context)?.subject ?? 'nobody' }],
  }))
  server.registerTool(
    'drop_note',
    {},
    requires({ roles: ['editor'] }, () => ({ content: [{ type: 'text', text: 'dropped' }] })),
  )
  return server
})
