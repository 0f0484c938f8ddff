/** Where a path leads. Nothing is decoded: a path that is not spelled exactly so is an address where nothing is. */
export type Route =
  | { readonly kind: 'server'; readonly name: string; readonly secret: string | undefined }
  | { readonly kind: 'health' }
  | { readonly kind: 'readiness' }
  /** Where clients of the 2024-11-05 transport look: answered alike for every name, so it tells of no server. */
  | { readonly kind: 'old_transport' }
  | { readonly kind: 'nowhere' }

export function pathOf(target: string): string {
  const query = target.indexOf('?')
  return query === -1 ? target : target.slice(0, query)
}

const NOWHERE: Route = { kind: 'nowhere' }

/**
 * Paths: `/{server}/mcp`, `/{server}/mcp/{secret}`, `/healthz`, `/readyz`. The query is ignored.
 * A route is all that is ever logged of a path: whatever stands behind `/mcp/` may be a secret, and so may be what
 * clients derive from it (`/.well-known/…/{server}/mcp/{secret}`, `…/{secret}/.well-known/…`).
 */
export function routeOf(target: string): Route {
  const path = pathOf(target)
  if (path === '/healthz') return { kind: 'health' }
  if (path === '/readyz') return { kind: 'readiness' }
  const end = path.indexOf('/', 1)
  if (end === -1 || path.charCodeAt(0) !== SLASH) return NOWHERE
  const name = path.slice(1, end)
  const rest = path.slice(end)
  if (rest === '/mcp') return { kind: 'server', name, secret: undefined }
  if (rest === '/sse' || rest === '/messages' || rest === '/message') return { kind: 'old_transport' }
  if (!rest.startsWith('/mcp/')) return NOWHERE
  const secret = rest.slice('/mcp/'.length)
  return secret === '' || secret.includes('/') ? NOWHERE : { kind: 'server', name, secret }
}

const SLASH = 47
