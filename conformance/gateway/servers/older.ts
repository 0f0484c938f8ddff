/**
 * Servers over Streamable HTTP that know nothing of the modern era, and each says so in its own way:
 *
 *   /stateless   the official SDK v1 without sessions
 *   /lenient     looks at no header, and knows no such method: 200 with an error
 *   /page        refuses what it does not understand with a page: 400
 *   /empty       likewise, with nothing
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

export const OLDER = ['stateless', 'lenient', 'page', 'empty'] as const
export type OlderKind = (typeof OLDER)[number]

interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { readonly protocolVersion?: string; readonly name?: string }
}

export class Older {
  /** Methods that it was asked for, and where. */
  readonly heard: string[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      this.#take(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<Older> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Older(server)
  }

  url(kind: OlderKind): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${kind}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const kind = request.url?.slice(1) as OlderKind
    if (request.method !== 'POST') {
      response.writeHead(405).end()
      return
    }
    const message = JSON.parse(await text(request)) as Message
    this.heard.push(`${kind} ${message.method}`)
    if (kind === 'stateless') return serveBySdk(request, response, message)
    if (message.id === undefined) {
      response.writeHead(202).end()
      return
    }
    const result = resultOf(message)
    if (result === undefined && kind !== 'lenient') {
      response.writeHead(400, kind === 'page' ? { 'content-type': 'text/html' } : {})
      response.end(kind === 'page' ? '<h1>Bad Request</h1>' : '')
      return
    }
    const error = { code: -32601, message: 'Method not found' }
    const answer = { jsonrpc: '2.0', id: message.id, ...(result === undefined ? { error } : { result }) }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }
}

function resultOf({ method, params }: Message): object | undefined {
  const serverInfo = { name: 'older', version: '1' }
  if (method === 'initialize') {
    return { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo }
  }
  if (method === 'tools/list') return { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }
  if (method === 'tools/call') return { content: [{ type: 'text', text: `${params?.name} answers` }] }
  return undefined
}

async function serveBySdk(request: IncomingMessage, response: ServerResponse, message: Message): Promise<void> {
  const server = new McpServer({ name: 'older', version: '1' })
  server.registerTool('echo', {}, () => ({ content: [{ type: 'text', text: 'echo answers' }] }))
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  response.on('close', () => void server.close())
  await server.connect(transport as Transport)
  await transport.handleRequest(request, response, message)
}
