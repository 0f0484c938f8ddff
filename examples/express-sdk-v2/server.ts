import { createMcpExpressApp } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/express'
import { memoryCredentials } from '@portcullis/auth/store'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })

const mcp = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'notes', version: '1.0.0' })
    server.registerTool('whoami', {}, (context) => ({
      content: [{ type: 'text', text: principalOf(context)?.subject ?? 'nobody' }],
    }))
    return server
  }),
)

// It parses every body, up to 100 kB, before the guard is asked; `express()` as it is leaves that to the guard.
export const app = createMcpExpressApp({ jsonLimit: '4mb' })
app.use(metadata(gate))
app.all('/mcp', protect(gate), (req, res) => mcp(req, res, req.body))
