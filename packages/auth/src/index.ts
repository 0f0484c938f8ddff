/**
 * The guard: who may use an MCP server of your own, in ten lines. What stands before it has entries of its own
 * (`@portcullis/auth/express`, `/fastify`, `/hono`, `/node`, `/fetch`, `/mcp`); what stands behind it, too (`/keys`,
 * `/store`, `/limits`, `/policy`, `/guard` …).
 */
export {
  type Admission,
  type AuthInfo,
  apiKeys,
  type Body,
  type GuardOptions,
  guard,
  jwt,
  type KeyStore,
  type McpGuard,
  memoryBindings,
  oauth,
  type Passage,
  type Policy,
  type PolicyTerms,
  policy,
  principalOf,
  publicAccess,
  type SessionBindings,
  type Shared,
  type TrustedProxies,
  unlisted,
  type Visit,
  type Way,
} from './entry/index.ts'
export type { Principal, Refusal, RequestView, Verdict } from './guard/index.ts'
export {
  type Auth0Options,
  allowInsecureIssuers,
  auth0,
  type ClaimNames,
  dangerouslyAcceptAnyAudience,
  type EntraOptions,
  entra,
  type IntrospectionOptions,
  IssuerFault,
  type KeycloakOptions,
  keycloak,
  type OktaOptions,
  okta,
  type RemoteIssuerOptions,
  type SharedSecretOptions,
  type TokenIssuer,
  type Warning,
} from './issuers/index.ts'
export type { Limiter, LimitRule } from './limits/index.ts'
export type { ConditionFacts, Conditions, Requirements, Rule, Validate } from './policy/index.ts'
