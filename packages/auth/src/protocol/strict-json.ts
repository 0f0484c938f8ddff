/**
 * Reads JSON so that nobody behind the gate can read it differently.
 *
 * JSON libraries disagree about duplicate keys (first or last wins), about keys that differ only in case (Go's
 * encoding/json takes either), about keys that are no text (half a surrogate pair is kept, replaced or dropped), about
 * `__proto__`, about invalid UTF-8 and about deep nesting. Each of these lets a caller show the gate one tool name and
 * the upstream another, so each is refused (RFC 8259 §4 calls such objects unpredictable).
 *
 * The scan also reports where in the text chosen values stand, so that a value can be replaced without touching any
 * other byte: numbers beyond 2^53 and the spelling of strings survive.
 */
import { decodeUtf8 } from '../crypto/index.ts'
import { type EscapedKey, parseEscapedKeys } from './escaped-keys.ts'
import type { Span } from './span.ts'
import { join, type Place, placeOf, resembles, type Wanted } from './wanted.ts'

export { type Span, splice } from './span.ts'
export type { Wanted } from './wanted.ts'

/** Deeper nesting is refused. */
export const MAX_DEPTH = 128
/** More objects, arrays and members are refused: a parser takes half a second for four megabytes of brackets. */
export const MAX_PARTS = 200_000

/** In an object whose members are held to exact spelling, each is compared with all that are wanted. */
export const MAX_MEMBERS = 1000

export type JsonFault = 'not_utf8' | 'not_json' | 'too_deep' | 'too_many' | 'duplicate_key' | 'ambiguous_key'

export class StrictJsonError extends Error {
  readonly fault: JsonFault
  constructor(fault: JsonFault, message: string) {
    super(message)
    this.name = 'StrictJsonError'
    this.fault = fault
  }
}

/** Spans by path: `params.name`, `result.tools.0`. A key that holds a dot keeps it. */
export type Spans = ReadonlyMap<string, Span>

export interface StrictJson {
  readonly text: string
  readonly value: unknown
  readonly spans: Spans
}

/** @throws {StrictJsonError} */
export function readStrictJson(bytes: Uint8Array, wanted: Wanted = {}, maxParts?: number): StrictJson {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new StrictJsonError('not_utf8', 'The body is not valid UTF-8.')
  return readStrictText(text, wanted, maxParts)
}

/** @param maxParts Objects, arrays and members in all. @throws {StrictJsonError} */
export function readStrictText(text: string, wanted: Wanted = {}, maxParts = MAX_PARTS): StrictJson {
  // Depth first: the native parser would build what it costs a caller nothing to send.
  const { spans, escaped } = scan(text, wanted, maxParts)
  let value: unknown
  try {
    value = escaped.length === 0 ? JSON.parse(text) : parseEscapedKeys(text, escaped)
  } catch {
    throw new StrictJsonError('not_json', 'The body is not JSON.')
  }
  return { text, value, spans }
}

interface Frame {
  readonly isObject: boolean
  readonly place: Place | undefined
  /** The path of the element that this is, or is inside of. */
  readonly within: string
  readonly start: number
  keys: string[] | Set<string> | undefined
  /** Of the member that is being read. */
  member: Place | undefined
  /** Of the element that is being read. */
  index: number
  expectsKey: boolean
}

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_ARRAY = 91
const BACKSLASH = 92
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/**
 * Walks the structure of a text that is JSON if the parser says so afterwards; on any other text it does no harm.
 * One loop with its own stack: what a caller nests never reaches ours.
 */
