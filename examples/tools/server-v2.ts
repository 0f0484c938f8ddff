import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard, oauth, policy } from '@portcullis/auth'
import { metadata, protect } from '@portcullis/auth/express'
import { guardTools, requires } from '@portcullis/auth/mcp'
import express from 'express'
import { z } from 'zod'
import { store } from './server.ts'

export function createApp(resource: string, issuer: string) {
  const gate = guard({
    resource,
    access: [apiKeys(store), oauth({ issuer })],
    policy: policy({ scopes: { 'notes:read': ['read_*'], 'notes:write': ['write_*', 'drop_*'] } }),
  })

  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  const note = { inputSchema: z.object({ note: z.string() }) }
  function notes(): McpServer {
    const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }), gate)
    server.registerTool('read_note', note, (args) => say(`${args.note}: buy milk`))
    server.registerTool('write_note', note, (args) => say(`${args.note} is written`))
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

  const mcp = toNodeHandler(createMcpHandler(notes))
  const app = express()
  app.use(metadata(gate))
  app.all('/mcp', protect(gate), (req, res) => mcp(req, res, req.body))
  return { app, gate }
}
