/** Hono. Types by structure: nothing of it is imported. */
import { type AuthInfo, type Body, expectGuard, type McpGuard } from '../entry/index.ts'
import { documentFor } from './document.ts'
import { attend } from './fetch-answer.ts'
import { bodyOf, targetOf, toResponse, visitOf } from './fetch-request.ts'
import { toBody } from './node-body.ts'

/** What is used of Hono's context. */
export interface HonoContext {
  readonly env: unknown
  readonly req: { readonly raw: Request; text(): Promise<string> }
  res: Response
  set(key: string, value: unknown): void
}

/** Middleware by structure, so that Hono's own types take it. */
export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>

/** What a handler finds in `c.var`, and what the SDK's handlers take: `mcp.fetch(c.req.raw, c.var)`. */
export interface McpVariables {
  authInfo: AuthInfo
  parsedBody: unknown
}

/**
 * Protects a route: `app.all('/mcp', protect(gate), (c) => mcp.fetch(c.req.raw, c.var))`, with
 * `new Hono<{ Variables: McpVariables }>()`. The body can be read again.
 * @param peerOf The caller's address: for the record and for limits. Default: as `@hono/node-server` knows it, else `unknown`.
 */
export function protect(guard: McpGuard, peerOf: (context: HonoContext) => string = peerIn): HonoMiddleware {
  expectGuard(guard, 'protect(gate)')
  return async (context, next) => {
    const admission = await guard.admit(visitOf(context.req.raw, peerOf(context)), () => readBody(context.req))
    if (admission.kind === 'refused') return toResponse(admission.reply)
    const { passage } = admission
    context.set('authInfo', passage.authInfo)
    context.set('parsedBody', passage.message)
    // Hono makes an answer of what a handler throws, before this goes on.
    await next()
    const { res } = context
    const response = attend(passage, res)
    if (response !== res) context.res = response
    return undefined
  }
}

/** Serves the protected resource metadata of these guards: `app.use(metadata(gate))`. */
export function metadata(...guards: readonly McpGuard[]): HonoMiddleware {
  return async (context, next) => {
    const { raw } = context.req
    const document = documentFor(guards, raw.method, targetOf(raw))
    if (document !== undefined) return toResponse(document)
    await next()
    return undefined
  }
}

/** What was read before, Hono remembers. */
async function readBody(request: HonoContext['req']): Promise<Body> {
  return request.raw.bodyUsed ? toBody(await request.text()) : bodyOf(request.raw.clone())
}

function peerIn({ env }: HonoContext): string {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } } }
  return incoming?.socket?.remoteAddress ?? 'unknown'
}
