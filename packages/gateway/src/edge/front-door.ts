import type { IncomingMessage, ServerResponse } from 'node:http'
import { NOT_FOUND } from '@portcullis/auth/guard'
import { errorReply, type Reply, readOpenly, type VisitorRules } from '@portcullis/auth/http'
import type { ProxiedServer, Visit } from '../proxy/index.ts'
import { sendReply } from '../proxy/send.ts'
import type { Capacity } from './capacity.ts'
import { corsFields, preflightFields } from './cors.ts'
import type { PeerReader } from './peer.ts'
import { pathOf, routeOf } from './route.ts'

export interface FrontDoorOptions {
  readonly visitors: VisitorRules
  readonly servers: ReadonlyMap<string, ProxiedServer>
  /** Where another name of this machine (`Host`, lower case) has its own: they call themselves by that name there. */
  readonly byName?: ReadonlyMap<string, Pick<FrontDoorOptions, 'servers' | 'documents'>>
  readonly capacity: Capacity
  readonly peerOf: PeerReader
  /** Why the gate should get no requests now; undefined when it should. */
  readonly unready: () => string | undefined
  readonly proxy: (visit: Visit) => void
  /** Documents for anyone, by path. */
  readonly documents: ReadonlyMap<string, Reply>
  /** The embedded issuer, where people sign in. */
  readonly issuer?: SignIn | undefined
}

/** What answers the paths of signing in. Its own defences stand against foreign pages: its clients may be of any origin. */
export interface SignIn {
  serves(path: string): boolean
  handle(request: IncomingMessage, response: ServerResponse, peer: string): void
}

/** A URL longer than this leads nowhere. */
const MAX_TARGET = 2048
/** Header fields of one request; far more than any client sends. */
const MAX_FIELDS = 200

const FULL = errorReply(503, 'busy', 'The gate holds as many connections as it can. Come again.', ['retry-after', '5'])
const STARTING = errorReply(503, 'not_ready', 'The gate is starting.', ['retry-after', '1'])
const WRONG_HOST = errorReply(
  403,
  'host_not_allowed',
  'This gate does not go by that name (Host). Its operator adds names with the setting "allowedHosts".',
)
const WRONG_ORIGIN = errorReply(403, 'origin_not_allowed', 'Pages of this origin may not call.')
const TOO_LONG = errorReply(414, 'uri_too_long', 'The URL is too long.')
const TOO_MANY = errorReply(431, 'too_many_headers', 'The request has too many header fields.')
const UNKNOWN_CODING = errorReply(501, 'transfer_coding_unknown', 'The only transfer coding served here is chunked.')
const OLD_TRANSPORT = errorReply(
  404,
  'transport_not_supported',
  'The HTTP+SSE transport (2024-11-05) is not served here. Use Streamable HTTP at /{server}/mcp.',
)
const HEALTHY: Reply = {
  status: 200,
  headers: ['content-type', 'text/plain', 'cache-control', 'no-store'],
  body: 'ok\n',
}

/**
 * The first part of the order of work: bounds → host, origin → route. Costs next to nothing, keeps nothing, and knows
 * nothing of credentials.
 */
export function createFrontDoor(
  options: FrontDoorOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { visitors, byName, capacity, peerOf, unready, proxy, issuer } = options
  return (request, response) => {
    const refuse = (reply: Reply, fields?: readonly string[]): void => {
      if (capacity.isCrowded) response.shouldKeepAlive = false
      sendReply(request, response, reply, fields)
    }
    const target = request.url as string
    if (target.length > MAX_TARGET) return refuse(TOO_LONG)
    if (request.rawHeaders.length > 2 * MAX_FIELDS) return refuse(TOO_MANY)
    // Node would take the coded bytes for the content (RFC 9112 §6.1).
    if (!isPlain(request.headers['transfer-encoding'])) return refuse(UNKNOWN_CODING)
    const route = routeOf(target)
    // Health is asked by machines that know an address and no name; it tells nothing.
    if (route.kind === 'health') return refuse(HEALTHY)
    if (!capacity.hasRoomFor(request.socket)) return refuse(FULL)
    if (!visitors.isOurHost(request.headers.host)) return refuse(WRONG_HOST)
    const { servers, documents } = byName?.get(request.headers.host as string) ?? options
    if (route.kind === 'nowhere') {
      const path = pathOf(target)
      const document = documents.get(path)
      if (document !== undefined) return refuse(readOpenly(request.method, document))
      if (issuer?.serves(path)) return issuer.handle(request, response, peerOf(request))
    }
    const { origin } = request.headers
    if (!visitors.isAllowedOrigin(origin)) return refuse(WRONG_ORIGIN)
    if (route.kind === 'readiness') return refuse(readiness(unready()))
    if (route.kind === 'old_transport') return refuse(OLD_TRANSPORT)
    const isNamed = origin !== undefined && visitors.isNamedOrigin(origin)
    if (isNamed && request.method === 'OPTIONS') {
      // Alike for every path: a browser asks before it shows a credential, and learns nothing by asking.
      return refuse(PREFLIGHT, preflightFields(request, origin))
    }
    const fields = isNamed ? corsFields(origin) : NO_FIELDS
    const server = route.kind === 'server' ? servers.get(route.name) : undefined
    // To the letter what a secret URL that opens nothing is answered: neither tells whether there is a server.
    if (route.kind !== 'server' || server === undefined) return refuse(NOT_FOUND, fields)
    const secrecy = route.secret === undefined ? fields : [...fields, 'referrer-policy', 'no-referrer']
    const { secret } = route
    const { isCrowded } = capacity
    proxy({ request, response, server, secret, peer: peerOf(request), fields: secrecy, isCrowded })
  }
}

/** Who comes while the gate is being put together is asked to come again. */
export function beforeOpening(request: IncomingMessage, response: ServerResponse): void {
  sendReply(request, response, STARTING)
}

const NO_FIELDS: readonly string[] = []
const PREFLIGHT: Reply = { status: 204, headers: [], body: '' }

function isPlain(transferEncoding: string | undefined): boolean {
  return transferEncoding === undefined || transferEncoding.toLowerCase() === 'chunked'
}

function readiness(reason: string | undefined): Reply {
  return reason === undefined ? HEALTHY : errorReply(503, 'not_ready', reason, ['retry-after', '5'])
}
