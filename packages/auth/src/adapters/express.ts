/** Express 4 and 5, and whatever has middleware of their shape (Connect, Restify). */
import { expectGuard, type McpGuard } from '../entry/index.ts'
import type { NodeResponse } from './node-answer.ts'
import { enter, type NodeRequest, serveDocument } from './node-request.ts'

type Next = (error?: unknown) => void
/** Middleware by structure, so that Express's own types and those of its relatives take it. */
export type Middleware = (request: NodeRequest, response: NodeResponse, next: Next) => void

/**
 * Protects a route: `app.all('/mcp', protect(gate), handler)`. Who is refused is answered; for others `req.auth` is set
 * and `req.body` is what was decided about. No body parser is needed; one that ran before has read the bodies of
 * strangers, and answers by itself what it cannot read.
 */
export function protect(guard: McpGuard): Middleware {
  expectGuard(guard, 'protect(gate)')
  return (request, response, next) => {
    enter(guard, request, response).then((passage) => {
      if (passage === undefined) return
      if (passage.incoming !== undefined) request.body = passage.message
      next()
    }, next)
  }
}

/** Serves the protected resource metadata of these guards, at the root of the app: `app.use(metadata(gate))`. */
export function metadata(...guards: readonly McpGuard[]): Middleware {
  return (request, response, next) => {
    if (!serveDocument(guards, request, response)) next()
  }
}
