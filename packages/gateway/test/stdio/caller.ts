import assert from 'node:assert/strict'
import { type Era, isFault, readMessage } from '@portcullis/auth/protocol'
import type { Answer, Call, Upstream, UpstreamFailure } from '../../src/upstream/upstream.ts'

/** What one caller got, as it comes. */
export class Reply implements Answer {
  status = 0
  headers: ReadonlyMap<string, string> = new Map()
  body = ''
  failure: UpstreamFailure | undefined
  isOver = false
  /** Not cut: it has ended with words that say what happened. */
  endsWell = false
  /** Bytes that may be unread before `write` says so. */
  patience = Number.POSITIVE_INFINITY
  unread = 0
  /** When the caller is found to be gone: before anything, by the start, or by a write. */
  leavesAt: 'once' | 'start' | 'write' | undefined
  #leave: (() => void) | undefined
  #drain: (() => void) | undefined
  #waiting: (() => void)[] = []

  start(status: number, headers: readonly string[]): void {
    if (this.isOver) return
    assert.equal(this.status, 0, 'an answer starts once')
    this.status = status
    this.headers = new Map(
      Array.from({ length: headers.length / 2 }, (_, i) => [headers[2 * i], headers[2 * i + 1]]) as [string, string][],
    )
    if (this.leavesAt === 'start') this.leave()
    this.#changed()
  }

  write(chunk: Uint8Array): boolean {
    if (this.isOver) return false
    assert.ok(this.status > 0, 'a write comes after the start')
    this.body += Buffer.from(chunk).toString('utf8')
    this.unread += chunk.length
    this.#changed()
    if (this.leavesAt === 'write') this.leave()
    return this.unread <= this.patience
  }

  end(last?: Uint8Array): void {
    if (last !== undefined) this.write(last)
    this.isOver = true
    this.#changed()
  }

  fail(failure: UpstreamFailure, last?: Uint8Array): void {
    if (last !== undefined) this.write(last)
    this.endsWell = last !== undefined
    this.failure = failure
    this.isOver = true
    this.#changed()
  }

  onDrain(listener: () => void): void {
    this.#drain = listener
  }

  onLeave(listener: () => void): void {
    if (this.isOver) listener()
    else this.#leave = listener
  }

  /** The caller hangs up. */
  leave(): void {
    this.isOver = true
    this.#leave?.()
  }

  /** The caller reads all that has come so far. */
  read(): void {
    this.unread = 0
    this.#drain?.()
  }

  get isStream(): boolean {
    return this.headers.get('content-type') === 'text/event-stream'
  }

  /** The messages so far, parsed: the events of a stream, or the one body. */
  // biome-ignore lint/suspicious/noExplicitAny: what a server said, looked into by the test that knows it
  get messages(): any[] {
    return this.texts.map((text) => JSON.parse(text))
  }

  /** The messages so far, as they came. */
  get texts(): string[] {
    if (!this.isStream) return this.body === '' ? [] : [this.body]
    return [...this.body.matchAll(/^data: (.*)$/gm)].map((match) => match[1] ?? '')
  }

  /** Resolves when it is so; fails after `ms`. */
  async until(what: string, isSo: (reply: Reply) => boolean, ms = 8000): Promise<this> {
    const deadline = Date.now() + ms
    while (!isSo(this)) {
      const left = deadline - Date.now()
      assert.ok(
        left > 0,
        `still not ${what}: ${this.status} ${JSON.stringify(this.failure)} ${this.body.slice(0, 500)}`,
      )
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return this
  }

  over(ms?: number): Promise<this> {
    return this.until('over', (reply) => reply.isOver, ms)
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

const BOTH = 'application/json, text/event-stream'

export interface Sending {
  readonly session?: string | undefined
  readonly as?: string
  readonly accept?: string
  readonly era?: Era
  /** Further headers: [name, value, …]. */
  readonly headers?: readonly string[]
  /** Bytes that the caller leaves unread before it counts as slow. */
  readonly patience?: number
  readonly leavesAt?: Reply['leavesAt']
}

/** Sends a body, given as a value or as JSON text. */
export function post(upstream: Upstream, body: unknown, sending: Sending = {}): Reply {
  const { accept = BOTH, era = 'legacy', headers = [] } = sending
  const incoming = readMessage(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))
  if (isFault(incoming)) throw new Error(incoming.message)
  return send(
    upstream,
    { era, method: 'POST', incoming, headers: ['accept', accept, ...headers], ...whose(sending) },
    sending,
  )
}

/** A GET or DELETE. */
export function ask(upstream: Upstream, method: 'GET' | 'DELETE', sending: Sending = {}): Reply {
  const { accept = 'text/event-stream', era = 'legacy' } = sending
  return send(upstream, { era, method, headers: ['accept', accept], ...whose(sending) }, sending)
}

function send(upstream: Upstream, call: Call, sending: Sending): Reply {
  const { patience = Number.POSITIVE_INFINITY, leavesAt } = sending
  const reply = new Reply()
  reply.leavesAt = leavesAt
  reply.isOver = leavesAt === 'once'
  reply.patience = patience
  upstream.send(call, reply)
  return reply
}

function whose({ session, as = 'alice' }: Sending): { principalKey: string; upstreamSession?: string } {
  return session === undefined ? { principalKey: as } : { principalKey: as, upstreamSession: session }
}

export function request(id: unknown, method: string, params?: object): object {
  return { jsonrpc: '2.0', id, method, ...(params && { params }) }
}

export function notification(method: string, params?: object): object {
  return { jsonrpc: '2.0', method, ...(params && { params }) }
}

export const INITIALIZE = request(0, 'initialize', {
  protocolVersion: '2025-11-25',
  capabilities: { sampling: {}, elicitation: {}, roots: { listChanged: true } },
  clientInfo: { name: 'test', version: '1' },
})

/** A request of the modern era. */
export function modern(id: unknown, method: string, params: object = {}, meta: object = {}): object {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...meta,
  }
  return request(id, method, { ...params, _meta })
}

/** Opens a session and says that the client is ready. @returns the session's id. */
export async function givenSession(upstream: Upstream, sending: Sending = {}): Promise<string> {
  const reply = await post(upstream, INITIALIZE, sending).over()
  assert.equal(reply.status, 200, `${JSON.stringify(reply.failure)} ${reply.body}`)
  const session = reply.headers.get('mcp-session-id')
  assert.ok(session)
  await post(upstream, notification('notifications/initialized'), { ...sending, session }).over()
  return session
}

/** A tool call that tells `children/puppet.mjs` what to do. */
export function deed(id: unknown, name: string, args: object = {}, progressToken?: unknown): object {
  return request(id, 'tools/call', {
    name,
    arguments: args,
    ...(progressToken !== undefined && { _meta: { progressToken } }),
  })
}

/** The lines that the puppet has heard, the asking one last. */
export async function heardBy(upstream: Upstream, sending: Sending): Promise<string[]> {
  const reply = await post(upstream, deed('heard', 'heard'), sending).over()
  return reply.messages.at(-1).result.lines
}
