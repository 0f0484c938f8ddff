import {
  type Incoming,
  isObject,
  type RequestMessage,
  readStrictJson,
  type Spans,
  StrictJsonError,
  splice,
  type Wanted,
} from '@portcullis/auth/protocol'

export const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId'

const META: Wanted = { [SUBSCRIPTION_ID]: {} }
const FROM_CHILD: Wanted = {
  jsonrpc: {},
  id: {},
  method: {},
  params: { progressToken: {}, requestId: {}, _meta: META },
  result: { _meta: META },
  error: { code: {} },
}

interface Spoken {
  readonly text: string
  readonly spans: Spans
}

/** What a child said, with the requests it speaks of by our numbers. */
export type ChildMessage = ChildResponse | ChildRequest | ChildNotification

export interface ChildResponse extends Spoken {
  readonly kind: 'response'
  /** Undefined where it is no number: then it answers none of ours. */
  readonly id: number | undefined
  readonly errorCode: number | undefined
  readonly errorData: unknown
  readonly result: unknown
}

/** A question to the caller: legacy era only. */
export interface ChildRequest extends Spoken {
  readonly kind: 'request'
  readonly method: string
}

export interface ChildNotification extends Spoken {
  readonly kind: 'notification'
  readonly method: string
  readonly progressToken: number | undefined
  readonly subscriptionId: number | undefined
  /** Of `notifications/cancelled`. In the legacy era this is a number of the child's own. */
  readonly cancelled: number | undefined
}

/** What a program of the operator's answers may be large: as many objects, arrays and members. */
const MAX_PARTS = 1_000_000

const ABOUT_CONTENTS = /^notifications\/(?:(?:tools|prompts|resources)\/list_changed|resources\/updated)$/

/** Whether it says that the server's contents changed, which concerns no request in particular. */
export function isAboutContents(message: ChildMessage): boolean {
  return message.kind === 'notification' && ABOUT_CONTENTS.test(message.method)
}

/**
 * A line that is no message (`garbage`), or one that could be read in two ways, such as an object with one key twice
 * (`ambiguous`): it goes nowhere, and whoever waits for it need not wait on.
 */
export type NoMessage = { readonly kind: 'garbage' } | { readonly kind: 'ambiguous'; readonly id: number | undefined }

export function readFromChild(bytes: Uint8Array): ChildMessage | NoMessage {
  let json: ReturnType<typeof readStrictJson>
  try {
    json = readStrictJson(bytes, FROM_CHILD, MAX_PARTS)
  } catch (error) {
    if (error instanceof StrictJsonError) return error.fault === 'not_utf8' ? GARBAGE : salvage(bytes)
    throw error
  }
  const { text, spans, value } = json
  if (!isObject(value) || value.jsonrpc !== '2.0') return GARBAGE
  const { id, method, params, result, error } = value
  if (method === undefined) {
    if (result === undefined && !isObject(error)) return GARBAGE
    const { code, data: errorData } = isObject(error) ? error : {}
    const errorCode = isObject(error) ? (numberOf(code) ?? -32603) : undefined
    return { kind: 'response', id: numberOf(id), errorCode, errorData, result, text, spans }
  }
  if (typeof method !== 'string') return GARBAGE
  if (id !== undefined) return { kind: 'request', method, text, spans }
  const members = isObject(params) ? params : {}
  const meta = isObject(members._meta) ? members._meta : {}
  return {
    kind: 'notification',
    method,
    progressToken: method === 'notifications/progress' ? numberOf(members.progressToken) : undefined,
    subscriptionId: numberOf(meta[SUBSCRIPTION_ID]),
    cancelled: method === 'notifications/cancelled' ? numberOf(members.requestId) : undefined,
    text,
    spans,
  }
}

const GARBAGE: NoMessage = { kind: 'garbage' }

function salvage(bytes: Uint8Array): NoMessage {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return isObject(value) ? { kind: 'ambiguous', id: numberOf(value.id) } : GARBAGE
  } catch {
    return GARBAGE
  }
}

/** A child's own spelling of the id of its question: JSON text. */
export function rawIdOf({ text, spans }: ChildRequest): string | undefined {
  const span = spans.get('id')
  return span === undefined ? undefined : text.slice(span.start, span.end)
}

