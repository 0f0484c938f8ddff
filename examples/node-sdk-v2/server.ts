import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard, principalOf } from '@portcullis/auth'
import { protectNode } from '@portcullis/auth/node'
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

export const server = createServer(protectNode(gate, toNodeHandler(mcp)))
