/**
 * One file per kind of host, each an entry of the package by itself: `@portcullis/auth/node`, `/express`, `/hono`,
 * `/fetch`; `mcp/` for what happens inside a server of the official SDKs. Each makes a `Visit` of its request, sends a
 * reply, and hands on a passage; none decides anything. Types by structure: no framework is imported.
 */
export { protectFetch } from './fetch.ts'
export { protectNode } from './node.ts'
