/**
 * The official MCP SDKs, v1 and v2: what a tool asks for next to the tool, lists and calls by the policy, and a guard as
 * a token verifier. Types by structure: neither SDK is imported.
 */
export { requires, type ToolError } from './requires.ts'
export { guardTools, type LocalGuard } from './tools.ts'
