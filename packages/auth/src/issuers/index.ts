/**
 * Issuers whose tokens count besides our own: where their metadata and keys are, what they say of opaque tokens, and
 * which of their claims say what.
 *
 *   options ─▶ metadata ─▶ key set ──▶ key of a token ─┐
 *                    └───▶ introspection ─▶ claims ◀───┴─ rules
 *
 * Asks each issuer as rarely as it can, one question for any number of callers, within bounds of size and time. Verifies
 * no token and gives no verdict: that is the guard's. Keeps no token: answers lie under their SHA-256.
 */
export type { Fetch } from './ask.ts'
export type { ClaimNames, ClaimPath } from './claims.ts'
export { IssuerFault, type IssuerFaultCode } from './fault.ts'
export { type Introspection, type TokenIssuer, UNNAMED } from './issuer.ts'
export { fits, type Warning } from './key-set.ts'
export {
  allowInsecureIssuers,
  dangerouslyAcceptAnyAudience,
  type IntrospectionOptions,
  type RemoteIssuerOptions,
  type TokenReading,
} from './options.ts'
export { type Auth0Options, auth0 } from './presets/auth0.ts'
export { type EntraOptions, entra } from './presets/entra.ts'
export { type KeycloakOptions, keycloak } from './presets/keycloak.ts'
export { type OktaOptions, okta } from './presets/okta.ts'
export type { Preset } from './presets/preset.ts'
export { remoteIssuer } from './remote.ts'
export { type ClaimFault, type IdTokenSign, OUR_RULES, type TokenRules } from './rules.ts'
export { type SharedSecretOptions, sharedSecretIssuer } from './shared-secret.ts'
