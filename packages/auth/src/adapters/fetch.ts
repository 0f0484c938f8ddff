/** `fetch` handlers: Workers, Deno, Bun, the SDK's `createMcpHandler`. */
import { type AuthInfo, expectGuard, type McpGuard } from '../entry/index.ts'
import { documentFor } from './document.ts'
import { attend } from './fetch-answer.ts'
import { bodyOf, targetOf, toResponse, visitOf, withBody } from './fetch-request.ts'

/** What an MCP handler is given beside the request: the SDK's `McpHandlerRequestOptions`. */
export interface HandlerOptions {
  readonly authInfo: AuthInfo
  readonly parsedBody?: unknown
}

/** What is protected: the SDK's handlers are of this shape. */
export type FetchHandler = (request: Request, options: HandlerOptions) => Response | Promise<Response>

/**
 * Protects a `fetch` handler, whatever the path: answers the metadata and what is refused, and hands everything else on
 * with `authInfo` and the parsed body; the request can be read, too.
 *
 *     export default { fetch: protectFetch(gate, createMcpHandler(createNotes).fetch) }
 *
 * @param peer The caller's address, where the runtime knows it: for the record and for limits. Default: `unknown`.
 */
export function protectFetch(
  guard: McpGuard,
  handler: FetchHandler,
): (request: Request, peer?: unknown) => Promise<Response> {
  expectGuard(guard, 'protectFetch(gate, handler)')
  return async (request, peer) => {
    const document = documentFor([guard], request.method, targetOf(request))
    if (document !== undefined) return toResponse(document)
    let bytes: Uint8Array | undefined
    // Runtimes hand other things on in the second place: an environment, a connection.
    const admission = await guard.admit(visitOf(request, typeof peer === 'string' ? peer : 'unknown'), async () => {
      const body = await bodyOf(request)
      if (body?.kind === 'bytes') bytes = body.bytes
      return body
    })
    if (admission.kind === 'refused') return toResponse(admission.reply)
    const { passage } = admission
    const { authInfo, message } = passage
    const options = message === undefined ? { authInfo } : { authInfo, parsedBody: message }
    try {
      return attend(passage, await handler(bytes === undefined ? request : withBody(request, bytes), options))
    } catch (error) {
      passage.end(500)
      throw error
    }
  }
}

/** The protected resource metadata of several guards; undefined for a request for anything else. */
export function metadata(...guards: readonly McpGuard[]): (request: Request) => Response | undefined {
  return (request) => {
    const document = documentFor(guards, request.method, targetOf(request))
    return document && toResponse(document)
  }
}
