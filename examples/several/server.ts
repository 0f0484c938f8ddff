import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard, type McpGuard, oauth, policy, principalOf } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/express'
import { memoryCredentials } from '@portcullis/auth/store'
import express from 'express'

// One store, one issuer, and yet: a key or token for one server opens no other.
export const store = memoryCredentials()

export function createApp(origin: string, issuer: string) {
  const access = [apiKeys(store), oauth({ issuer })]
  const shared = { access, policy: policy({ scopes: { 'mcp:read': ['whoami'] } }) }
  const notes = guard({ resource: `${origin}/notes/mcp`, ...shared })
  const files = guard({ resource: `${origin}/files/mcp`, ...shared })

  const app = express()
  app.use(metadata(notes, files))
  app.all('/notes/mcp', protect(notes), serve(notes))
  app.all('/files/mcp', protect(files), serve(files))
  return { app, notes, files }
}

function serve({ name }: McpGuard): express.RequestHandler {
  const mcp = toNodeHandler(
    createMcpHandler(() => {
      const server = new McpServer({ name, version: '1.0.0' })
      server.registerTool('whoami', {}, (context) => ({
        content: [{ type: 'text', text: principalOf(context)?.subject ?? 'nobody' }],
      }))
      return server
    }),
  )
  return (req, res) => mcp(req, res, req.body)
}
