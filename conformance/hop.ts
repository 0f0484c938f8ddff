/**
 * A hop that adds headers, because the official suite has no option for any: `hop.ts --to URL --header "Name: value"`.
 * A streaming reverse proxy on loopback that changes nothing else. `Host` and `Origin` stay as the client sent them (the
 * suite forges both), bytes go on as they come, and when one side leaves, the other is told.
 *
 * Only header *values* pass through a parser on the way, so white space around them is gone before the server sees it.
 */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'

export interface HopOptions {
  /** Where requests go. Only its origin counts: a request keeps its own path. */
  readonly to: string
  /** Set on every request, in place of what the client sent under that name. */
  readonly headers: Readonly<Record<string, string>>
  /** Default 0: any free port. */
  readonly port?: number
}

export interface Hop {
  readonly url: string
  close(): Promise<void>
}

/** Belong to one connection (RFC 9110 §7.6.1), so each side has its own. */
const PER_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

export async function openHop({ to, headers, port = 0 }: HopOptions): Promise<Hop> {
  const target = new URL(to)
  const added = Object.entries(headers)
  const replaced = new Set(added.map(([name]) => name.toLowerCase()))

  const forward = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const kept = pairs(incoming.rawHeaders).filter(([name]) => !replaced.has(name.toLowerCase()))
    const outgoing = send({
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      setHost: false,
      headers: [...kept, ...added].flat(),
      agent: false, // a connection each: a reused one may be closing, and a retry would send a request twice
    })
    outgoing.on('response', (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.statusMessage, pairs(reply.rawHeaders).flat())
      answer.flushHeaders() // an event stream may stay silent for long
      reply.pipe(answer)
      reply.on('error', () => answer.destroy())
    })
    outgoing.on('error', () => (answer.headersSent ? answer.destroy() : answer.writeHead(502).end()))
    answer.on('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }

  const server = createServer(forward)
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** Names and values in the order and the spelling they came in. */
function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [raw[at] as string, raw[at + 1] as string]
    if (!PER_CONNECTION.has(name.toLowerCase())) found.push([name, value])
  }
  return found
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      to: { type: 'string' },
      header: { type: 'string', multiple: true, default: [] },
      port: { type: 'string', default: '0' },
    },
  })
  if (!values.to) throw new TypeError('"--to" must say where requests go')
  const headers = Object.fromEntries(
    values.header.map((line) => {
      const colon = line.indexOf(':')
      if (colon < 1) throw new TypeError('"--header" must look like "Name: value"')
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
    }),
  )
  const { url } = await openHop({ to: values.to, headers, port: Number(values.port) })
  process.stdout.write(`${JSON.stringify({ ready: true, url })}\n`)
}
