import { createMcpFastifyApp } from '@modelcontextprotocol/fastify'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { metadata, onRaw, protect } from '@portcullis/auth/fastify'
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

// Or `fastify()`.
export const app = createMcpFastifyApp()
app.addHook('onRequest', metadata(gate))
app.all('/mcp', protect(gate), onRaw(toNodeHandler(mcp)))
