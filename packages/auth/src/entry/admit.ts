import { peerBehind } from '../events/index.ts'
import { decideIncoming, limitReply, type Refusal, toReply, type Verdict } from '../guard/index.ts'
import { errorReply, type Reply, rpcErrorReply } from '../http/index.ts'
import { type Era, eraOfIncoming, eraOfRevision, type Incoming, idOf } from '../protocol/index.ts'
import type { MaybePromise } from '../store/index.ts'
import { type Admission, Coming, type Doorkeeping } from './coming.ts'
import { type Body, hasCredentialInQuery, pathOf, readIncoming, type Visit } from './visit.ts'
import { wordsOf } from './warnings.ts'
import { withinLimits } from './within-limits.ts'

/** Known also: what was sent, and in which era. */
interface Arrived {
  readonly era: Era
  readonly incoming: Incoming | undefined
}

/** An answer, and why, for the record. */
interface Refused extends Reply {
  readonly reason: string
}

const SILENT: Reply = errorReply(503, 'unavailable', 'Credentials cannot be checked now.', ['retry-after', '5'])
const METHOD_UNKNOWN = errorReply(405, 'method_not_allowed', 'Use POST, GET or DELETE.', ['allow', 'POST, GET, DELETE'])
const NO_SESSION = rpcErrorReply(404, undefined, { code: -32600, message: 'Session not found' })
const UNKNOWN_VERSION = rpcErrorReply(400, undefined, {
  code: -32600,
  message: 'The MCP-Protocol-Version is not one of MCP.',
})

/**
 * The order of work on a request: the gateway's, as far as it is about who may do what. Nothing of the body is read
 * before the caller is known; the server hears of nothing that was not decided.
 *
 *   credential → principal → body (bounded, strict) → era → session (legacy) → decision
 */
export async function admit(
  visit: Visit,
  readBody: () => MaybePromise<Body>,
  keeping: Doorkeeping,
): Promise<Admission> {
  const { settled, chores } = keeping
  const peer = peerBehind(visit.peer, visit.header('x-forwarded-for'), settled.isTrustedProxy)
  chores.onRequest()
  const judged = judge(visit, peer, keeping)
  const verdict = judged instanceof Promise ? await judged : judged
  if ('reply' in verdict) return verdict
  const coming = new Coming(visit, peer, verdict, keeping)
  const arrived = await arrive(coming, readBody)
  if (arrived === 'left') return coming.leave()
  if ('status' in arrived) return coming.refuse(arrived, arrived.reason)
  // A body may be long on its way: a credential that has ended meanwhile opens nothing.
  if (coming.elapsed() > LONG_MS) {
    const again = await judge(visit, peer, keeping)
    if ('reply' in again) return again
  }
  const stranger = visit.header('mcp-session-id') !== undefined && (await foreignSession(coming, keeping))
  if (stranger === 'silent') return coming.refuse(SILENT, 'sessions_silent')
  if (stranger) return coming.refuse(NO_SESSION, 'session_unknown')
  return decide(coming, arrived, keeping)
}

/** A credential that was looked at this long ago is looked at anew, in milliseconds: as in the gateway. */
const LONG_MS = 200

type Granted = Extract<Verdict, { kind: 'granted' }>
type TurnedAway = Extract<Admission, { kind: 'refused' }>

function judge(visit: Visit, peer: string, keeping: Doorkeeping): MaybePromise<Granted | TurnedAway> {
  const heed = (verdict: Verdict) => (verdict.kind === 'granted' ? verdict : turnAway(peer, verdict.refusal, keeping))
  try {
    const verdict = credential(visit, keeping)
    if (!(verdict instanceof Promise)) return heed(verdict)
    return verdict.then(heed).catch((error) => withoutVerdict(peer, error, keeping))
  } catch (error) {
    return withoutVerdict(peer, error, keeping)
  }
}

