import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/express'
import { memoryCredentials } from '@portcullis/auth/store'
import express from 'express4'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })

function notes(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', {}, (extra) => ({
    content: [{ type: 'text', text: principalOf(extra)?.subject ?? 'nobody' }],
  }))
  return server
}

export const app = express()
app.use(metadata(gate))
app.all('/mcp', protect(gate), (req, res, next) => {
  const transport = new StreamableHTTPServerTransport()
  res.on('close', () => void transport.close())
  // Express 4 does not look at promises: what fails must be handed on.
  notes()
    .connect(transport)
    .then(() => transport.handleRequest(req, res, req.body))
    .catch(next)
})
// Behind the guard: strangers' bodies are not parsed.
app.use(express.json())
