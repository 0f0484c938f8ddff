/** Bare `node:http`. */
import { expectGuard, type McpGuard } from '../entry/index.ts'
import type { NodeResponse } from './node-answer.ts'
import { enter, type NodeRequest, serveDocument } from './node-request.ts'

export type { NodeRequest, NodeResponse }

/** A listener that takes what a body parser has read as its third argument. */
type NodeHandler<Request, Response> = (request: Request, response: Response, body?: unknown) => unknown
type Listener<Request, Response> = (request: Request, response: Response) => Promise<void>

/**
 * Protects a `node:http` listener, whatever the path: answers the metadata and what is refused, and hands everything
 * else to the handler, with `request.auth` set and the parsed body as its third argument.
 *
 *     createServer(protectNode(gate, toNodeHandler(createMcpHandler(createNotes))))
 *
 * @returns a listener whose promise fails when the handler's does: what becomes of that is the host's affair.
 */
export function protectNode<Request extends NodeRequest, Response extends NodeResponse>(
  guard: McpGuard,
  handler: NodeHandler<Request, Response>,
): Listener<Request, Response>
/** The same for handlers with types of their own, like those of the SDK v2: less than all of `node:http`. */
export function protectNode(guard: McpGuard, handler: NodeHandler<never, never>): Listener<NodeRequest, NodeResponse>
export function protectNode(guard: McpGuard, handler: NodeHandler<never, never>): Listener<NodeRequest, NodeResponse> {
  expectGuard(guard, 'protectNode(gate, handler)')
  return async (request, response) => {
    if (serveDocument([guard], request, response)) return
    const passage = await enter(guard, request, response)
    if (passage !== undefined) await handler(request as never, response as never, passage.message)
  }
}

/**
 * Serves the protected resource metadata of several guards, before any of them is asked.
 * @returns a function that tells whether the request was for that, and answered.
 */
export function metadata(...guards: readonly McpGuard[]): (request: NodeRequest, response: NodeResponse) => boolean {
  return (request, response) => serveDocument(guards, request, response)
}
