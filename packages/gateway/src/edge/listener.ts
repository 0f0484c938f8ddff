import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { errorReply } from '@portcullis/auth/http'
import { sendReply } from '../proxy/send.ts'

export interface ListenerOptions {
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly headerBytes: number
  /** Until the header is complete, in milliseconds. */
  readonly headersTimeoutMs: number
  /** From then until the body is complete, in milliseconds. */
  readonly bodyTimeoutMs: number
}

/** Idle connections are kept for this long, in milliseconds: longer than common load balancers keep theirs. */
const KEEP_ALIVE_MS = 75_000

/**
 * The listening socket and its bounds. Node's parser is strict: conflicting lengths (RFC 9112 §6.3), folded lines and
 * control characters end the connection before anything of ours runs.
 */
export function createListener(options: ListenerOptions): Server {
  const settings = {
    maxHeaderSize: options.headerBytes,
    headersTimeout: options.headersTimeoutMs,
    requestTimeout: options.headersTimeoutMs + options.bodyTimeoutMs,
    connectionsCheckingInterval: Math.min(5000, options.headersTimeoutMs),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requireHostHeader: true,
    insecureHTTPParser: false,
    noDelay: true,
  }
  const { tls } = options
  const server =
    tls === undefined
      ? createServer(settings)
      : (createTlsServer({
          ...settings,
          cert: readFileSync(tls.certFile),
          key: readFileSync(tls.keyFile),
          minVersion: 'TLSv1.2',
          // Until its end there is no head whose time Node would count.
          handshakeTimeout: options.headersTimeoutMs,
        }) as unknown as Server)
  // Node would drop fields beyond a count without a word, and somebody else would count differently. The front door
  // refuses such requests instead; their size is bounded above.
  server.maxHeadersCount = 0
  server.on('clientError', answerUnparsable)
  rememberConnections(server, tls !== undefined)
  // An upgrade or a CONNECT is nothing that MCP knows.
  server.on('connect', (_request, socket) => socket.destroy())
  return server
}

type Take = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Hands requests over, those that wait for `100 Continue` too: whoever reads the body says when. Of one connection one
 * at a time: what was sent ahead (pipelined, RFC 9112 §9.3.2) waits until what came before it has been answered, so
 * there are never more requests under way than connections.
 */
export function onRequest(server: Server, take: Take): void {
  const inTurn = takeInTurn(take)
  server.on('request', inTurn)
  server.on('checkContinue', inTurn)
}

/** So many requests of one connection may wait for those before them; clients of MCP over HTTP/1.1 send none ahead. */
const MAX_AHEAD = 8

/** What is being answered over a connection, or was last. */
const answers = new WeakMap<Socket, ServerResponse>()

function takeInTurn(takeOne: Take): Take {
  const ahead = new WeakMap<Socket, number>()
  const take: Take = (request, response) => {
    answers.set(request.socket, response)
    takeOne(request, response)
  }
  return (request, response) => {
    // An answer has its socket from the start unless another is still being sent there.
    if (response.socket !== null) return take(request, response)
    const { socket } = request
    const waiting = (ahead.get(socket) ?? 0) + 1
    ahead.set(socket, waiting)
    if (waiting > MAX_AHEAD) {
      response.shouldKeepAlive = false
      return sendReply(request, response, TOO_FAR_AHEAD)
    }
    response.once('socket', () => {
      ahead.set(socket, (ahead.get(socket) as number) - 1)
      take(request, response)
    })
  }
}

const TOO_FAR_AHEAD = errorReply(503, 'busy', 'Wait for answers before sending more on one connection.', [
  'retry-after',
  '1',
])

/** How long whoever sent it has to read why, in milliseconds. */
const LINGER_MS = 1000

/** Status by the parser's code; the parser's own text stays here. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

function answerUnparsable(error: NodeJS.ErrnoException, socket: Socket): void {
  const answer = answers.get(socket)
  // In the midst of an answer our words would be taken for a part of it.
  if (answer?.headersSent && !answer.writableFinished) {
    socket.destroy()
    return
  }
  // Who has not begun to speak TLS cannot be told anything.
  if (error.code === 'ECONNRESET' || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || !socket.writable) {
    socket.destroy()
    return
  }
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request'
  const body = JSON.stringify({ error: 'bad_request', error_description: 'The request could not be read.' })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Whoever does not close the other half keeps nothing open by that.
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}

/** @returns the port in use. @throws when the address is taken or not ours. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

const connectionsOf = new WeakMap<Server, Set<Socket>>()

function rememberConnections(server: Server, isTls: boolean): void {
  const connections = new Set<Socket>()
  connectionsOf.set(server, connections)
  // No listener for data here: it would take the parser off the socket and cost every request.
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
}

/** Ends connections over which nothing was ever asked: Node counts them as busy until their head is overdue. */
function endSilent(server: Server): void {
  for (const socket of connectionsOf.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy()
}

/**
 * The server counts a connection as gone before its answers have been told so; who ends what is behind them then would
 * be the one that broke them off.
 */
async function allClosed(server: Server): Promise<void> {
  for (const socket of connectionsOf.get(server) ?? []) await new Promise((resolve) => socket.once('close', resolve))
}

/** How often a closing listener lets go of connections that have become idle, in milliseconds. */
const IDLE_LOOK_MS = 50

/**
 * Takes no more connections and lets requests that are under way finish, for at most `drainMs` milliseconds. Streams
 * without an end are to be ended by whoever holds them.
 */
export function drain(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    // A kept connection is idle only once its answer is out, so one look at the start would miss it.
    const look = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS)
    endSilent(server)
    const cut = setTimeout(() => server.closeAllConnections(), drainMs)
    server.close(() => {
      clearInterval(look)
      clearTimeout(cut)
      void allClosed(server).then(resolve)
    })
  })
}
