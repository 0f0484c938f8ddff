import type { IncomingMessage } from 'node:http'

/** Response fields that a page may read beside the plain ones. */
const EXPOSED = 'www-authenticate, mcp-session-id, mcp-protocol-version, retry-after'
/** Request fields that a page may send. No wildcard: it would not cover `Authorization` (Fetch, CORS protocol). */
const SENT = [
  'authorization',
  'x-api-key',
  'content-type',
  'accept',
  'mcp-protocol-version',
  'mcp-session-id',
  'mcp-method',
  'mcp-name',
  'last-event-id',
]
const PARAM = /^mcp-param-[!#$%&'*+.^_`|~0-9a-z-]+$/

/** Fields of an answer to a page whose origin the operator has named. */
export function corsFields(origin: string): readonly string[] {
  return ['access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED, 'vary', 'origin']
}

/** A preflight carries no credential and is answered without one; it opens nothing but the question. */
export function preflightFields(request: IncomingMessage, origin: string): readonly string[] {
  const asked = (request.headers['access-control-request-headers'] ?? '').toLowerCase().split(',')
  const params = asked.map((name) => name.trim()).filter((name) => PARAM.test(name))
  return [
    ...corsFields(origin),
    'access-control-allow-methods',
    'POST, GET, DELETE',
    'access-control-allow-headers',
    [...SENT, ...params].join(', '),
    'access-control-max-age',
    '600',
  ]
}
