/**
 * An MCP server made with the official SDK, version 2, on `node:http`: as it is, with a body parser before it as in most
 * frameworks, or behind the guard with an API key.
 *
 *   node bench/guard/http.ts PORT KEY_FILE unprotected|parsed|guarded
 *
 * Writes the key that it is called with to KEY_FILE before it listens.
 */
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { apiKeys, guard } from '@portcullis/auth'
import { protectNode } from '@portcullis/auth/node'
import { memoryCredentials } from '@portcullis/auth/store'
import { issueKeys } from './ways/issued.ts'

const [port, keyFile = '', way = ''] = process.argv.slice(2)
const store = memoryCredentials()
const gate = guard({ resource: `http://127.0.0.1:${port}/mcp`, access: [apiKeys(store)] })
const [key] = await issueKeys(store, gate.name, 1)

const inputSchema = fromJsonSchema<{ message: string }>({
  type: 'object',
  properties: { message: { type: 'string' } },
  required: ['message'],
})
const handler = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'bench', version: '1' })
    const echo = ({ message }: { message: string }) => ({ content: [{ type: 'text' as const, text: message }] })
    server.registerTool('echo', { description: 'Says it again.', inputSchema }, echo)
    return server
  }),
) as (request: IncomingMessage, response: ServerResponse, body?: unknown) => Promise<void>
const ways: Readonly<Record<string, RequestListener>> = {
  unprotected: (request, response) => handler(request, response),
  parsed: async (request, response) => handler(request, response, await json(request)),
  guarded: protectNode(gate, handler),
}

writeFileSync(keyFile, `${key.text}\n`)
createServer({ keepAliveTimeout: 60_000 }, ways[way]).listen({
  port: Number(port),
  host: '127.0.0.1',
  backlog: 4096,
})
process.on('disconnect', () => process.exit())
