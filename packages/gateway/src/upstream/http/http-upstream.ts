import { type Dispatcher, errors } from 'undici'
import type { Answer, Call, Upstream, UpstreamFailure } from '../upstream.ts'
import type { Connections } from './connections.ts'
import { type Doubt, WrongPlace } from './wrong-place.ts'

export interface HttpUpstreamOptions {
  readonly url: string
  /** Fields of the operator's, [name, value]; they win over the caller's. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** How long an upstream may say nothing: until its headers, and between two parts of an answer to a POST. */
  readonly silenceMs: number
  /** Shared by all HTTP servers of a gate. */
  readonly connections: Connections
  /** For the operator. */
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void
}

const LEADS_ELSEWHERE = 'a server answers as if there were no MCP at its address: check the path in its `upstream.url`'

/** Connections on which sessions are ended: nobody waits for that, and thousands may end at once. */
const MOST_ENDINGS = 8
/** Interim answers (1xx) to one request. */
const MAX_INTERIMS = 100

/**
 * A Streamable HTTP server. Redirects are not followed, compressed answers not read, and its refusals of the gate's
 * own credential (401, 403) never reach the caller: their challenge is not meant for it.
 */
export function createHttpUpstream(options: HttpUpstreamOptions): Upstream {
  const url = new URL(options.url)
  const path = url.pathname + url.search
  const { silenceMs, connections, warn } = options
  // Apart, since a pool looks for a free connection one by one: thousands of streams would stand in the way of calls.
  const pools = {
    POST: connections.pool(url.origin, { silenceMs }),
    GET: connections.pool(url.origin, { silenceMs }),
    DELETE: connections.pool(url.origin, { silenceMs, most: MOST_ENDINGS }),
  }
  const wrongPlace = new WrongPlace((status) => warn(LEADS_ELSEWHERE, { status }))
  const own = options.headers.flat()
  const ownNames = new Set(options.headers.map(([name]) => name))

  return {
    send(call, answer) {
      const headers = upstreamFields(call, own, ownNames)
      const body = call.incoming?.bytes ?? null
      // A stream without an end may be silent for as long as it likes; an answer may not.
      const bodyTimeout = call.method === 'GET' ? 0 : silenceMs
      const request = { path, method: call.method, headers, body, bodyTimeout }
      pools[call.method].dispatch(
        request,
        new Relay(answer, { silenceMs, wrongPlace: isOpening(call) ? wrongPlace : undefined }),
      )
    },
    async close() {
      await Promise.all(Object.values(pools).map((pool) => pool.destroy()))
    },
  }
}

function upstreamFields(call: Call, own: readonly string[], ownNames: ReadonlySet<string>): string[] {
  const fields = [...own]
  for (let at = 0; at < call.headers.length; at += 2) {
    const name = call.headers[at] as string
    if (!ownNames.has(name)) fields.push(name, call.headers[at + 1] as string)
  }
  if (call.incoming !== undefined) fields.push('content-type', 'application/json')
  if (call.upstreamSession !== undefined) fields.push('mcp-session-id', call.upstreamSession)
  return fields
}

interface RelayOptions {
  readonly silenceMs: number
  /** For answers that tell whether the server is where it should be. */
  readonly wrongPlace: WrongPlace | undefined
}

/** In a session the server has been found. */
function isOpening({ method, upstreamSession }: Call): boolean {
  return method === 'POST' && upstreamSession === undefined
}

/** Hands one response on as it arrives. */
class Relay implements Dispatcher.DispatchHandler {
  private readonly answer: Answer
  private readonly options: RelayOptions
  private doubt: Doubt | undefined
  private isOver = false
  private firstInterimAt = 0
  private interims = 0

  constructor(answer: Answer, options: RelayOptions) {
    this.answer = answer
    this.options = options
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.answer.onLeave(() => {
      this.isOver = true
      controller.abort(new Error('the caller has left'))
    })
    this.answer.onDrain(() => controller.resume())
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[]>,
  ): void {
    if (this.isOver) return
    const fault = status < 200 ? this.faultOfInterim() : faultOf(status, headers)
    if (fault !== undefined) {
      this.isOver = true
      this.answer.fail(fault)
      controller.abort(new Error(fault.detail))
      return
    }
    if (status < 200) return
    const fields: string[] = []
    for (const name in headers) {
      const value = headers[name]
      if (typeof value === 'string') fields.push(name, value)
    }
    this.doubt = this.options.wrongPlace?.doubt(status)
    this.answer.start(status, fields)
  }

  /** An interim answer winds undici's clock again, so their number and their time have bounds here. */
  private faultOfInterim(): UpstreamFailure | undefined {
    if (++this.interims > MAX_INTERIMS) return { reason: 'broken', detail: 'interim answers without end' }
    if (this.interims === 1) this.firstInterimAt = performance.now()
    const isLate = performance.now() - this.firstInterimAt > this.options.silenceMs
    return isLate ? { reason: 'timeout', detail: 'interim answers alone' } : undefined
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.doubt?.see(chunk)
    if (!this.isOver && !this.answer.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    if (this.isOver) return
    this.isOver = true
    this.doubt?.end()
    this.answer.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.isOver) return
    this.isOver = true
    this.answer.fail(failureOf(error))
  }
}

function faultOf(status: number, headers: Record<string, string | string[]>): UpstreamFailure | undefined {
  if (status === 401 || status === 403) return { reason: 'credential', detail: `status ${status}` }
  if (status >= 300 && status < 400) return { reason: 'broken', detail: `redirect ${status}` }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return { reason: 'broken', detail: 'compressed answer' }
  return undefined
}

function failureOf(error: Error): UpstreamFailure {
  const code = (error as NodeJS.ErrnoException).code
  const detail = code ?? error.name
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    return { reason: 'timeout', detail }
  }
  const isUnreachable =
    error instanceof errors.ConnectTimeoutError ||
    code === 'ECONNREFUSED' ||
    code === 'ENOTFOUND' ||
    code === 'EAI_AGAIN' ||
    code === 'EHOSTUNREACH' ||
    code === 'ENETUNREACH' ||
    code === 'EMFILE'
  return { reason: isUnreachable ? 'unreachable' : 'broken', detail }
}
