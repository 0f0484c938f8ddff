/** A server on the v2 SDK. It speaks both eras, or with the argument `modern-only` one. */
import { fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'

const inputSchema = fromJsonSchema({ type: 'object', additionalProperties: true })
const text = (value) => ({ content: [{ type: 'text', text: value }] })
/** What befell the calls of `wait`. */
const fates = []

function build({ era }) {
  const server = new McpServer(
    { name: 'dual', version: '1' },
    { capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} } },
  )
  const offer = (name, call) => server.registerTool(name, { description: name, inputSchema }, call)
  offer('echo', ({ value }) => text(String(value)))
  offer('era', () => text(era))
  offer('log', async (_, { mcpReq }) => {
    await mcpReq.log('info', 'said on the way')
    return text('done')
  })
  offer('steps', async (_, { mcpReq }) => {
    const { progressToken } = mcpReq._meta ?? {}
    if (progressToken !== undefined) {
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
    }
    return text('done')
  })
  offer('wait', ({ name }, { mcpReq }) => {
    mcpReq.signal.addEventListener('abort', () => fates.push(name))
    return new Promise(() => {})
  })
  offer('fates', () => text(fates.join()))
  const region = { type: 'string', 'x-mcp-header': 'Region' }
  const size = { type: 'integer', 'x-mcp-header': 'Size' }
  const properties = { region, deep: { type: 'object', properties: { size } } }
  const mirrored = fromJsonSchema({ type: 'object', properties })
  server.registerTool('mirrored', { description: 'mirrored', inputSchema: mirrored }, () => text('done'))
  offer('grow', () => {
    server.registerTool('grown', { description: 'grown', inputSchema: mirrored }, () => text('done'))
    return text('done')
  })
  offer('announce', () => {
    server.sendToolListChanged()
    return text('done')
  })
  return server
}

serveStdio(build, { legacy: process.argv[2] === 'modern-only' ? 'reject' : 'serve' })
