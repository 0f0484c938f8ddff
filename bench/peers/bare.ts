/**
 * The leanest good forwarder in Node: `node:http` in front, `undici` behind, no checks at all. What the gate adds to
 * this is the price of the gate. It streams what is large and what is slow, keeps hop-by-hop headers to itself, and
 * hands on the end of a broken upstream, as a forwarder must.
 *
 *   node bench/peers/bare.ts PORT UPSTREAM_PORT WAY
 *
 * The ways differ in how a body travels. `bench --only bare` compares them; `collected` is the peer, see there.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type Dispatcher, Pool } from 'undici'
import { flat, type Headers, outgoing } from './forwarding.ts'

const [port, upstream, way = 'collected'] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${upstream}`, { connections: 64, headersTimeout: 0, bodyTimeout: 0 })

const ways: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
  /** The body is gathered first: one write to the upstream, and no stream machinery. */
  collected(request, response) {
    let body: Buffer | null = null
    request.on('data', (chunk: Buffer) => {
      body = body === null ? chunk : Buffer.concat([body, chunk])
    })
    request.on('end', () => pool.dispatch(outgoing(request, body), new Relay(response)))
  },
  /** The request is handed to undici as a stream. */
  streamed(request, response) {
    pool.dispatch(outgoing(request, request), new Relay(response))
  },
  /** What undici's documentation shows first: `request()`, and its body piped. */
  piped(request, response) {
    pool.request(outgoing(request, request)).then(
      (answer) => {
        response.writeHead(answer.statusCode, flat(answer.headers))
        answer.body.pipe(response)
      },
      (error: Error) => response.destroy(error),
    )
  },
}

/** Writes an answer to the client as it comes in. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  #length = -1

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) controller.abort(new Error('the client left'))
    })
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#length = Number(headers['content-length'] ?? -1)
    this.#response.writeHead(status, flat(headers))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const response = this.#response
    // A whole body as a string goes out in one buffer with its head; as bytes it would be a second one.
    if (chunk.length === this.#length) response.end(chunk.toString('latin1'), 'latin1')
    else if (!response.write(chunk)) {
      controller.pause()
      response.once('drain', () => controller.resume())
    }
  }

  onResponseEnd(): void {
    if (!this.#response.writableEnded) this.#response.end()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#response.destroy(error)
  }
}

const forward = ways[way]
if (forward === undefined) throw new TypeError(`no way is called ${way}`)
createServer({ noDelay: true, keepAliveTimeout: 60_000 }, forward).listen({
  port: Number(port),
  host: '127.0.0.1',
  backlog: 4096,
})
