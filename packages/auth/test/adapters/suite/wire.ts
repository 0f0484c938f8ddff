import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'

export interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  /** Sent as JSON. */
  readonly message?: unknown
  /** Sent as it stands, with its length stated unless it comes in parts. */
  readonly body?: string | Uint8Array | readonly Uint8Array[]
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** The JSON of the body, or of its last event; undefined where there is none. */
  readonly json: Json | undefined
}

export interface Json {
  readonly [member: string]: unknown
}

/** A request like those of MCP clients, over a connection of its own. */
export async function ask(port: number, asked: Asked): Promise<Answer> {
  const response = await send(port, asked)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return toAnswer(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())
}

/** Waits for the head of the answer alone. */
export function send(port: number, { method = 'POST', path = '/mcp', headers, message, body }: Asked) {
  const sent = body ?? (message === undefined ? undefined : JSON.stringify(message))
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: '127.0.0.1', port, method, path, agent: false },
        headers: {
          accept: 'application/json, text/event-stream',
          ...(sent !== undefined && { 'content-type': 'application/json' }),
          ...(typeof sent === 'string' && { 'content-length': Buffer.byteLength(sent) }),
          ...headers,
        },
      },
      resolve,
    )
    outgoing.on('error', reject)
    if (Array.isArray(sent)) for (const part of sent as readonly Uint8Array[]) outgoing.write(part)
    outgoing.end(Array.isArray(sent) ? undefined : sent)
  })
}

/** Bytes as they are, for what clients cannot be made to send. @returns undefined where the connection closed without an answer. */
export async function askRaw(port: number, text: string): Promise<Answer | undefined> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.setTimeout(2000, () => socket.destroy())
  socket.on('error', () => {})
  socket.end(text)
  let whole = ''
  try {
    for await (const chunk of socket) whole += String(chunk)
  } catch {
    // What came before the end counts.
  }
  const [head = '', ...rest] = whole.split('\r\n\r\n')
  const [first, ...lines] = head.split('\r\n')
  const status = Number(first?.split(' ')[1])
  if (Number.isNaN(status)) return undefined
  const fields = lines.map((line) => [line.split(': ')[0]?.toLowerCase(), line.split(': ').slice(1).join(': ')])
  return toAnswer(status, Object.fromEntries(fields), rest.join('\r\n\r\n'))
}

function toAnswer(status: number, headers: Answer['headers'], text: string): Answer {
  const json = text.startsWith('{') ? text : text.split('\n').findLast((line) => line.startsWith('data: {'))
  return {
    status,
    headers,
    text,
    json: json === undefined ? undefined : (JSON.parse(json.replace(/^data: /, '')) as Json),
  }
}
