import type { Passage } from '../entry/index.ts'

/** What is used of `http.ServerResponse`. */
export interface NodeResponse {
  statusCode: number
  readonly headersSent: boolean
  readonly destroyed: boolean
  writeHead(...args: unknown[]): unknown
  setHeader(name: string, value: string): unknown
  getHeader(name: string): unknown
  end(body?: string): unknown
  destroy(): unknown
  once(event: 'finish' | 'close', listener: () => void): unknown
}

/** Adds what the guard has to say; notices the session that an answer opens, the stream that it is, and its end. */
export function attend(passage: Passage, response: NodeResponse): void {
  const { headers } = passage
  for (let at = 0; at < headers.length; at += 2) response.setHeader(headers[at] as string, headers[at + 1] as string)
  const { writeHead } = response
  let stop: (() => void) | undefined
  let isWhole = false
  // The one place that every answer passes: `write` and `end` call it where a handler did not.
  response.writeHead = (...args) => {
    const result = writeHead.apply(response, args)
    const field = (name: string): string | undefined => fieldIn(args, name) ?? text(response.getHeader(name))
    const session = field('mcp-session-id')
    if (session !== undefined) passage.opened(session)
    if (field('content-type')?.startsWith('text/event-stream')) {
      stop ??= passage.untilRevoked(() => response.destroy())
    }
    return result
  }
  response.once('finish', () => {
    isWhole = true
  })
  response.once('close', () => {
    stop?.()
    passage.end(response.headersSent ? response.statusCode : undefined, !isWhole)
  })
}

/** A field among the arguments of `writeHead`: `(status, reason?, fields?)`, fields as an object or a list. */
function fieldIn(args: readonly unknown[], name: string): string | undefined {
  const fields = args[args.length - 1]
  if (typeof fields !== 'object' || fields === null) return undefined
  if (!Array.isArray(fields)) {
    const key = Object.keys(fields).find((each) => each.toLowerCase() === name)
    return key === undefined ? undefined : text((fields as Record<string, unknown>)[key])
  }
  // Node takes `[name, value, …]`, and pairs.
  const flat = fields.flat() as unknown[]
  const at = flat.findIndex((each, index) => index % 2 === 0 && String(each).toLowerCase() === name)
  return at === -1 ? undefined : text(flat[at + 1])
}

function text(value: unknown): string | undefined {
  if (Array.isArray(value)) return text(value[0])
  return typeof value === 'string' ? value : undefined
}
