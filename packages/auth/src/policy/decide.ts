import {
  type Era,
  isClientNotification,
  kindOfMethod,
  type NotificationMessage,
  nameMember,
  type RequestMessage,
} from '../protocol/index.ts'
import type { Access } from './access.ts'

/** The lists that the gate may have to shorten or answer itself, and the member of the result they stand in. */
const LIST_MEMBERS: Readonly<Record<string, string>> = {
  'tools/list': 'tools',
  'prompts/list': 'prompts',
  'resources/list': 'resources',
  'resources/templates/list': 'resourceTemplates',
}

export const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks'

/** Stable: audited, documented, and sent to nobody. */
export type DenialReason =
  | 'method_unknown'
  | 'name_missing'
  | 'tool_not_listed'
  | 'lists_only'
  | 'read_scope_missing'
  | 'scope_missing'
  | 'condition_not_met'
  | 'arguments_invalid'
  | 'task_not_own'
  | 'tasks_undeclared'

export type Decision =
  /** `shortensList`: the answer holds a list of which the caller may see a part. */
  | { readonly kind: 'allowed'; readonly shortensList: boolean }
  /** The caller's list is empty whatever the upstream has: answered without asking it. */
  | { readonly kind: 'empty_list'; readonly member: string; readonly reason: DenialReason }
  /** `scopes`: what would let the caller in, if a person grants it. Set exactly when the reason is `scope_missing`. */
  | { readonly kind: 'denied'; readonly reason: DenialReason; readonly scopes?: readonly string[] }

const ALLOWED: Decision = { kind: 'allowed', shortensList: false }
const SHORTENED: Decision = { kind: 'allowed', shortensList: true }

/** What the decision depends on beside the request. */
export interface DecisionContext {
  readonly access: Access
  /** Who calls, where a rule's condition asks. */
  readonly clientId?: string
  readonly era: Era
  /** Methods that the operator lets through, for callers that are limited neither by scopes nor by tools. */
  readonly furtherMethods: ReadonlySet<string>
  /** Whether a task was made by this caller. */
  readonly ownsTask: (taskId: string) => boolean
}

/**
 * Whether a request may go to its upstream. Closed by default: a method that is neither known nor named by the
 * operator goes nowhere. Sessions, headers and limits are decided elsewhere.
 */
export function decideRequest(request: RequestMessage, context: DecisionContext): Decision {
  const { method, name } = request
  const { access, era, furtherMethods } = context
  const kind = kindOfMethod(method, era)
  if (kind !== undefined && name === undefined && nameMember(method) !== undefined) {
    return { kind: 'denied', reason: 'name_missing' }
  }
  switch (kind) {
    case undefined:
      // What such a method reaches is not known, so it is open only to who is not limited.
      if (!furtherMethods.has(method) || !(access.isUnlimited && access.mayCall)) {
        return { kind: 'denied', reason: 'method_unknown' }
      }
      return ALLOWED
    case 'lifecycle':
      return ALLOWED
    case 'list':
      return decideList(method, context)
    case 'read':
      if (access.mayRead) return ALLOWED
      if (access.readLacks !== undefined) return { kind: 'denied', reason: 'scope_missing', scopes: [access.readLacks] }
      return { kind: 'denied', reason: access.mayCall ? 'read_scope_missing' : 'lists_only' }
    case 'call':
      return decideCall(request, context)
  }
}

function decideList(method: string, { access, era }: DecisionContext): Decision {
  // Whole as it may be, this caller's list is not everybody's: a modern upstream's `cacheScope` cannot know that.
  const whole = era === 'modern' && access.isPrivate ? SHORTENED : ALLOWED
  if (method === 'tools/list') return access.seesEverything ? whole : SHORTENED
  // A monitor sees every list; who may not read has nothing on these.
  if (access.mayRead || !access.mayCall) return whole
  return { kind: 'empty_list', member: LIST_MEMBERS[method] as string, reason: 'read_scope_missing' }
}

function decideCall(request: RequestMessage, { access, clientId, era, ownsTask }: DecisionContext): Decision {
  const { method, name } = request
  if (!access.mayCall) return { kind: 'denied', reason: 'lists_only' }
  if (method === 'tools/call') {
    if (!access.sees(name as string)) return { kind: 'denied', reason: 'tool_not_listed' }
    const scopes = access.lacks(name as string)
    if (scopes.length > 0) return { kind: 'denied', reason: 'scope_missing', scopes }
    const reason = access.objects(name as string, argumentsOf(request), clientId)
    return reason === undefined ? ALLOWED : { kind: 'denied', reason }
  }
  if (era === 'modern' && !declaresTasks(request)) return { kind: 'denied', reason: 'tasks_undeclared' }
  if (method === 'tasks/list') return SHORTENED
  // Whoever made the task was allowed its tool; of anybody else's it is not said whether it exists.
  return ownsTask(name as string) ? ALLOWED : { kind: 'denied', reason: 'task_not_own' }
}

/** Without arguments a tool is called as with none (MCP, Calling Tools). */
function argumentsOf({ params }: RequestMessage): Readonly<Record<string, unknown>> {
  const given = member(params, 'arguments')
  return typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : {}
}

/** In the modern era tasks are an extension, and who uses it says so on each request (SEP-2663). */
function declaresTasks({ params }: RequestMessage): boolean {
  const capabilities = member(member(params, '_meta'), 'io.modelcontextprotocol/clientCapabilities')
  return member(member(capabilities, 'extensions'), TASKS_EXTENSION) !== undefined
}

function member(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isObject ? (value as Record<string, unknown>)[name] : undefined
}

/** Whether a notification of the caller's goes upstream. Nothing answers one, so an unknown one is refused at the door. */
export function decideNotification(
  notification: NotificationMessage,
  access: Access,
  furtherMethods: ReadonlySet<string>,
): 'allowed' | 'method_unknown' {
  const { method } = notification
  const isFurther = furtherMethods.has(method) && access.isUnlimited && access.mayCall
  return isClientNotification(method) || isFurther ? 'allowed' : 'method_unknown'
}
