import { decodeUtf8 } from '../crypto/index.ts'
import { isObject } from './known.ts'
import { nameMember } from './methods.ts'
import { readPlainText } from './plain-json.ts'
import { readStrictText, type Spans, type StrictJson, StrictJsonError, type Wanted } from './strict-json.ts'

/** A JSON-RPC request as the caller spelled it. */
export interface RequestMessage {
  readonly kind: 'request'
  /** The id's JSON text, quotes included: echoed and compared as it stands, so no number loses digits. */
  readonly id: string
  readonly method: string
  readonly params: Readonly<Record<string, unknown>> | undefined
  /** The tool, prompt, resource or task that the method speaks of; undefined where it speaks of none, or not well. */
  readonly name: string | undefined
}

export interface NotificationMessage {
  readonly kind: 'notification'
  readonly method: string
  readonly params: Readonly<Record<string, unknown>> | undefined
}

/** An answer to a request that the server sent: legacy era only. */
export interface ResponseMessage {
  readonly kind: 'response'
  /** The id's JSON text. */
  readonly id: string
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage

/** A body that has been read: one message, or a batch of 2025-03-26. */
export interface Incoming {
  readonly bytes: Uint8Array
  readonly text: string
  /** What the text says: what was decided about. */
  readonly value: unknown
  readonly spans: Spans
  readonly messages: readonly [Message, ...Message[]]
  readonly isBatch: boolean
}

export type MessageFault =
  | { readonly kind: 'unreadable'; readonly code: -32700; readonly message: string }
  | { readonly kind: 'invalid'; readonly code: -32600; readonly message: string; readonly id?: string }

const META = {
  progressToken: {},
  'io.modelcontextprotocol/protocolVersion': {},
  'io.modelcontextprotocol/clientCapabilities': {},
}
const MEMBERS: Wanted = {
  jsonrpc: {},
  id: {},
  method: {},
  params: { name: {}, uri: {}, taskId: {}, requestId: {}, arguments: {}, _meta: META },
  result: {},
  error: {},
}
const WANTED: Wanted = { ...MEMBERS, '*': MEMBERS }

export const MAX_BATCH = 50

/**
 * Reads a POSTed body strictly (JSON-RPC 2.0, MCP base protocol). Says nothing about eras, headers or permissions.
 *
 * Refused beyond what JSON-RPC says: duplicate and look-alike keys, ids that are null or not strings or integers,
 * `params` that is not an object, a notification that carries an id, a response that carries a method.
 */
export function readMessage(bytes: Uint8Array): Incoming | MessageFault {
  const text = decodeUtf8(bytes)
  if (text === undefined) return { kind: 'unreadable', code: -32700, message: 'The body is not valid UTF-8.' }
  const plain = readPlainText(text, WANTED)
  if (plain === undefined) return readAny(bytes, text)
  const message = toMessage(plain, JSON.stringify(plain.id))
  return 'code' in message ? message : new Body(bytes, text, plain, [message], false)
}

function readAny(bytes: Uint8Array, text: string): Incoming | MessageFault {
  let json: StrictJson
  try {
    json = readStrictText(text, WANTED)
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    if (error.fault === 'too_many') return invalid(error.message)
    return { kind: 'unreadable', code: -32700, message: error.message }
  }
  const { value, spans } = json
  if (!Array.isArray(value)) {
    const message = toMessage(value, rawId(text, spans, 'id'))
    return 'code' in message ? message : new Body(bytes, text, value, [message], false, spans)
  }
  if (value.length === 0) return invalid('A batch must hold at least one message.')
  if (value.length > MAX_BATCH) return invalid(`A batch holds at most ${MAX_BATCH} messages.`)
  const messages: Message[] = []
  for (const [index, element] of value.entries()) {
    const message = toMessage(element, rawId(text, spans, `${index}.id`))
    if ('code' in message) return message
    messages.push(message)
  }
  // Of two requests under one id nobody could tell which an answer belongs to (JSON-RPC 2.0 §4).
  const ids = messages.flatMap((message) => (message.kind === 'request' ? [message.id] : []))
  if (new Set(ids).size < ids.length) return invalid('The requests of a batch have different ids.')
  return new Body(bytes, text, value, messages as [Message, ...Message[]], true, spans)
}

class Body implements Incoming {
  readonly bytes: Uint8Array
  readonly text: string
  readonly value: unknown
  readonly messages: readonly [Message, ...Message[]]
  readonly isBatch: boolean
  #found: Spans | undefined

