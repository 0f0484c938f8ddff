import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { guardTools, portcullisVerifier } from '@portcullis/auth/mcp'
import { memoryCredentials } from '@portcullis/auth/store'
import express from 'express'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })
const verifier = portcullisVerifier(gate, (text) => new InvalidTokenError(text))

function notes(): McpServer {
  const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), gate)
  server.registerTool('whoami', {}, (extra) => ({
    content: [{ type: 'text', text: principalOf(extra)?.subject ?? 'nobody' }],
  }))
  return server
}

export const app = express()
app.all('/mcp', requireBearerAuth({ verifier }), async (req, res) => {
  const transport = new StreamableHTTPServerTransport()
  res.on('close', () => void transport.close())
  await notes().connect(transport)
  await transport.handleRequest(req, res, req.body)
})
