/**
 * The issuer's door: bounds and reads requests, pins origin and scheme, serves metadata and keys as bytes, and mends
 * what clients leave out before the engine hears of it.
 */
export { createEdge, type EdgeOptions } from './edge.ts'
export { pagesInLine } from './pages-line.ts'
export { protocolEndpoints } from './protocol.ts'
export { Publication } from './publication.ts'
export { Turns } from './turns.ts'