function scan(
  text: string,
  wanted: Wanted,
  maxParts: number,
): { readonly spans: Spans; readonly escaped: readonly EscapedKey[] } {
  const spans = new Map<string, Span>()
  const escaped: EscapedKey[] = []
  const stack: Frame[] = []
  let frame: Frame | undefined
  let at = 0
  let parts = 0

  const inner = (): Place | undefined => {
    if (frame === undefined) return placeOf(wanted)
    return frame.isObject ? frame.member : frame.place?.element
  }
  const within = (): string => {
    if (frame === undefined) return ''
    return frame.isObject ? frame.within : join(join(frame.within, (frame.place as Place).path), String(frame.index))
  }

  while (at < text.length) {
    // Values to locate, and keys that are spelled with escapes, cost so many times as much.
    if (parts + spans.size * 2 + escaped.length * 10 > maxParts) throw tooMany()
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      if (frame?.isObject && frame.expectsKey) {
        const raw = text.slice(at + 1, end - 1)
        const isEscaped = raw.includes('\\')
        const key = isEscaped ? unescapeKey(raw) : raw
        parts++
        frame.expectsKey = false
        frame.member = frame.place?.members.get(key)
        checkKey(frame, key, raw)
        if (isEscaped) escaped.push({ span: { start: at, end }, key })
      } else if (frame?.place !== undefined) {
        const place = inner()
        if (place !== undefined) spans.set(join(within(), place.path), { start: at, end })
      }
      at = end
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (stack.length >= MAX_DEPTH) throw new StrictJsonError('too_deep', `Nested deeper than ${MAX_DEPTH} levels.`)
      parts++
      const isObject = code === OPEN_OBJECT
      const place = inner()
      frame = {
        isObject,
        place,
        within: place === undefined ? '' : within(),
        start: at,
        keys: undefined,
        member: undefined,
        index: 0,
        expectsKey: isObject,
      }
      stack.push(frame)
      at++
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      const closed = stack.pop()
      at++
      frame = stack[stack.length - 1]
      if (closed?.place !== undefined && frame !== undefined) {
        spans.set(join(closed.within, closed.place.path), { start: closed.start, end: at })
      }
    } else if (code === COMMA) {
      if (frame !== undefined) {
        frame.expectsKey = frame.isObject
        frame.index++
      }
      at++
    } else if (code === COLON || code <= 32) {
      at++
    } else {
      const end = endOfScalar(text, at)
      const place = frame?.place === undefined ? undefined : inner()
      if (place !== undefined) spans.set(join(within(), place.path), { start: at, end })
      at = end
    }
  }
  return { spans, escaped }
}

/** Behind the closing quote; the text's end when there is none (the parser will say so). */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1)
  while (quote !== -1) {
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
    quote = text.indexOf('"', quote + 1)
  }
  return text.length
}

function endOfScalar(text: string, start: number): number {
  let at = start + 1
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code <= 32 || code === QUOTE) break
    at++
  }
  return at
}

function checkKey(frame: Frame, key: string, raw: string): void {
  if (frame.keys === undefined) frame.keys = [key]
  else if (frame.keys instanceof Set) {
    if (frame.keys.has(key)) throw duplicate()
    frame.keys.add(key)
    if (frame.keys.size > MAX_MEMBERS && frame.place !== undefined && frame.place.members.size > 0) {
      throw tooMany()
    }
  } else {
    if (frame.keys.includes(key)) throw duplicate()
    frame.keys.push(key)
    if (frame.keys.length > 12) frame.keys = new Set(frame.keys)
  }
  if (frame.place === undefined) return
  if (frame.member === undefined) refuseLookAlike(frame.place, key)
  else if (raw !== key) refuseDisguise(raw, key)
}

function tooMany(): StrictJsonError {
  return new StrictJsonError('too_many', 'Too many members.')
}

function duplicate(): StrictJsonError {
  return new StrictJsonError('duplicate_key', 'An object has the same key twice.')
}

function unescapeKey(raw: string): string {
  let key: string
  try {
    key = JSON.parse(`"${raw}"`) as string
  } catch {
    throw new StrictJsonError('not_json', 'The body is not JSON.')
  }
  // Readers drop or replace half a surrogate pair, and some stop at a zero: "name\ud800" becomes a second "name".
  if (key.isWellFormed() && !key.includes('\0')) return key
  throw new StrictJsonError('ambiguous_key', 'A key holds a character that stands for none.')
}

/** PHP writes `\/`. Nobody has a reason to escape a letter, and Node 24 to 26 may lose a member that does. */
function refuseDisguise(raw: string, key: string): void {
  if (raw.replaceAll('\\/', '/') === key) return
  throw new StrictJsonError('ambiguous_key', `The key "${key}" is spelled with escapes.`)
}

function refuseLookAlike(place: Place, key: string): void {
  const name = resembles(place, key)
  if (name === undefined) return
  if (key === '__proto__') throw new StrictJsonError('ambiguous_key', `"__proto__" has no place beside "${name}".`)
  throw new StrictJsonError('ambiguous_key', `A key differs from "${name}" only in case.`)
}
