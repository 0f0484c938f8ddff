import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { apiKeys, guard, oauth, policy } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/express'
import { guardTools, requires } from '@portcullis/auth/mcp'
import { memoryCredentials } from '@portcullis/auth/store'
import express from 'express'
import { z } from 'zod'

export const store = memoryCredentials()

export function createApp(resource: string, issuer: string) {
  const gate = guard({
    resource,
    access: [apiKeys(store), oauth({ issuer })],
    // In one place, for every tool there is or will be …
    policy: policy({
      scopes: { 'notes:read': ['read_*'], 'notes:write': ['write_*', 'drop_*'] },
      clients: { 'nightly-report': ['read_*'] },
    }),
  })

  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  const note = { inputSchema: { note: z.string() } }
  function notes(): McpServer {
    const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), gate)
    server.registerTool('read_note', note, (args) => say(`${args.note}: buy milk`))
    server.registerTool('write_note', note, (args) => say(`${args.note} is written`))
    // … and next to the one that it is about.
    server.registerTool(
      'drop_note',
      note,
      requires({ roles: ['editor'] }, (args) => say(`${args.note} is gone`)),
    )
    server.registerTool(
      'read_diary',
      note,
      requires({ scopes: ['diary:read'] }, (args) => say(`${args.note}: slept badly`)),
    )
    return server
  }
  // What stands next to tools is known before the first request.
  notes()

  const app = express()
  app.use(metadata(gate))
  app.all('/mcp', protect(gate), async (req, res) => {
    const transport = new StreamableHTTPServerTransport()
    res.on('close', () => void transport.close())
    await notes().connect(transport)
    await transport.handleRequest(req, res, req.body)
  })
  return { app, gate }
}
