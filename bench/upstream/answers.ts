/** What the cheap upstream says: the smallest honest MCP answers, the id echoed exactly as it was spelled. */

const ID = /"id":\s*("[^"]*"|-?\d+)/

/** A whole HTTP/1.1 response to the JSON-RPC message in `body`; a notification is accepted without one (MCP transports, 2025-06-18). */
export function answer(body: string): string {
  const id = ID.exec(body)?.[1]
  if (id === undefined) return 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n'
  const payload = `{"jsonrpc":"2.0","id":${id},"result":${result(body)}}`
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${payload.length}\r\n\r\n${payload}`
}

/** The head of a stream that stays open, with one event, so that a client knows that it is through. */
export const OPEN_STREAM =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n' +
  chunked('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n')

/** What keeps a quiet stream alive through proxies. */
export const COMMENT = chunked(': still here\n\n')

function chunked(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

function result(body: string): string {
  if (body.includes('"tools/call"')) return '{"content":[{"type":"text","text":"pong"}]}'
  if (body.includes('"tools/list"')) return '{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}'
  if (!body.includes('"initialize"')) return '{}'
  return '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"cheap","version":"1"}}'
}
