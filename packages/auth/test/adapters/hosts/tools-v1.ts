import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import { guardTools, requires } from '../../../src/adapters/mcp/index.ts'
import { principalOf } from '../../../src/index.ts'
import type { Stage } from './stage.ts'

type Handled = Parameters<StreamableHTTPServerTransport['handleRequest']>

/** The same tools as those of the SDK v2. */
export function notesV1({ gate, heard, curtain }: Stage): McpServer {
  const server = guardTools(new McpServer({ name: 'notes', version: '1.0.0' }, { capabilities: { logging: {} } }), gate)
  const config = { inputSchema: { note: z.string().optional() } }
  const say = (text: string) => ({ content: [{ type: 'text' as const, text }] })
  server.registerTool('read_note', config, ({ note = 'none' }, extra) => {
    heard.push('read_note')
    return say(`${note} for ${principalOf(extra)?.subject}`)
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
  server.registerTool('watch_note', config, async (_args, { sendNotification }) => {
    heard.push('watch_note')
    await sendNotification({ method: 'notifications/message', params: { level: 'info', data: 'begun' } })
    await curtain
    return say('ended')
  })
  return server
}

/** Stateless: a server and a transport for each request. */
export async function answerV1(stage: Stage, [request, response, body]: Handled): Promise<void> {
  const transport = new StreamableHTTPServerTransport()
  response.on('close', () => void transport.close())
  await notesV1(stage).connect(transport)
  await transport.handleRequest(request, response, body)
}