  constructor(
    bytes: Uint8Array,
    text: string,
    value: unknown,
    messages: Incoming['messages'],
    isBatch: boolean,
    spans?: Spans,
  ) {
    this.bytes = bytes
    this.text = text
    this.value = value
    this.messages = messages
    this.isBatch = isBatch
    this.#found = spans
  }

  /** Most bodies travel on as they are: where their values stand is looked up for those that do not. */
  get spans(): Spans {
    this.#found ??= readStrictText(this.text, WANTED).spans
    return this.#found
  }
}

/** The JSON text of the id that an answer must carry; undefined where there is none to echo. */
export function idOf(incoming: Incoming | undefined): string | undefined {
  if (incoming === undefined || incoming.isBatch) return undefined
  const [message] = incoming.messages
  return message.kind === 'request' ? message.id : undefined
}

export function isFault(read: Incoming | MessageFault): read is MessageFault {
  return 'code' in read
}

function rawId(text: string, spans: Spans, path: string): string | undefined {
  const span = spans.get(path)
  return span === undefined ? undefined : text.slice(span.start, span.end)
}

function toMessage(value: unknown, id: string | undefined): Message | MessageFault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid('A message is an object.')
  const message = value as Record<string, unknown>
  const validId = isId(message.id) ? id : undefined
  if (message.jsonrpc !== '2.0') return invalid('"jsonrpc" must be "2.0".', validId)
  if (id !== undefined && validId === undefined) return invalid('"id" must be a string or an integer.')
  const { method, params } = message
  if (method === undefined) return toResponse(message, validId)
  if (typeof method !== 'string' || !method.isWellFormed()) return invalid('"method" must be a string.', validId)
  if ('result' in message || 'error' in message) return invalid('A message is a request or a response.', validId)
  if (params !== undefined && !isObject(params)) return invalid('"params" must be an object.', validId)
  const isNotification = method.startsWith('notifications/')
  if (validId === undefined) {
    return isNotification ? { kind: 'notification', method, params } : invalid(`A request needs an "id".`)
  }
  if (isNotification) return invalid('A notification has no "id".', validId)
  return toRequest(validId, method, params)
}

/** @param id Its JSON text. */
export function toRequest(id: string, method: string, params: RequestMessage['params']): RequestMessage {
  const member = nameMember(method)
  const name = member === undefined ? undefined : params?.[member]
  const isName = typeof name === 'string' && name.isWellFormed()
  return { kind: 'request', id, method, params, name: isName ? name : undefined }
}

function toResponse(message: Record<string, unknown>, id: string | undefined): ResponseMessage | MessageFault {
  const answers = Number('result' in message) + Number('error' in message)
  if (answers !== 1) return invalid('A message has a "method", a "result" or an "error".', id)
  if (id === undefined) return invalid('A response needs the "id" of its request.')
  return { kind: 'response', id }
}

function isId(id: unknown): boolean {
  // Whether a number kept its digits does not matter here: the text is what travels.
  return (typeof id === 'string' && id.isWellFormed()) || (typeof id === 'number' && Number.isInteger(id))
}

function invalid(message: string, id?: string): MessageFault {
  return id === undefined ? { kind: 'invalid', code: -32600, message } : { kind: 'invalid', code: -32600, message, id }
}
