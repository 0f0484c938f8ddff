/**
 * An MCP server over Streamable HTTP that remembers every byte it was sent, in all revisions, written out by hand: what
 * a real one does not show (that it was never asked, which bytes arrived) is asserted here.
 *
 *   /mcp         answers in JSON, with sessions in the legacy era
 *   /streaming   answers as event streams that can be resumed
 *   /stateless   answers in JSON, without sessions
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface Heard {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly bytes: Buffer
  readonly body: string
}

/** An answer that was begun and is not ended by itself. */
export interface Held {
  readonly response: ServerResponse
  /** Whether whoever waited for it has gone. */
  isLeft: boolean
}

type Json = Record<string, unknown>
interface Message {
  readonly id?: unknown
  readonly method?: string
  readonly params?: { name?: string; arguments?: Record<string, unknown>; _meta?: Json; [key: string]: unknown }
  readonly result?: unknown
}

export const TOOLS = ['echo', 'wait', 'hold', 'progress', 'ask', 'fail', 'read_item', 'create_item', 'delete_item']

export class Witness {
  readonly heard: Heard[] = []
  readonly held: Held[] = []
  /** Session ids that it has assigned. */
  readonly sessions: string[] = []
  readonly ended: string[] = []
  /** Answers to its questions. */
  readonly answers: Message[] = []
  readonly #server: Server
  readonly #replay = new Map<string, string>()
  #lastSession = 0
  #lastEvent = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('request', (request, response) => {
      this.#take(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<Witness> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Witness(server)
  }

  url(path: '/mcp' | '/streaming' | '/stateless' = '/mcp'): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`
  }

  /** Requests whose body names this method. */
  asked(method: string): Heard[] {
    return this.heard.filter(({ body }) => body.includes(`"${method}"`))
  }

  forget(): void {
    this.heard.length = 0
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const { method = '', url = '', headers, rawHeaders } = request
    this.heard.push({ method, path: url, headers, rawHeaders, bytes, body: bytes.toString('utf8') })
    const [path] = url.split('?')

    const session = headers['mcp-session-id'] as string | undefined
    const isModern = headers['mcp-protocol-version'] === '2026-07-28'
    if (session !== undefined && (!this.sessions.includes(session) || this.ended.includes(session))) {
      return reply(response, 404, rpcError(null, -32001, 'Session not found'))
    }
    if (method === 'GET') return this.#stream(request, response)
    if (method === 'DELETE') {
      if (session !== undefined) this.ended.push(session)
      response.writeHead(200).end()
      return
    }
    const value = JSON.parse(bytes.toString('utf8')) as Message | Message[]
    const messages = Array.isArray(value) ? value : [value]
    const questions = messages.filter(({ method, id }) => method !== undefined && id !== undefined)
    for (const message of messages) if (message.method === undefined) this.answers.push(message)
    if (questions.length === 0) {
      response.writeHead(202).end()
      return
    }
    const opens = questions.some((message) => message.method === 'initialize')
    const fields: Record<string, string> = {}
    if (opens && path !== '/stateless') {
      const id = `upstream-session-${++this.#lastSession}`
      this.sessions.push(id)
      fields['mcp-session-id'] = id
    }
    const asStream = path === '/streaming' || questions.some(({ params }) => STREAMED.has(params?.name ?? ''))
    if (asStream) return this.#answerAsStream(response, fields, questions, isModern)
    const replies = await Promise.all(questions.map((message) => answerTo(message, isModern)))
    if (!Array.isArray(value) && (replies[0]?.error as Json | undefined)?.code === -32601 && isModern) {
      return reply(response, 404, JSON.stringify(replies[0]), fields)
    }
    reply(response, 200, JSON.stringify(Array.isArray(value) ? replies : replies[0]), fields)
  }

  async #answerAsStream(
    response: ServerResponse,
    fields: Record<string, string>,
    questions: readonly Message[],
    isModern: boolean,
  ): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...fields })
    const tell = (message: unknown): void => void response.write(this.#event(JSON.stringify(message)))
    for (const message of questions) {
      const { params } = message
      const token = params?._meta?.progressToken
      if (params?.name === 'hold') return this.#hold(response)
      if (params?.name === 'progress') {
        for (const progress of [1, 2, 3]) {
          tell({
            jsonrpc: '2.0',
            method: 'notifications/progress',
            params: { progressToken: token, progress, total: 3 },
          })
          await pause(60)
        }
      }
      if (params?.name === 'ask') {
        const before = this.answers.length
        tell({ jsonrpc: '2.0', id: `question-${before}`, method: 'elicitation/create', params: { message: 'Which?' } })
        const limit = Date.now() + 3000
        while (this.answers.length === before && Date.now() < limit) await pause(10)
      }
      tell(await answerTo(message, isModern))
    }
    response.end()
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    const last = request.headers['last-event-id'] as string | undefined
    // Whoever comes back gets everything that came behind, whichever stream it was on.
    if (last !== undefined) {
      for (const [id, text] of this.#replay) if (Number(id) > Number(last)) response.write(text)
    }
    this.#hold(response)
  }

  #hold(response: ServerResponse): void {
    response.flushHeaders()
    const held: Held = { response, isLeft: false }
    this.held.push(held)
    response.on('close', () => {
      held.isLeft = !response.writableEnded
    })
  }

  #event(data: string): string {
    const id = String(++this.#lastEvent)
    const text = `id: ${id}\ndata: ${data}\n\n`
    this.#replay.set(id, text)
    return text
  }
}

