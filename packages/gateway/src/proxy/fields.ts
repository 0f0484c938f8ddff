import type { IncomingMessage } from 'node:http'
import type { RequestView } from '@portcullis/auth/guard'

/** What happens to a request field of a known name on its way to the upstream. */
type Course =
  /** Travels on as it came. */
  | 'forward'
  /** Travels on, and may come once: two readers would otherwise pick different ones. */
  | 'forward-once'
  /** Read here, never forwarded, and may come once. */
  | 'keep-once'
  | 'drop'

/**
 * A list of what may pass, not of what may not: identity, cookies, proxies' and connection fields, and whatever an
 * upstream might trust are left behind unless the operator names them.
 */
const COURSES: ReadonlyMap<string, Course> = new Map<string, Course>([
  ['accept', 'forward'],
  ['accept-language', 'forward'],
  ['user-agent', 'forward'],
  ['traceparent', 'forward'],
  ['tracestate', 'forward'],
  ['baggage', 'forward'],
  ['last-event-id', 'forward-once'],
  ['mcp-protocol-version', 'forward-once'],
  ['mcp-method', 'forward-once'],
  ['mcp-name', 'forward-once'],
  ['authorization', 'keep-once'],
  ['x-api-key', 'keep-once'],
  ['mcp-session-id', 'keep-once'],
  ['content-type', 'keep-once'],
  ['host', 'keep-once'],
  ['origin', 'keep-once'],
])
const PARAM_PREFIX = 'mcp-param-'

/** The fields of one request, read once. */
export interface Fields extends RequestView {
  /** What travels on: [name, value, …], lower-case names. */
  readonly forwarded: string[]
  /** The first field that came twice though it may come once. */
  readonly repeated: string | undefined
}

/** @param further Lower-case names that the operator lets through. */
export function readFields(request: IncomingMessage, further: readonly string[]): Fields {
  const { rawHeaders, headers } = request
  // Where each field came once, what Node made of them is what came.
  let names = 0
  const forwarded: string[] = []
  for (const name in headers) {
    names++
    const course = courseOf(name)
    if (course === 'keep-once' || (course === 'drop' && !further.includes(name))) continue
    const value = headers[name]
    if (typeof value !== 'string') return readRepeated(request, further)
    forwarded.push(name, value)
  }
  if (names * 2 !== rawHeaders.length) return readRepeated(request, further)
  return { forwarded, repeated: undefined, header: (name) => headers[name] as string | undefined, isRepeated: never }
}

const never = (): boolean => false

/** From their raw form: Node joins or drops fields that came more than once. */
function readRepeated({ rawHeaders, headers }: IncomingMessage, further: readonly string[]): Fields {
  const forwarded: string[] = []
  const once: string[] = []
  const repeated: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    const course = courseOf(name)
    if (course === 'drop' && !further.includes(name)) continue
    if (course === 'forward-once' || course === 'keep-once') {
      if (once.includes(name)) repeated.push(name)
      else once.push(name)
    }
    if (course !== 'keep-once') forwarded.push(name, rawHeaders[at + 1] as string)
  }
  return {
    forwarded,
    repeated: repeated[0],
    header: (name) => headers[name] as string | undefined,
    isRepeated: (name) => repeated.includes(name),
  }
}

function courseOf(name: string): Course {
  return COURSES.get(name) ?? (name.startsWith(PARAM_PREFIX) ? 'forward-once' : 'drop')
}

/**
 * What travels on in the legacy era, which has no mirrored arguments and so nobody who holds them against the body.
 * @param forwarded [name, value, …], lower-case names.
 * @param further Lower-case names that the operator lets through all the same.
 */
export function withoutParams(forwarded: readonly string[], further: readonly string[]): readonly string[] {
  const isKept = (name: string): boolean => !name.startsWith(PARAM_PREFIX) || further.includes(name)
  if (forwarded.every((text, at) => at % 2 === 1 || isKept(text))) return forwarded
  return forwarded.filter((_, at) => isKept(forwarded[at - (at % 2)] as string))
}

/** Upstream response fields that the caller gets. Cookies, challenges and CORS of the upstream are its own affair. */
const ANSWERED: ReadonlySet<string> = new Set([
  'content-type',
  'cache-control',
  'retry-after',
  'mcp-protocol-version',
  'ratelimit',
  'ratelimit-policy',
  'last-modified',
  'allow',
])

/** @param headers [name, value, …], lower-case names. */
export function answerFields(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    if (ANSWERED.has(headers[at] as string)) kept.push(headers[at] as string, headers[at + 1] as string)
  }
  return kept
}

export function fieldValue(headers: readonly string[], name: string): string | undefined {
  const at = headers.indexOf(name)
  return at === -1 || at % 2 === 1 ? undefined : headers[at + 1]
}
