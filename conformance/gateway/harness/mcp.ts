import assert from 'node:assert/strict'
import { type Answer, EventStream, type HeaderFields, send } from './http.ts'
import { MODERN, type Revision } from './suite.ts'

export type Json = Record<string, unknown>

const ACCEPT = 'application/json, text/event-stream'

export interface Spoken {
  readonly status: number
  readonly answer: Answer
  /** The response to the request, wherever it stood; undefined when there was none. */
  readonly response: Json | undefined
  /** Everything else that came with it. */
  readonly others: readonly Json[]
}

/** Sends what the revision wants said: a client written out by hand, so that nothing is done for us. */
export interface Speaker {
  readonly revision: Revision
  readonly url: string
  /** Header fields of every request, the credential among them. */
  readonly headers: HeaderFields
  /** The session, where there is one. */
  readonly session: string | undefined
  request(method: string, params?: Json, options?: SpeakOptions): Promise<Spoken>
  /** The same, as a stream that is read while it comes. */
  stream(method: string, params?: Json, options?: SpeakOptions): Promise<EventStream>
  notify(method: string, params?: Json): Promise<Answer>
}

export interface SpeakOptions {
  readonly id?: number | string
  readonly headers?: HeaderFields
  readonly timeout?: number
}

export function bearer(key: string): HeaderFields {
  return { authorization: `Bearer ${key}` }
}

export function envelope(revision: string = MODERN): Json {
  return {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: 'suite', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
}

/** The header fields that a modern request mirrors itself in. */
export function mirrored(method: string, params: Json = {}): HeaderFields {
  const name = method === 'resources/read' ? params.uri : params.name
  return {
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
  }
}

export function postFields(headers: HeaderFields = {}): HeaderFields {
  return { accept: ACCEPT, 'content-type': 'application/json', ...headers }
}

/** Posts a message as it is. */
export function post(url: string, message: unknown, headers: HeaderFields = {}, timeout = 20_000): Promise<Answer> {
  const body = typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message)
  return send(url, { headers: postFields(headers), body, timeout })
}

let lastId = 0

function toMessage(revision: Revision, method: string, params: Json | undefined, id: number | string): Json {
  if (revision !== MODERN) return { jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) }
  const _meta = { ...envelope(), ...(params?._meta as Json | undefined) }
  return { jsonrpc: '2.0', id, method, params: { ...params, _meta } }
}

/** Opens a conversation in a revision: with a session where the revision has them. */
export async function speak(url: string, revision: Revision, headers: HeaderFields): Promise<Speaker> {
  const opened = revision === MODERN ? undefined : await initialize(url, revision, headers)
  if (opened !== undefined) {
    assert.equal(opened.status, 200, `initialize: ${opened.answer.text}`)
    assert.equal((opened.response?.result as Json | undefined)?.protocolVersion, revision)
  }
  const session = opened?.answer.headers['mcp-session-id'] as string | undefined
  const own: HeaderFields = {
    ...headers,
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
    ...(revision === MODERN || revision === '2025-03-26' ? {} : { 'mcp-protocol-version': revision }),
  }
  const fields = (method: string, params?: Json, further?: HeaderFields): HeaderFields => ({
    ...own,
    ...(revision === MODERN ? mirrored(method, params) : {}),
    ...further,
  })
  const speaker: Speaker = {
    revision,
    url,
    headers: own,
    session,
    async request(method, params, { id = ++lastId, headers: further, timeout } = {}) {
      const message = toMessage(revision, method, params, id)
      return read(await post(url, message, fields(method, params, further), timeout), id)
    },
    stream(method, params, { id = ++lastId, headers: further } = {}) {
      const body = JSON.stringify(toMessage(revision, method, params, id))
      return EventStream.open(url, { headers: postFields(fields(method, params, further)), body })
    },
    notify(method, params) {
      const message = { jsonrpc: '2.0', method, ...(params === undefined ? {} : { params }) }
      return post(url, message, fields(method, params))
    },
  }
  if (opened !== undefined) {
    const { status } = await speaker.notify('notifications/initialized')
    assert.equal(status, 202)
  }
  return speaker
}

export async function initialize(url: string, revision: string, headers: HeaderFields = {}): Promise<Spoken> {
  const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'suite', version: '1' } }
  const id = ++lastId
  return read(await post(url, { jsonrpc: '2.0', id, method: 'initialize', params }, headers), id)
}

/** Finds the response in an answer, be it JSON or an event stream. */
export function read(answer: Answer, id: number | string): Spoken {
  const messages = messagesOf(answer)
  const response = messages.find((message) => message.id === id && message.method === undefined)
  return { status: answer.status, answer, response, others: messages.filter((message) => message !== response) }
}

export function messagesOf({ headers, text }: Answer): Json[] {
  if (!(headers['content-type'] ?? '').startsWith('text/event-stream')) {
    if (text === '') return []
    const value = JSON.parse(text) as Json | Json[]
    return Array.isArray(value) ? value : [value]
  }
  return text.split(/\r?\n\r?\n/).flatMap((event) => {
    const data = event
      .split(/\r?\n/)
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice(5))
    return data.join('').trim() === '' ? [] : [JSON.parse(data.join('\n')) as Json]
  })
}

/** The names on a tool list. */
export function toolNames({ response }: Spoken): string[] {
  const tools = (response?.result as { tools?: { name: string }[] } | undefined)?.tools
  assert.ok(tools !== undefined, 'a tool list')
  return tools.map(({ name }) => name)
}

/** The text of a tool's result. */
export function textOf({ response }: Spoken): string {
  const content = (response?.result as { content?: { text?: string }[] } | undefined)?.content
  assert.ok(content !== undefined, `a result: ${JSON.stringify(response)}`)
  return content.map(({ text }) => text ?? '').join('')
}

/** The result, whatever it is of. */
export function resultOf({ response, answer }: Spoken): Json {
  assert.ok(response?.result !== undefined, `a result: ${answer.text}`)
  return response.result as Json
}

export function errorOf({ response }: Spoken): { code: number; message: string; data?: Json } {
  assert.ok(response?.error !== undefined, `an error: ${JSON.stringify(response)}`)
  return response.error as { code: number; message: string; data?: Json }
}
