import type { Era } from './revisions.ts'

/**
 * What a caller may send, and what each method does. The gate is closed by default: a method that is not here is
 * forwarded only where the operator has named it.
 */

/**
 * - `lifecycle`: opens, checks or tunes a conversation; tells nothing about the server's contents.
 * - `list`: names what there is.
 * - `read`: returns contents (resources, prompts, completions) or subscribes to them.
 * - `call`: makes something happen.
 */
export type MethodKind = 'lifecycle' | 'list' | 'read' | 'call'

interface MethodFacts {
  readonly kind: MethodKind
  /** The one era that has it; absent: both. */
  readonly era?: Era
  /** The member of `params` that `Mcp-Name` mirrors (MCP 2026-07-28, Standard Request Headers; SEP-2663). */
  readonly name?: 'name' | 'uri' | 'taskId'
}

const REQUESTS: ReadonlyMap<string, MethodFacts> = new Map<string, MethodFacts>([
  ['initialize', { era: 'legacy', kind: 'lifecycle' }],
  ['ping', { era: 'legacy', kind: 'lifecycle' }],
  ['server/discover', { era: 'modern', kind: 'lifecycle' }],
  ['logging/setLevel', { era: 'legacy', kind: 'lifecycle' }],
  ['tools/list', { kind: 'list' }],
  ['prompts/list', { kind: 'list' }],
  ['resources/list', { kind: 'list' }],
  ['resources/templates/list', { kind: 'list' }],
  ['resources/read', { kind: 'read', name: 'uri' }],
  ['resources/subscribe', { era: 'legacy', kind: 'read', name: 'uri' }],
  ['resources/unsubscribe', { era: 'legacy', kind: 'read', name: 'uri' }],
  ['subscriptions/listen', { era: 'modern', kind: 'read' }],
  ['prompts/get', { kind: 'read', name: 'name' }],
  ['completion/complete', { kind: 'read' }],
  ['tools/call', { kind: 'call', name: 'name' }],
  ['tasks/get', { kind: 'call', name: 'taskId' }],
  ['tasks/update', { era: 'modern', kind: 'call', name: 'taskId' }],
  ['tasks/cancel', { kind: 'call', name: 'taskId' }],
  ['tasks/result', { era: 'legacy', kind: 'call', name: 'taskId' }],
  ['tasks/list', { era: 'legacy', kind: 'call' }],
])

/** Methods whose name the modern era mirrors into `Mcp-Name`; subscribing is not among them. */
const MIRRORED: ReadonlySet<string> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
])

const NOTIFICATIONS: ReadonlySet<string> = new Set([
  'notifications/initialized',
  'notifications/cancelled',
  'notifications/progress',
  'notifications/roots/list_changed',
  'notifications/tasks/status',
])

/** @returns undefined for a method that this era does not have. */
export function kindOfMethod(method: string, era: Era): MethodKind | undefined {
  const facts = REQUESTS.get(method)
  return facts?.era === undefined || facts.era === era ? facts?.kind : undefined
}

export function nameMember(method: string): 'name' | 'uri' | 'taskId' | undefined {
  return REQUESTS.get(method)?.name
}

export function isMirrored(method: string): boolean {
  return MIRRORED.has(method)
}

export function isClientNotification(method: string): boolean {
  return NOTIFICATIONS.has(method)
}
