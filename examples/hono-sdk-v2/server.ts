import { createMcpHonoApp } from '@modelcontextprotocol/hono'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/hono'
import { memoryCredentials } from '@portcullis/auth/store'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', {}, (context) => ({
    content: [{ type: 'text', text: principalOf(context)?.subject ?? 'nobody' }],
  }))
  return server
})

// Or `new Hono<{ Variables: McpVariables }>()`.
export const app = createMcpHonoApp()
app.use(metadata(gate))
app.all('/mcp', protect(gate), (c) => mcp.fetch(c.req.raw, c.var))
