import type { IncomingMessage } from 'node:http'
import type { Dispatcher } from 'undici'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
])

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** What goes on of a request. */
export function outgoing(
  request: IncomingMessage,
  body: Buffer | IncomingMessage | null,
): Dispatcher.DispatchOptions & { body: typeof body } {
  const { method = 'GET', url: path = '/' } = request
  return { method, path, headers: flat(request.headers) as string[], body }
}

/** Names and values in turn: both `undici` and `writeHead` take it with less work than an object. */
export function flat(headers: Headers): (string | string[])[] {
  const list: (string | string[])[] = []
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined && !HOP_BY_HOP.has(name)) list.push(name, value)
  }
  return list
}
