/**
 * Upstreams that do wrong, one per path, on bare sockets: what they send is not what an HTTP library would.
 */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"fine"}]}}'
const STACK = 'Error: connect ECONNREFUSED 10.1.2.3:5432\n    at /srv/app/INSIDE-KNOWLEDGE/db.js:12:34'
const STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'

/** A type in odd case, and an event that only names its place. */
const ODD_STREAM = 'HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream\r\n\r\nid: 1\ndata:\n\n'

type Misdeed = (socket: Socket, nasty: Nasty) => Promise<unknown> | unknown

function answer(status: string, fields: readonly string[], body = ''): string {
  return [`HTTP/1.1 ${status}`, ...fields, `content-length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')
}

/** Each gets the socket once the request has come. */
export const MISDEEDS = {
  fine: (socket) => socket.write(answer('200 OK', ['content-type: application/json'], ANSWER)),
  'hangs up': (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
  'resets in an answer': async (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"jsonrpc":"2.0",`)
    await pause(50)
    socket.resetAndDestroy()
  },
  'ends an answer early': (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"jsonrpc":"2.0",`),
  'resets in a stream': async (socket) => {
    const event = 'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n\n'
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n${event.length.toString(16)}\r\n${event}\r\n`,
    )
    await pause(50)
    socket.resetAndDestroy()
  },
  'says nothing': () => {},
  'stops in the head': (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-type: app'),
  'stops in an answer': (socket) =>
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"jsonrpc":"2.0"'),
  'stops in a stream': (socket) => socket.write(`${STREAM}data: {"jsonrpc":"2.0",`),
  redirects: (socket) => socket.write(answer('302 Found', ['location: /target'])),
  'redirects with the body': (socket) => socket.write(answer('307 Temporary Redirect', ['location: /target'])),
  'refuses the gate': (socket) =>
    socket.write(
      answer(
        '401 Unauthorized',
        ['www-authenticate: Bearer resource_metadata="https://evil.example/"'],
        'INSIDE-KNOWLEDGE',
      ),
    ),
  'forbids the gate': (socket) =>
    socket.write(answer('403 Forbidden', ['www-authenticate: Bearer error="insufficient_scope"'], 'INSIDE-KNOWLEDGE')),
  'answers compressed': (socket) =>
    socket.write(answer('200 OK', ['content-type: application/json', 'content-encoding: gzip'], '\x1f\x8b\x08')),
  'speaks something else': (socket) => socket.end('220 mail.example ESMTP INSIDE-KNOWLEDGE\r\n'),
  'sends two lengths': (socket) =>
    socket.end(
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 77\r\ncontent-type: application/json\r\n\r\n${ANSWER}`,
    ),
  'sends a length and chunks': (socket) =>
    socket.end(
      `HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n${ANSWER.length.toString(16)}\r\n${ANSWER}\r\n0\r\n\r\n`,
    ),
  'sends broken chunks': (socket) =>
    socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\nzz\r\n{}\r\n'),
  'sends endless headers': async (socket, nasty) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    await nasty.flood(socket, Buffer.from(`x-header: ${'x'.repeat(1000)}\r\n`.repeat(64)), GIB)
  },
  'fails with its insides': (socket) =>
    socket.write(
      answer('500 Internal Server Error', ['content-type: text/html', 'x-powered-by: Express'], `<pre>${STACK}</pre>`),
    ),
  'fails with its insides as text': (socket) =>
    socket.write(answer('500 Internal Server Error', ['content-type: text/plain'], STACK)),
  'answers with a page': (socket) =>
    socket.write(answer('200 OK', ['content-type: text/html'], '<script>alert("INSIDE-KNOWLEDGE")</script>')),
  'answers without a type': (socket) =>
    socket.write(answer('200 OK', [], '<script>alert("INSIDE-KNOWLEDGE")</script>')),
  'sets cookies and opens doors': (socket) =>
    socket.write(
      answer(
        '200 OK',
        [
          'content-type: application/json',
          'set-cookie: session=INSIDE-KNOWLEDGE; Path=/',
          'access-control-allow-origin: *',
          'access-control-allow-credentials: true',
          'www-authenticate: Basic realm="evil"',
          'location: https://evil.example/',
          'refresh: 0; url=https://evil.example/',
          'server: INSIDE-KNOWLEDGE/1.0',
          'x-powered-by: INSIDE-KNOWLEDGE',
          'strict-transport-security: max-age=0',
          'clear-site-data: "*"',
          'alt-svc: h3="evil.example:443"',
        ],
        ANSWER,
      ),
    ),
  'sends early hints': (socket) =>
    socket.write(
      `HTTP/1.1 103 Early Hints\r\nlink: </evil>\r\n\r\n${answer('200 OK', ['content-type: application/json'], ANSWER)}`,
    ),
  'sends an event of a gigabyte': async (socket, nasty) => {
    socket.write(`${STREAM}data: {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"`)
    await nasty.flood(socket, Buffer.alloc(MIB, 'x'), GIB)
  },
  'sends lines without an end to the event': async (socket, nasty) => {
    socket.write(STREAM)
    await nasty.flood(socket, Buffer.from(`data: ${'x'.repeat(1000)}\n`.repeat(1000)), GIB)
  },
  'sends a list of a gigabyte': async (socket, nasty) => {
    socket.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"`,
    )
    await nasty.flood(socket, Buffer.alloc(MIB, 'x'), GIB)
  },
  'sends small events without end': async (socket, nasty) => {
    socket.write(STREAM)
    const event = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${'x'.repeat(900)}"}}\n\n`
    await nasty.flood(socket, Buffer.from(event.repeat(500)), 4 * GIB)
  },
  'sends 200 MB': async (socket, nasty) => {
    const [start, end] = ['{"jsonrpc":"2.0","id":1,"result":{"x":"', '"}}']
    const length = 200 * MIB + start.length + end.length
    socket.write(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${start}`)
    await nasty.flood(socket, Buffer.alloc(MIB, 'x'), 200 * MIB)
    socket.write(end)
  },
  'streams what is not UTF-8': (socket) =>
    socket.end(Buffer.concat([Buffer.from(`${STREAM}data: {"x":"`), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n\n')])),
  'streams a list in an odd form': (socket) =>
    socket.end(
      `${ODD_STREAM}event: message\nid: 2\ndata: {"jsonrpc":"2.0","id":1,\ndata: "result":{"tools":[{"name":"echo"},\ndata: {"name":"delete\\u005fitem"}]}}\n\n`,
    ),
  'streams a list with its keys escaped': (socket) =>
    socket.end(
      `${ODD_STREAM}data: {"\\u006asonrpc":"2.0","id":1,"result":{"t\\u006fols":[{"name":"delete_item"}]}}\n\n`,
    ),
  'streams what is not JSON': (socket) => socket.end(`${STREAM}data: {"tools": this is not JSON\n\n`),
  'names a session with odd characters': (socket) =>
    socket.write(answer('200 OK', ['content-type: application/json', 'mcp-session-id: a b"\xe9'], ANSWER)),
} as const satisfies Record<string, Misdeed>

export type MisdeedName = keyof typeof MISDEEDS

export class Nasty {
  /** Paths that were asked for. */
  readonly hits: string[] = []
  /** Bytes that have left for the gate in floods. */
  flooded = 0
  /** Connections that are open. */
  open = 0
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.open++
      socket.on('close', () => this.open--)
      socket.on('error', () => {})
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const length = Number(/^content-length: (\d+)\r$/im.exec(text)?.[1] ?? 0)
        const end = text.indexOf('\r\n\r\n')
        if (end === -1 || text.length < end + 4 + length) return
        const path = decodeURIComponent(text.split(' ')[1]?.slice(1) ?? '')
        text = ''
        this.hits.push(path)
        const misdeed = (MISDEEDS as Record<string, Misdeed>)[path]
        Promise.resolve(misdeed?.(socket, this) ?? undefined).catch(() => {})
      })
    })
  }

  static async start(): Promise<Nasty> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Nasty(server)
  }

  url(misdeed: MisdeedName): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${encodeURIComponent(misdeed)}`
  }

  /** Writes as fast as it is read, until all is out or nobody is there. */
  async flood(socket: Socket, piece: Uint8Array, total: number): Promise<void> {
    for (let sent = 0; sent < total && !socket.destroyed; sent += piece.length) {
      const flows = socket.write(piece)
      this.flooded += piece.length
      if (!flows) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
    }
  }

  close(): void {
    this.#server.close()
  }
}
