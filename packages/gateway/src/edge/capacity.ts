import type { Server } from 'node:net'

/** Connections beyond the limit that are still taken, to be told so; what comes on top is closed unheard. */
const TOLD = 64

/**
 * How many callers are connected. Each may need a second descriptor towards its upstream, so the limit is set where
 * descriptors cannot run out: the caller beyond it gets a 503, and the ones inside notice nothing.
 */
export interface Capacity {
  readonly isFull: boolean
  readonly open: number
}

export function limitConnections(server: Server, limit: number): Capacity {
  let open = 0
  server.maxConnections = limit + TOLD
  server.on('connection', (socket) => {
    open++
    socket.once('close', () => open--)
  })
  return {
    get isFull() {
      return open > limit
    },
    get open() {
      return open
    },
  }
}
