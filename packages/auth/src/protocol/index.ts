/**
 * The words and rules of MCP, JSON-RPC and OAuth, without I/O: revisions, methods, messages, headers, key formats.
 * Knows nothing of who calls or what is allowed.
 */

export * from './access-token.ts'
export * from './authorization.ts'
export * from './era.ts'
export * from './jwt.ts'
export * from './known.ts'
export * from './message.ts'
export * from './methods.ts'
export * from './mirrored-headers.ts'
export * from './mirrored-params.ts'
export * from './pattern.ts'
export * from './revisions.ts'
export * from './secret-text.ts'
export * from './strict-json.ts'
