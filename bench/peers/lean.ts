/**
 * `bare`, and the least that any gate does for a call: the hash of the key compared, the body parsed, one line appended
 * before the call goes up and one before its answer goes out (each turn of the event loop hands its lines to the kernel
 * in one write). No sessions, no eras, no scopes, no streams, nothing bounded, nothing strict.
 *
 *   node bench/peers/lean.ts PORT UPSTREAM_PORT KEY RECORD_FILE
 */
import { hash, timingSafeEqual } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { type Dispatcher, Pool } from 'undici'
import { flat, type Headers, outgoing } from './forwarding.ts'

const [port, upstream, key = '', file = ''] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${upstream}`, { connections: 64, headersTimeout: 0, bodyTimeout: 0 })
const known = hash('sha256', key, 'buffer')
const record = openSync(file, 'ax')
const buffer = Buffer.allocUnsafeSlow(2 ** 18)
let lines = ''
let waiting: (() => void)[] = []
let calls = 0

function append(line: string, then: () => void): void {
  lines += `${line}\n`
  if (waiting.push(then) === 1) setImmediate(flush)
}

function flush(): void {
  const [length, written] = [buffer.write(lines), waiting]
  lines = ''
  waiting = []
  writeSync(record, buffer, 0, length)
  for (const then of written) then()
}

class Relay implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse
  readonly #id: string
  readonly #begunAt = performance.now()
  #status = 0
  #headers: Headers = {}
  #body = ''

  constructor(response: ServerResponse, id: string) {
    this.#response = response
    this.#id = id
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#response.on('close', () => {
      if (!this.#response.writableFinished) controller.abort(new Error('the client left'))
    })
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body += chunk.toString('latin1')
  }

  onResponseEnd(): void {
    const took = Math.round((performance.now() - this.#begunAt) * 100) / 100
    const outcome = `"outcome":"answered","status":${this.#status},"durationMs":${took}`
    append(`{"type":"ending","id":"${this.#id}",${outcome}}`, () => {
      this.#response.writeHead(this.#status, flat(this.#headers))
      this.#response.end(this.#body, 'latin1')
    })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#response.destroy(error)
  }
}

const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => {
  const shown = hash('sha256', (request.headers.authorization ?? '').slice('Bearer '.length), 'buffer')
  if (!timingSafeEqual(shown, known)) {
    response.writeHead(401).end()
    return
  }
  let body: Buffer | undefined
  request.on('data', (chunk: Buffer) => {
    body = body === undefined ? chunk : Buffer.concat([body, chunk])
  })
  request.on('end', () => {
    const { method, params } = JSON.parse(body?.toString() ?? '')
    const id = (++calls).toString(36).padStart(19, '0')
    const what = `"verb":"POST","method":${JSON.stringify(method)},"name":${JSON.stringify(params?.name)}`
    const who = '"principal":{"kind":"api-key","credentialId":"0123456789abcdef"},"peer":"127.0.0.1"'
    append(`{"type":"request","id":"${id}","at":${Date.now()},${who},${what},"decision":"allowed"}`, () =>
      pool.dispatch(outgoing(request, body ?? null), new Relay(response, id)),
    )
  })
})
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
