/**
 * One file per kind of host, each an entry of the package by itself: `@portcullis/auth/node`, `/express`, `/fastify`,
 * `/hono`, `/fetch`; `mcp/` for what happens inside a server of the official SDKs. Each makes a `Visit` of its request,
 * sends a reply, and hands on a passage; none decides anything. Types by structure: no framework is imported.
 *
 *   node-request, node-body, node-answer    what `node:http` and the frameworks on it have in common
 *   fetch-request, fetch-answer             the same for `Request` and `Response`
 *   document                                the protected resource metadata
 */
export { protectFetch } from './fetch.ts'
export { protectNode } from './node.ts'
