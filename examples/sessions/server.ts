import { randomUUID } from 'node:crypto'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/express'
import { memoryCredentials } from '@portcullis/auth/store'
import express from 'express'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })

// Of conversations alone: who calls is asked on each request, and the guard knows whose each session is.
const transports = new Map<string, StreamableHTTPServerTransport>()

async function open(): Promise<StreamableHTTPServerTransport> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void transports.set(id, transport),
    onsessionclosed: (id) => void transports.delete(id),
  })
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', {}, (extra) => ({
    content: [{ type: 'text', text: principalOf(extra)?.subject ?? 'nobody' }],
  }))
  await server.connect(transport)
  return transport
}

export const app = express()
app.use(metadata(gate))
app.all('/mcp', protect(gate), async (req, res) => {
  const transport = transports.get(req.get('mcp-session-id') ?? '') ?? (await open())
  await transport.handleRequest(req, res, req.body)
})
