/** Hono. Types by structure: nothing of it is imported. */
import type { AuthInfo, McpGuard } from '../entry/index.ts'
import { attend, documentFor, enter, toResponse } from './fetch.ts'

/** What is used of Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request }
  res: Response
  set(key: string, value: unknown): void
}
type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>

/** Where the handler finds them: `c.get('authInfo')`, `c.get('parsedBody')`. */
export interface McpVariables {
  authInfo: AuthInfo
  parsedBody: unknown
}

/** Protects a route: `app.all('/mcp', protect(gate), (c) => handler.fetch(c.req.raw, c.var))`. */
export function protect(guard: McpGuard, peerOf: (context: HonoContext) => string = () => 'unknown'): HonoMiddleware {
  return async (context, next) => {
    const { admission } = await enter(guard, context.req.raw.clone(), peerOf(context))
    if (admission.kind === 'refused') return toResponse(admission.reply)
    const { passage } = admission
    context.set('authInfo', passage.authInfo)
    if (passage.incoming !== undefined) context.set('parsedBody', passage.message)
    await next()
    const response = attend(passage, context.res)
    if (response !== context.res) {
      // Hono merges the fields of what was there into what is set.
      context.res = response
    }
    return undefined
  }
}

/** Serves the protected resource metadata of these guards: `app.use(metadata(gate))`. */
export function metadata(...guards: readonly McpGuard[]): HonoMiddleware {
  return async (context, next) => {
    const document = documentFor(guards, context.req.raw)
    if (document !== undefined) return document
    await next()
    return undefined
  }
}
