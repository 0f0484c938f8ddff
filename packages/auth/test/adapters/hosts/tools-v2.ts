import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { guardTools, requires } from '../../../src/adapters/mcp/index.ts'
import { principalOf } from '../../../src/index.ts'
import type { Stage } from './stage.ts'

/** The same tools as those of the SDK v1. */
export function notesV2({ gate, heard, curtain }: Stage): McpServer {
  const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }, { capabilities: { logging: {} } }), gate)
  const config = { inputSchema: z.object({ note: z.string().optional() }) }
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool('read_note', config, ({ note = 'none' }, context) => {
    heard.push('read_note')
    return say(`${note} for ${principalOf(context)?.subject}`)
  })
  server.registerTool('write_note', config, () => {
    heard.push('write_note')
    return say('written')
  })
  server.registerTool(
    'drop_note',
    config,
    requires({ roles: ['editor'] }, () => {
      heard.push('drop_note')
      return say('dropped')
    }),
  )
  server.registerTool('watch_note', config, async (_args, { mcpReq }) => {
    heard.push('watch_note')
    await mcpReq.notify({ method: 'notifications/message', params: { level: 'info', data: 'begun' } })
    await curtain
    return say('ended')
  })
  return server
}

/** Both eras: a server for each request. */
export function handlerV2(stage: Stage) {
  return createMcpHandler(() => notesV2(stage))
}
