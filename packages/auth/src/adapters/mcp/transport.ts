import type { Policy } from '../../entry/index.ts'
import { passageOf, type Vouched, vouchedIn } from '../../entry/index.ts'
import { decideIncoming } from '../../guard/index.ts'
import type { TaskLedger } from '../../policy/index.ts'
import { type Era, isModernRequest, isObject, toRequest } from '../../protocol/index.ts'

/** What is used of a transport of the SDKs (v1 and v2): its public contract. */
export interface SdkTransport {
  onmessage?: ((message: never, extra?: never) => void) | undefined
  send(message: never, options?: never): Promise<void>
  start(): Promise<void>
  onerror?: ((error: Error) => void) | undefined
}

/** Who decides, and for whom. */
export interface ToolsGuard {
  readonly name: string
  readonly policy: Policy
  readonly tasks: TaskLedger
  /** Methods beyond those of MCP. */
  readonly methods?: ReadonlySet<string>
  /** Who calls where no transport says so: on stdio, the process's own user. */
  readonly local?: { readonly vouched: Vouched; readonly authInfo: object } | undefined
}

interface Sent {
  readonly vouched: Vouched
  readonly method: string
  readonly authInfo: unknown
}

type Json = Readonly<Record<string, unknown>>
type Extra = { readonly authInfo?: unknown } | undefined

/** Requests of one connection that are remembered until they are answered; the oldest go first. */
const MAX_PENDING = 10_000

/**
 * Stands between a connected transport and its server: what the policy refuses is answered here, and lists go out with
 * what their caller may see. Knows nothing of the server behind, so it does the same for every version of the SDK.
 */
export function interpose(transport: SdkTransport, guard: ToolsGuard): void {
  const inbound = transport.onmessage as ((message: Json, extra: Extra) => void) | undefined
  const outbound = transport.send.bind(transport) as (message: Json, options?: unknown) => Promise<void>
  const pending = new Map<unknown, Sent>()

  const take = (message: Json, extra: Extra): void => {
    const authInfo =
      vouchedIn(extra) === undefined && guard.local !== undefined ? guard.local.authInfo : extra?.authInfo
    const known = { ...extra, authInfo }
    const { id, method } = message
    if (typeof method !== 'string' || id === undefined) {
      if (method === 'notifications/cancelled' && isObject(message.params)) pending.delete(message.params.requestId)
      return inbound?.(message, known)
    }
    // Whose answer is on its way under this id could not be told: the list that is asked for would go out unfiltered.
    if (pending.has(id))
      return void transport.onerror?.(new Error(`a request of the id ${JSON.stringify(id)} is under way`))
    const vouched = vouchedIn(known)
    const answer = vouched === undefined ? strangersAnswer(message) : decide(message, method, vouched, guard)
    if (answer !== undefined) {
      if ('error' in answer) passageOf(authInfo)?.note('rpc_error')
      outbound(answer, { relatedRequestId: id }).catch((error: Error) => transport.onerror?.(error))
      return
    }
    if (vouched !== undefined) remember(pending, id, { vouched, method, authInfo })
    inbound?.(message, known)
  }

  transport.onmessage = take as NonNullable<SdkTransport['onmessage']>
  transport.send = ((message: Json, options?: unknown) => {
    const sent = 'method' in message ? undefined : pending.get(message.id)
    if (sent === undefined) return outbound(message, options)
    pending.delete(message.id)
    return outbound(shown(message, sent, guard), options)
  }) as SdkTransport['send']
}

function remember(pending: Map<unknown, Sent>, id: unknown, sent: Sent): void {
  pending.set(id, sent)
  const [oldest] = pending.keys()
  if (pending.size > MAX_PENDING) pending.delete(oldest)
}

/** What anybody may do of whom nothing is known: open a conversation, and nothing in it. */
const LIFECYCLE = new Set(['initialize', 'ping', 'server/discover'])

function strangersAnswer({ id, method }: Json): Json | undefined {
  if (LIFECYCLE.has(method as string)) return undefined
  const error = { code: 403, message: 'No guard stands before this server.', data: { error: 'not_permitted' } }
  return { jsonrpc: '2.0', id, error }
}

function decide(message: Json, method: string, vouched: Vouched, guard: ToolsGuard): Json | undefined {
  const params = isObject(message.params) ? message.params : undefined
  const request = toRequest(JSON.stringify(message.id), method, params)
  const { principal, access, owner } = vouched
  const era: Era = isModernRequest(params, undefined) ? 'modern' : 'legacy'
  const found = decideIncoming(
    { messages: [request], isBatch: false },
    {
      access,
      clientId: principal.clientId,
      era,
      furtherMethods: guard.methods ?? NO_METHODS,
      ownsTask: (taskId) => guard.tasks.isOwn(guard.name, taskId, owner),
      principal,
      // Here a challenge comes too late: the answer is the protocol's.
      resource: undefined,
    },
  )
  return found.kind === 'allowed' ? undefined : (JSON.parse(found.reply.body) as Json)
}

const NO_METHODS: ReadonlySet<string> = new Set()

/** An answer as its caller may see it; what it says is noted on the way. */
function shown(message: Json, { vouched, method, authInfo }: Sent, guard: ToolsGuard): Json {
  const { access, owner } = vouched
  const { result } = message
  if (!isObject(result)) {
    passageOf(authInfo)?.note('rpc_error')
    return message
  }
  if (result.isError === true) passageOf(authInfo)?.note('tool_error')
  if (method === 'tools/list') passageOf(authInfo)?.shorten()
  const task = isObject(result.task) ? result.task.taskId : result.taskId
  if (method === 'tools/call' && typeof task === 'string') guard.tasks.note(guard.name, task, owner)
  const own = {
    ...(method === 'tools/list' && Array.isArray(result.tools) && { tools: named(result.tools, 'name', access.sees) }),
    ...(method === 'tasks/list' &&
      Array.isArray(result.tasks) && {
        tasks: named(result.tasks, 'taskId', (id) => guard.tasks.isOwn(guard.name, id, owner)),
      }),
    ...('cacheScope' in result && access.isPrivate && { cacheScope: 'private' }),
  }
  return { ...message, result: { ...result, ...own } }
}

/** The entries whose name passes; those without a name are nobody's. */
function named(entries: readonly unknown[], member: string, passes: (name: string) => boolean): readonly unknown[] {
  return entries.filter((entry) => {
    const name = isObject(entry) ? entry[member] : undefined
    return typeof name === 'string' && passes(name)
  })
}
