import { decodeUtf8 } from '../crypto/index.ts'
import { isObject } from './known.ts'
import type { Message, NotificationMessage, RequestMessage } from './message.ts'
import { isMirrored } from './methods.ts'
import { eraOfRevision } from './revisions.ts'

/** What the check looks at: field values of one request, undefined where a field is absent. */
export interface MirroredFields {
  readonly version: string | undefined
  readonly method: string | undefined
  readonly name: string | undefined
}

export type MirrorFault =
  | { readonly code: -32020; readonly message: string }
  | { readonly code: -32602; readonly message: string }

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion'
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities'

/**
 * Whether the header fields of a modern request say what its body says (MCP 2026-07-28, Standard Request Headers).
 * The body is the truth; a field that differs lets somebody on the way decide about another request than this one.
 * The order is that of requirements TM-13. Whether the version is one the upstream speaks, it says itself.
 */
export function checkMirroredFields(request: RequestMessage, fields: MirroredFields): MirrorFault | undefined {
  // An empty value is none to whoever asks whether there is one.
  if (!fields.version) return mismatch('The MCP-Protocol-Version header is missing.')
  const meta = request.params?._meta
  if (!isObject(meta) || typeof meta[VERSION_KEY] !== 'string' || !isObject(meta[CAPABILITIES_KEY])) {
    return {
      code: -32602,
      message: `Each request needs "params._meta" with "${VERSION_KEY}" and "${CAPABILITIES_KEY}".`,
    }
  }
  if (!isSaid(fields.version, meta[VERSION_KEY])) return mismatch('MCP-Protocol-Version differs from "_meta".')
  if (fields.method === undefined) return mismatch('The Mcp-Method header is missing.')
  if (!isSaid(fields.method, request.method)) return mismatch('Mcp-Method differs from "method".')
  return checkName(request, fields.name)
}

/**
 * Whether the header fields of a modern notification contradict its body. Every POST states its revision in a header
 * (requirements TM-10). Further a notification need not mirror anything in 2026-07-28, nor have a `_meta`, but what it
 * does mirror must be true (TM-12, TM-14).
 */
export function checkMirroredNotification(
  notification: NotificationMessage,
  fields: MirroredFields,
): MirrorFault | undefined {
  if (!fields.version) return mismatch('The MCP-Protocol-Version header is missing.')
  const meta = notification.params?._meta
  if (isObject(meta) && Object.hasOwn(meta, VERSION_KEY) && !isSaid(fields.version, meta[VERSION_KEY])) {
    return mismatch('MCP-Protocol-Version differs from "_meta".')
  }
  return checkUnasked(notification, fields)
}

/**
 * Whether a message that need not be mirrored, like those of the legacy era, is another than its header fields say.
 * They travel on, and who stands behind the gate may decide by them. What names nothing has no `Mcp-Name` to contradict.
 */
export function checkUnasked(
  message: Message,
  { method, name }: Omit<MirroredFields, 'version'>,
): MirrorFault | undefined {
  if (method !== undefined && (message.kind === 'response' || !isSaid(method, message.method))) {
    return mismatch('Mcp-Method differs from "method".')
  }
  if (name === undefined || message.kind !== 'request' || !isMirrored(message.method)) return undefined
  return checkName(message, name)
}

/** Whether a field says, to every reader of its bytes, what the body says. */
function isSaid(field: string, value: unknown): boolean {
  return field === value && PLAIN.test(field)
}

function checkName(request: RequestMessage, field: string | undefined): MirrorFault | undefined {
  if (!isMirrored(request.method)) {
    if (field === undefined || request.name === undefined) return undefined
  } else if (field === undefined) return mismatch('The Mcp-Name header is missing.')
  const name = decodeFieldValue(field as string)
  if (name === undefined) return mismatch('Mcp-Name is not well encoded.')
  return name === request.name ? undefined : mismatch('Mcp-Name differs from the body.')
}

const PREFIX = '=?base64?'
const SUFFIX = '?='
/** Bytes beyond ASCII are Latin-1 to one reader and UTF-8 to the next. */
const PLAIN = /^[\x20-\x7e]*$/
/** A tab within a value may be encoded, and need not be: the official client sends it as it is. */
const TEXT = /^[\t\x20-\x7e]*$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/**
 * A field value as the sender meant it: `=?base64?…?=` is decoded, anything else stands for itself (Value Encoding).
 * @returns undefined where the base64 is not strict and canonical, or does not hold UTF-8, and for characters that
 *   must be encoded: two spellings of one name, or two readings of one spelling, would let two readers disagree.
 */
export function decodeFieldValue(value: string): string | undefined {
  if (!TEXT.test(value)) return undefined
  if (!value.startsWith(PREFIX) || !value.endsWith(SUFFIX)) return value
  // The shortest value that begins and ends so, `=?base64?=`, shares a character and holds nothing at all.
  if (value.length < PREFIX.length + SUFFIX.length) return undefined
  const encoded = value.slice(PREFIX.length, -SUFFIX.length)
  if (!BASE64.test(encoded)) return undefined
  const binary = atob(encoded)
  if (btoa(binary) !== encoded) return undefined
  return decodeUtf8(Uint8Array.from(binary, (character) => character.charCodeAt(0)))
}

/**
 * The era a POST speaks (requirements TR-09): by what it carries, never by its method alone, and never by what the
 * connection carried before.
 */
export function isModernRequest(
  params: Readonly<Record<string, unknown>> | undefined,
  version: string | undefined,
): boolean {
  if (version !== undefined && eraOfRevision(version) === 'modern') return true
  // The key alone is the claim: which revision it names, the server judges.
  const meta = params?._meta
  return isObject(meta) && Object.hasOwn(meta, VERSION_KEY)
}

function mismatch(message: string): MirrorFault {
  return { code: -32020, message }
}
