/** The least parsing of an answer that still proves it right. */

/**
 * Whether `text` holds the whole answer to the call `id`.
 *
 * @throws {Error} when it is anything but a 200 with a result of that id that is no tool's error, or when bytes follow it.
 */
export function isWholeAnswer(text: string, id: number): boolean {
  const bodyAt = text.indexOf('\r\n\r\n') + 4
  if (bodyAt < 4) return false
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`call ${id} was answered ${text.slice(0, 300)}`)
  const head = text.slice(0, bodyAt)
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  const body = length === undefined ? chunked(text, bodyAt) : exactly(text, bodyAt, Number(length))
  if (body === undefined) return false
  const isStream = /\r\ncontent-type: *text\/event-stream/i.test(head)
  proveResult(JSON.parse(isStream ? lastData(body) : body) as Reply, id)
  return true
}

/** As much of a JSON-RPC message as is looked at. */
export interface Reply {
  readonly id?: unknown
  readonly result?: { readonly isError?: unknown }
}

/** @throws {Error} unless it is the result of the call `id`; a tool that says `isError` has no result. */
export function proveResult(reply: Reply, id: number): void {
  const isRight = reply.id === id && reply.result !== undefined && reply.result.isError !== true
  if (!isRight) throw new Error(`call ${id} was answered ${JSON.stringify(reply)}`)
}

/** @returns `undefined` while bytes are missing. */
function exactly(text: string, from: number, length: number): string | undefined {
  if (text.length < from + length) return undefined
  if (text.length > from + length) throw new Error('more bytes than the answer has')
  return text.slice(from)
}

function chunked(text: string, from: number): string | undefined {
  let body = ''
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(text.slice(at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('an answer with neither a length nor chunks')
    if (size === 0) return text.endsWith('\r\n0\r\n\r\n') ? body : undefined
    body += text.slice(lineEnd + 2, lineEnd + 2 + size)
    at = lineEnd + 2 + size + 2
  }
}

/** The answer is the last event of its stream; each is one line in what is measured here. */
function lastData(body: string): string {
  return /.*(?:^|\n)data: ?([^\n]*)/s.exec(body)?.[1] ?? ''
}