const STREAMED: ReadonlySet<string> = new Set(['hold', 'progress', 'ask'])

function reply(response: ServerResponse, status: number, body: string, fields: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...fields }).end(body)
}

function rpcError(id: unknown, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } })
}

async function answerTo({ id, method, params }: Message, isModern: boolean): Promise<Json> {
  const hints = { ttlMs: 60_000, cacheScope: 'public' }
  const result = (value: Json): Json => {
    return { jsonrpc: '2.0', id, result: isModern ? { resultType: 'complete', ...value } : value }
  }
  const capabilities = { tools: { listChanged: true }, resources: { subscribe: true }, prompts: {} }
  const serverInfo = { name: 'witness', version: '1' }
  const cached = isModern ? hints : {}
  switch (method) {
    case 'initialize':
      return result({ protocolVersion: params?.protocolVersion, capabilities, serverInfo })
    case 'server/discover':
      return result({ supportedVersions: ['2026-07-28'], capabilities, ...hints })
    case 'ping':
      return isModern ? { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } } : result({})
    case 'tools/list':
      return result({ tools: TOOLS.map((name) => ({ name, inputSchema: { type: 'object' } })), ...cached })
    case 'resources/list':
      return result({ resources: [{ uri: 'test://one', name: 'one' }], ...cached })
    case 'resources/templates/list':
      return result({ resourceTemplates: [], ...cached })
    case 'prompts/list':
      return result({ prompts: [{ name: 'greet' }], ...cached })
    case 'resources/read':
      return result({ contents: [{ uri: params?.uri, text: 'the content' }], ...cached })
    case 'prompts/get':
      return result({ messages: [] })
    case 'completion/complete':
      return result({ completion: { values: [] } })
    case 'resources/subscribe':
    case 'logging/setLevel':
      return result({})
    case 'tools/call': {
      const { name, arguments: args } = params ?? {}
      if (name === 'wait') await pause(Number(args?.ms ?? 100))
      if (name === 'fail') return result({ content: [{ type: 'text', text: 'It failed.' }], isError: true })
      return result({ content: [{ type: 'text', text: `${name}: ${JSON.stringify(args ?? {})}` }] })
    }
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: `The witness does not know ${method}` } }
  }
}
