/** The one request that all peers are measured with. About 150 bytes, as small calls are. */
import type { Target } from './job.ts'

export const REVISION = '2025-06-18'
const FIRST_ID = 100_000_000
/** The tool that is called, with what. */
export const TOOL_CALL = { name: 'echo', arguments: { message: 'the quick brown fox jumps over the dog' } }
const CALL = `"method":"tools/call","params":${JSON.stringify(TOOL_CALL)}}`

export const INITIALIZE = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"${REVISION}","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}`
export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}'

/** Ids have nine digits, so that every request has the same length. */
export function ids(): () => number {
  let next = FIRST_ID
  return () => next++
}

export function callMessage(id: number): string {
  return `{"jsonrpc":"2.0","id":${id},${CALL}`
}

/** A `tools/call` of a client of revision 2025-06-18: `(key, id) → request`. */
export function callRequest({ path, port, session }: Target): (key: string, id: number) => string {
  const start = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer `
  const middle = [
    '',
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `MCP-Protocol-Version: ${REVISION}`,
    ...(session === undefined ? [] : [`Mcp-Session-Id: ${session}`]),
    `Content-Length: ${callMessage(FIRST_ID).length}`,
    '',
    '',
  ].join('\r\n')
  return (key, id) => start + key + middle + callMessage(id)
}

/** Opens the stream for a server's own messages (MCP 2025-06-18, transports, "listening for messages"). */
export function streamRequest({ path, port }: Target, key: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${key}`,
    'Accept: text/event-stream',
    `MCP-Protocol-Version: ${REVISION}`,
    '\r\n',
  ].join('\r\n')
}
