import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { protectNode } from '@portcullis/auth/node'
import { memoryCredentials } from '@portcullis/auth/store'

export const store = memoryCredentials()
export const gate = guard({ resource: 'http://127.0.0.1:3000/mcp', access: [apiKeys(store)] })

function notes(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  server.registerTool('whoami', {}, (extra) => ({
    content: [{ type: 'text', text: principalOf(extra)?.subject ?? 'nobody' }],
  }))
  return server
}

async function answer(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
  const transport = new StreamableHTTPServerTransport()
  response.on('close', () => void transport.close())
  await notes().connect(transport)
  await transport.handleRequest(request, response, body)
}

// Whatever the path: this server has nothing else.
export const server = createServer(protectNode(gate, answer))
