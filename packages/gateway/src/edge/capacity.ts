import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Connections beyond the limit that are still taken, to be told so; what comes on top is closed unheard. */
const TOLD = 64
/** Looks for idle connections are this far apart, in milliseconds: each one goes through all of them. */
const LOOK_MS = 100

/**
 * How many callers are connected. Each may need a second descriptor towards its upstream, and never a third: of one
 * connection one request is under way (`onRequest`). So the limit is set where descriptors cannot run out: the caller
 * beyond it gets a 503, and the ones inside notice nothing. Who is idle makes way first.
 */
export interface Capacity {
  /** Whether a request that came over this connection may be served. */
  hasRoomFor(socket: Socket): boolean
  /** More than half is taken: who has shown no credential does not stay. */
  readonly isCrowded: boolean
  readonly open: number
}

export function limitConnections(server: Server, limit: number): Capacity {
  let open = 0
  let lookedAt = Number.NEGATIVE_INFINITY
  const beyond = new WeakSet<Socket>()
  const makeWay = (): void => {
    const now = performance.now()
    if (now - lookedAt < LOOK_MS) return
    lookedAt = now
    server.closeIdleConnections()
  }
  server.maxConnections = limit + TOLD
  server.on('connection', (socket) => {
    open++
    socket.once('close', () => open--)
    if (open <= limit) return
    beyond.add(socket)
    makeWay()
  })
  // Requests name the connection inside of TLS.
  server.on('secureConnection', (socket: Socket) => {
    if (open > limit) beyond.add(socket)
  })
  return {
    hasRoomFor(socket) {
      if (open > limit) return !beyond.has(socket)
      beyond.delete(socket)
      return true
    },
    get isCrowded() {
      return open * 2 > limit
    },
    get open() {
      return open
    },
  }
}
