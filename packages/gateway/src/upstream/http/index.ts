/**
 * Upstreams that speak Streamable HTTP themselves. Requests and answers pass through; what may pass was decided before.
 * Knows nothing of callers.
 */
export { Connections } from './connections.ts'
export { createHttpUpstream, type HttpUpstreamOptions } from './http-upstream.ts'
