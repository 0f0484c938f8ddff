/**
 * The guard: who may use an MCP server of your own, in ten lines. What stands behind it has entries of its own
 * (`@portcullis/auth/guard`, `/policy`, `/keys`, `/store` …); what stands before it, too (`/express`, `/hono`, `/node`,
 * `/fetch`, `/mcp`).
 */
export * from './entry/index.ts'
export type { Principal, Refusal, RequestView, Verdict } from './guard/index.ts'
export {
  allowInsecureIssuers,
  dangerouslyAcceptAnyAudience,
  type RemoteIssuerOptions,
  type SharedSecretOptions,
  type TokenIssuer,
} from './issuers/index.ts'
export type { Limiter, LimitRule } from './limits/index.ts'