/** How a caller spells what we have numbered: JSON text. */
export interface Spelling {
  readonly rawId: string
  /** Undefined where the request asked for no progress. */
  readonly rawToken: string | undefined
}

/** The message as the caller is to see it: our number for its request replaced by its own words, no other byte touched. */
export function toCaller(message: ChildMessage, id: number, spelling: Spelling): string {
  const { rawId, rawToken } = spelling
  const changes: { span: { start: number; end: number }; by: string }[] = []
  const replace = (path: string, by: string): void => {
    const span = message.spans.get(path)
    if (span !== undefined && Number(message.text.slice(span.start, span.end)) === id) changes.push({ span, by })
  }
  if (message.kind === 'response') {
    replace('id', rawId)
    replace(`result._meta.${SUBSCRIPTION_ID}`, rawId)
  } else if (message.kind === 'notification') {
    if (rawToken !== undefined && message.progressToken !== undefined) replace('params.progressToken', rawToken)
    if (message.cancelled !== undefined) replace('params.requestId', rawId)
    replace(`params._meta.${SUBSCRIPTION_ID}`, rawId)
  }
  return splice(message.text, changes)
}

/** How a request in a body spells its id and progress token. */
export function spellingOf(incoming: Incoming, index: number, { id }: RequestMessage): Spelling {
  const hasToken = progressToken(incoming, index) !== undefined
  return { rawId: id, rawToken: hasToken ? textAt(incoming, index, TOKEN) : undefined }
}

/** The id, as the caller spelled it, of the request that a `notifications/cancelled` calls off. */
export function cancelledId(incoming: Incoming, index: number): string | undefined {
  return textAt(incoming, index, 'params.requestId')
}

function textAt(incoming: Incoming, index: number, path: string): string | undefined {
  const span = incoming.spans.get(incoming.isBatch ? `${index}.${path}` : path)
  return span === undefined ? undefined : incoming.text.slice(span.start, span.end)
}

const TOKEN = 'params._meta.progressToken'

/** A token that is neither text nor number is left to the child to refuse. */
function progressToken(incoming: Incoming, index: number): string | number | undefined {
  const message = incoming.messages[index]
  const meta = message === undefined || message.kind === 'response' ? undefined : message.params?._meta
  const token = isObject(meta) ? meta.progressToken : undefined
  return typeof token === 'string' || typeof token === 'number' ? token : undefined
}

/** The `index`-th message of a body as one line, with the values at some paths (from that message's root) replaced. */
export function toLine(incoming: Incoming, index: number, values: Readonly<Record<string, string>> = {}): string {
  const prefix = incoming.isBatch ? `${index}.` : ''
  const whole = incoming.isBatch ? incoming.spans.get(String(index)) : undefined
  const { start, end } = whole ?? { start: 0, end: incoming.text.length }
  const changes: { span: { start: number; end: number }; by: string }[] = []
  for (const path in values) {
    const span = incoming.spans.get(prefix + path)
    const by = values[path]
    if (span === undefined || by === undefined) continue
    changes.push({ span: { start: span.start - start, end: span.end - start }, by })
  }
  return `${oneLine(splice(incoming.text.slice(start, end), changes))}\n`
}

/** A request as one line, our number in place of the caller's id and progress token. */
export function numbered(incoming: Incoming, index: number, id: number): string {
  const hasToken = progressToken(incoming, index) !== undefined
  return toLine(incoming, index, hasToken ? { id: String(id), [TOKEN]: String(id) } : { id: String(id) })
}

const BREAKS = /[\r\n\u0085\u2028\u2029]/
const SEPARATORS = /[\u0085\u2028\u2029]/g

/**
 * JSON text in one line, whatever the reader takes for a line's end. Bare returns and newlines stand between tokens
 * only. The separators of Unicode may stand inside strings, and some line readers (Node's readline among them) break
 * there: written as they came, a caller could end one message inside a string and begin another that nobody checked.
 * They are written as escapes.
 */
export function oneLine(text: string): string {
  if (!BREAKS.test(text)) return text
  return text
    .replace(/[\r\n]/g, ' ')
    .replace(SEPARATORS, (separator) => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
