import type { Socket } from 'node:net'
import { type buildConnector, Client, Pool } from 'undici'

/** Connections that nobody uses are closed after this long, whatever longer time the server offers; milliseconds. */
const IDLE_MS = 30_000
/** Where no more than this part of the idle ones makes way at once, looking for them costs next to nothing. */
const PART = 16
/** Looks that find nobody idle are this far apart, in milliseconds: each one goes through all of them. */
const LOOK_MS = 100

export interface PoolOptions {
  /** How long a server may say nothing until its headers, in milliseconds. */
  readonly silenceMs: number
  /** What goes beyond it waits in turn. Default: no bound. */
  readonly most?: number
  /** Default 30 s. */
  readonly idleMs?: number
}

interface Held {
  readonly client: Client
  /** While it is being opened there is none yet. */
  socket?: Socket
}

/**
 * The connections that a gate has open, over all of its HTTP servers. The roof makes one and hands it to each.
 *
 * A caller has one call under way, so as many connections as callers are enough. Where so many are open and one more is
 * needed, some are idle: those that were opened first are closed. One that is in use never is.
 */
export class Connections {
  readonly #most: number
  readonly #held = new Set<Held>()
  #lookAgainAt = Number.NEGATIVE_INFINITY

  constructor(most = 1000) {
    if (!(Number.isInteger(most) && most > 0)) throw new TypeError('"most" must be a positive integer')
    this.#most = most
  }

  /** Those to one server, each for one request at a time. */
  pool(origin: string, { silenceMs, most, idleMs = IDLE_MS }: PoolOptions): Pool {
    return new Pool(origin, {
      pipelining: 1,
      keepAliveTimeout: idleMs,
      keepAliveMaxTimeout: idleMs,
      headersTimeout: silenceMs,
      // An event of any size arrives in parts, so the parts' bound is ours, in the answer.
      maxResponseSize: -1,
      factory: (url, options) => this.#client(url, options as { readonly connect: buildConnector.connector }),
      ...(most === undefined ? {} : { connections: most }),
    })
  }

  #client(origin: URL, options: { readonly connect: buildConnector.connector }): Client {
    const client: Client = new Client(origin, {
      ...options,
      connect: (target, done) => {
        const held: Held = { client }
        this.#makeWay()
        this.#held.add(held)
        options.connect(target, (...[error, socket]: [Error, null] | [null, Socket]) => {
          if (error !== null) {
            this.#held.delete(held)
            return done(error, null)
          }
          held.socket = socket
          socket.once('close', () => this.#held.delete(held))
          done(null, socket)
        })
      },
    })
    return client
  }

  #makeWay(): void {
    if (this.#held.size < this.#most) return
    const now = performance.now()
    if (now < this.#lookAgainAt) return
    let wanted = Math.ceil(this.#most / PART)
    for (const held of this.#held) {
      if (held.socket === undefined || held.client.stats.size > 0) continue
      held.socket.destroy()
      this.#held.delete(held)
      if (--wanted === 0) return
    }
    this.#lookAgainAt = now + LOOK_MS
  }
}
