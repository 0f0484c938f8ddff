/**
 * The official MCP SDKs, v1 and v2: what a tool asks for next to the tool, lists and calls by the policy, a guard as a
 * token verifier, a principal for stdio. Types by structure: neither SDK is imported.
 */
export { requires, type ToolError } from './requires.ts'
export { type StdioTerms, stdioPrincipal } from './stdio.ts'
export { guardTools, type LocalGuard } from './tools.ts'
export { portcullisVerifier, type TokenVerifier } from './verifier.ts'