function credential(visit: Visit, { core, settled }: Doorkeeping): MaybePromise<Verdict> {
  const { server, path } = settled
  if (hasCredentialInQuery(visit.target)) return { kind: 'refused', refusal: { reason: 'credential_in_query' } }
  const secret = server.access.has('unlisted') ? secretIn(pathOf(visit.target), path) : undefined
  return secret === undefined ? core.check(visit, server) : core.checkSecretUrl(secret, visit, server)
}

/** What stands behind the endpoint's path, if anything does. */
function secretIn(path: string, endpoint: string): string | undefined {
  const isBehind = path.startsWith(`${endpoint}/`) && path.length > endpoint.length + 1
  return isBehind ? path.slice(endpoint.length + 1) : undefined
}

function turnAway(peer: string, refusal: Refusal, { record, settled }: Doorkeeping): TurnedAway {
  record.refusal(peer, refusal)
  return { kind: 'refused', reply: toReply(refusal, settled.server) }
}

/** Who cannot be checked does not come in. */
function withoutVerdict(peer: string, error: unknown, { record, settled }: Doorkeeping): TurnedAway {
  record.refusal(peer, { reason: 'store_silent' })
  settled.onWarning(`credentials cannot be checked: ${wordsOf(error)}`)
  return { kind: 'refused', reply: SILENT }
}

/** What was sent, read and of a known era; or the answer to what cannot be taken. */
async function arrive({ visit }: Coming, readBody: () => MaybePromise<Body>): Promise<Arrived | Refused | 'left'> {
  const version = visit.header('mcp-protocol-version')
  if (visit.method !== 'POST') {
    if (visit.method !== 'GET' && visit.method !== 'DELETE') return { ...METHOD_UNKNOWN, reason: 'http_method_unknown' }
    const era = version === undefined ? 'legacy' : eraOfRevision(version)
    return era === undefined ? { ...UNKNOWN_VERSION, reason: 'version_unknown' } : { era, incoming: undefined }
  }
  const body = await readBody()
  if (body?.kind === 'left') return 'left'
  const incoming = readIncoming(body)
  if ('status' in incoming)
    return { ...incoming, reason: incoming.status === 413 ? 'body_too_large' : 'message_invalid' }
  const era = eraOfIncoming(incoming, version)
  return era === undefined ? { ...UNKNOWN_VERSION, reason: 'version_unknown' } : { era, incoming }
}

/**
 * Whether a request names a session that is not its caller's own. Asked of every request: which era it is of says the
 * caller, and a transport of the legacy era takes the session all the same.
 */
async function foreignSession({ visit, owner }: Coming, { settled }: Doorkeeping): Promise<boolean | 'silent'> {
  const id = visit.header('mcp-session-id') as string
  if (visit.isRepeated('mcp-session-id')) return true
  try {
    return (await settled.sessions.ownerOf(id)) !== owner
  } catch (error) {
    settled.onWarning(`sessions cannot be checked: ${wordsOf(error)}`)
    return 'silent'
  }
}

async function decide(coming: Coming, { era, incoming }: Arrived, { settled, tasks }: Doorkeeping): Promise<Admission> {
  if (incoming === undefined) return coming.pass(era, incoming)
  const { principal, access, owner } = coming
  const { server, methods } = settled
  const found = decideIncoming(incoming, {
    access,
    clientId: principal.clientId,
    era,
    furtherMethods: methods,
    ownsTask: (taskId) => tasks.isOwn(server.name, taskId, owner),
    principal,
    resource: server.resource,
  })
  if (found.kind !== 'allowed') return coming.refuse(found.reply, found.reason, found.decision, { era, incoming })
  const limited = settled.limits && (await withinLimits(coming, incoming, settled.limits, settled))
  if (limited === 'silent') return coming.refuse(SILENT, 'limiter_silent', 'refused', { era, incoming })
  // In the modern era a list that is whole is private, too, which is no secret.
  const isPart = found.shortensList && !access.seesEverything
  if (limited === undefined || limited.allowed) return coming.pass(era, incoming, limited?.headers, isPart)
  return coming.refuse(limitReply(limited, idOf(incoming)), 'rate_limited', 'refused', { era, incoming })
}
