/** The least parsing of an HTTP/1.1 answer that still proves it right. */

/**
 * Whether `text` holds the whole answer to the call `id`.
 *
 * @throws {Error} when it is anything but a 200 with a result of that id, or when bytes follow it.
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
  const message = JSON.parse(isStream ? lastData(body) : body) as { readonly id?: unknown; readonly result?: unknown }
  if (message.id !== id || message.result === undefined) throw new Error(`call ${id} was answered ${body}`)
  return true
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
