import type { Reply } from '@portcullis/auth/http'

/**
 * For answers that any page may read: they depend on no cookie, and what a page could read it could also be told by its
 * server. Not for the authorization endpoint and its pages (RFC 9700 §2.6).
 */
export const OPEN: readonly string[] = [
  'access-control-allow-origin',
  '*',
  'cross-origin-resource-policy',
  'cross-origin',
]

const EXPOSED = ['access-control-expose-headers', 'www-authenticate, retry-after']
const PREFLIGHT_SECONDS = 86_400

export function openToOrigins(reply: Reply): Reply {
  return { ...reply, headers: [...reply.headers, ...OPEN, ...EXPOSED] }
}

/** What a browser is told that asks before it sends. */
export function preflight(methods: string): Reply {
  return {
    status: 204,
    headers: [
      ...['allow', `${methods}, OPTIONS`, 'access-control-allow-methods', methods, ...OPEN],
      ...['access-control-allow-headers', 'authorization, content-type, mcp-protocol-version'],
      ...['access-control-max-age', String(PREFLIGHT_SECONDS)],
    ],
    body: '',
  }
}
