import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorReply, type Reply } from '@portcullis/auth/http'
import type { Handler } from '../web/index.ts'
import { refuseTooMuch } from './bounds.ts'
import { openToOrigins, preflight } from './cors.ts'
import { faultPage } from './pages.ts'
import { readVisit } from './read-visit.ts'

export interface EdgeOptions {
  /** Asked in this order until one answers. */
  readonly handlers: readonly Handler[]
  /** Endpoints that programs of any origin may ask, by POST: all but those that a browser's cookies reach. */
  readonly openPaths: ReadonlySet<string>
  /** Where people look: what breaks there is told on a page. What follows a `/` belongs to it. */
  readonly pagePaths: readonly string[]
  /** Told of faults, which callers learn nothing of. */
  readonly onFault: (error: unknown) => void
}

const TOO_LARGE = errorReply(413, 'invalid_request', 'The body is too long.')
const NOT_FOUND = errorReply(404, 'not_found', 'There is nothing here.')
const PREFLIGHT = preflight('POST')
const FAULT = errorReply(500, 'server_error', 'The request could not be served.')

export type Edge = (request: IncomingMessage, response: ServerResponse, peer: string) => void

/** Answers everything under the issuer's own paths. Each request is read whole, within bounds, before anyone sees it. */
export function createEdge({ handlers, openPaths, pagePaths, onFault }: EdgeOptions): Edge {
  const answer = async (request: IncomingMessage, peer: string): Promise<Reply> => {
    const visit = await readVisit(request, peer)
    if (visit === 'too_long') return TOO_LARGE
    if (visit === 'too_much') return refuseTooMuch(isForPeople(request))
    const isOpen = openPaths.has(visit.path)
    if (isOpen && visit.method === 'OPTIONS') return PREFLIGHT
    for (const handler of handlers) {
      const answered = handler(visit)
      const reply = answered instanceof Promise ? await answered : answered
      if (reply !== undefined) return isOpen ? openToOrigins(reply) : reply
    }
    return NOT_FOUND
  }
  const isForPeople = ({ url = '' }: IncomingMessage) => pagePaths.some((path) => isUnder(path, url))
  return (request, response, peer) => {
    answer(request, peer)
      .catch((error: unknown) => {
        onFault(error)
        return isForPeople(request) ? faultPage(FAULT) : FAULT
      })
      .then((reply) => send(request, response, reply))
  }
}

function isUnder(path: string, target: string): boolean {
  return target.startsWith(path) && ['', '/', '?'].includes(target.charAt(path.length))
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  if (!request.complete) response.shouldKeepAlive = false
  response.writeHead(status, [...headers, 'content-length', String(Buffer.byteLength(body))])
  // As text, which Node sends together with the headers.
  response.end(request.method === 'HEAD' ? undefined : body)
}
